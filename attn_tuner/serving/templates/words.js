// Shows a text as words coloured by their attention. A click, or Enter, takes a word away.

import { make } from "./dom.js";
import { percent } from "./format.js";
import { rove } from "./roving.js";
import { describe, hideTip } from "./tip.js";

const LEVELS = 9;

function level(weight, most) {
  return most > 0 ? Math.round((LEVELS * weight) / most) : 0;
}

export class Words {
  // told: an answer of /explain; change(positions): called with what is taken away.
  constructor(told, change) {
    this.told = told;
    this.change = change;
    this.gone = new Set();
    this.attended = told.rows.length > 0;
    this.buttons = new Map();
    this.box = make("div", { class: "words", role: "toolbar", "aria-label": "Words of the text" });
    told.segments.forEach(([segment], index) => {
      const place = told.places[index];
      this.box.append(place === null ? segment : this.word(segment, place));
    });
    this.colour(told.tokens.map((token) => token.weight));
    if (this.buttons.size) {
      rove(this.box, [...this.buttons.values()]);
    }
  }

  word(segment, place) {
    const known = this.told.tokens[place].known;
    const button = make("button", { type: "button", class: "word", "aria-pressed": "false" }, segment);
    button.addEventListener("click", () => this.toggle(place));
    describe(button, () => this.fact(place) + (known ? "" : "\nnot in the vocabulary"));
    this.buttons.set(place, button);
    return button;
  }

  fact(place) {
    if (this.gone.has(place)) {
      return "taken away; click to put it back";
    }
    return this.attended ? `attention ${percent(this.weights[place])}` : "click to take it away";
  }

  colour(weights) {
    this.weights = weights;
    const most = Math.max(0, ...weights);
    for (const [place, button] of this.buttons) {
      const strength = this.gone.has(place) ? 0 : level(weights[place], most);
      const unknown = this.told.tokens[place].known ? "" : " unknown";
      button.className = `word${strength ? ` w${strength}` : ""}${unknown}`;
      button.setAttribute("aria-pressed", String(this.gone.has(place)));
      button.setAttribute("aria-label", `${button.textContent}, ${this.fact(place)}`);
    }
  }

  toggle(place) {
    hideTip(); // What it says is of the answer before.
    if (!this.gone.delete(place)) {
      this.gone.add(place);
    }
    this.colour(this.weights);
    this.change([...this.gone].sort((a, b) => a - b));
  }

  putBack() {
    this.gone.clear();
    this.change([]);
  }

  names() {
    const gone = [...this.gone].sort((a, b) => a - b);
    return gone.map((place) => `“${this.buttons.get(place).textContent}”`).join(", ");
  }
}

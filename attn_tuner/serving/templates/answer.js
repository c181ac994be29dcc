// Shows the answer to one text, and how it moves without some of its words.

import { bars } from "./bars.js";
import { at, make, say } from "./dom.js";
import { percent, plural, points } from "./format.js";
import { post } from "./server.js";
import { Words } from "./words.js";

let asked = 0;

// Only the last question counts: answers may come out of order.
export function newQuestion() {
  asked += 1;
  const mine = asked;
  return () => mine === asked;
}

export function showProblem(sentence) {
  at("answer").replaceChildren(make("p", { class: "problem", role: "alert" }, sentence));
}

export function clearAnswer() {
  newQuestion();
  at("answer").replaceChildren(
    make("p", { class: "soft" }, "The answer appears here while you type, with the words that the model attends to."),
  );
}

// The answer in large letters; beside it the truth, where that is known.
export function title(told, truth, kind) {
  const sure = kind === "class" ? ` ${percent(told.probability)}` : "";
  const node = make("p", { class: "label" }, told.label || "no label", sure);
  if (truth) {
    const right = told.label === truth ? "right" : `wrong: it is ${truth}`;
    const verdict = kind === "number" ? `truth: ${truth}` : right;
    node.append(" ", make("span", { class: "truth" }, `(${verdict})`));
  }
  return node;
}

// What the model cannot rule out, in sentences.
export function doubts(told, noun) {
  const said = [];
  if (told.known === false) {
    said.push(`This ${noun} is probably none of the classes.`);
  }
  if (told.set) {
    said.push(`Prediction set: ${told.set.join(", ")}`);
  }
  if (told.interval) {
    said.push(`Interval: ${told.interval.map((end) => end.toPrecision(4)).join(" to ")}`);
  }
  return said.map((sentence) => make("p", { class: "hint" }, sentence));
}

function moved(told, now, names, kind) {
  if (kind === "number") {
    return `Without ${names}: ${now.label} (was ${told.label}).`;
  }
  const watched = told.probabilities[told.label] === undefined ? now.label : told.label;
  const change = now.probabilities[watched] - told.probabilities[watched];
  const turned = now.label === told.label ? "" : ` The answer is now ${now.label || "no label"}.`;
  return `Without ${names}: ${watched} ${percent(now.probabilities[watched])} (${points(change)}).${turned}`;
}

export function showAnswer(told, kind, truth = "") {
  const shown = new Words(told, change);
  const usual = shown.attended
    ? "Coloured by attention. Click a word, or move by arrow keys and press Enter, to take it away."
    : "The model has no attention head. Click a word to take it away.";
  const top = make("div");
  const move = make("p", { class: "hint move" });
  const back = make("button", { type: "button", hidden: true }, "Put all words back");
  const write = (now, before) => {
    top.replaceChildren(title(now, before ? "" : truth, kind));
    if (kind !== "number") {
      top.append(bars(now.probabilities, now.label, before && before.probabilities));
    }
    if (!before) {
      top.append(...doubts(told, "text"));
    }
  };
  async function change(without) {
    const isLast = newQuestion();
    back.hidden = without.length === 0;
    if (without.length === 0) {
      write(told);
      shown.colour(told.tokens.map((token) => token.weight));
      move.textContent = usual;
      return;
    }
    try {
      const { answers: [answer] } = await post("explain", { text: told.text, without });
      if (isLast()) {
        const now = answer.without;
        write(now, told);
        shown.colour(now.weights);
        move.textContent = moved(told, now, shown.names(), kind);
        say(move.textContent);
      }
    } catch (error) {
      move.textContent = error.message;
    }
  }

  back.addEventListener("click", () => {
    shown.putBack();
    shown.buttons.values().next().value.focus();
  });
  write(told);
  move.textContent = usual;
  at("answer").replaceChildren(top, shown.box, move, back);
  if (told.left_out) {
    at("answer").append(
      make("p", { class: "soft" }, `${plural(told.left_out, "token")} beyond the length limit were not read.`),
    );
  }
  say(`${told.label}${kind === "class" ? ` ${percent(told.probability)}` : ""}`);
}

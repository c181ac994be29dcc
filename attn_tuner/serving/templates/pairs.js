// The page of a run of pairs: write a text, see its target and where the model looked.

import { alignment } from "./alignment.js";
import { at, make, say } from "./dom.js";
import { get, post } from "./server.js";

const PAUSE_MS = 300;
const START = 60; // Characters of a text on its button.
let asked = 0;
let waiting;

function show(...children) {
  at("answer").replaceChildren(...children);
}

async function ask(text, wanted = "") {
  asked += 1;
  const mine = asked; // Only the last question counts: answers may come out of order.
  if (!text.trim()) {
    show(make("p", { class: "soft" }, "What the model writes appears here while you type."));
    return;
  }
  try {
    const { answers: [told] } = await post("explain", { text });
    if (mine !== asked) {
      return;
    }
    const title = make("p", { class: "label" }, told.prediction || "nothing");
    if (wanted) {
      const verdict = told.prediction === wanted ? "right" : `wanted: ${wanted}`;
      title.append(" ", make("span", { class: "truth" }, `(${verdict})`));
    }
    show(title, make("p", { class: "hint" }, `score ${told.score.toFixed(3)}, a log probability`), ...alignment(told));
    say(told.prediction || "nothing");
  } catch (error) {
    if (mine === asked) {
      show(make("p", { class: "problem", role: "alert" }, error.message));
    }
  }
}

function example({ kind, source, wanted }) {
  const start = source.length > START ? `${source.slice(0, START)}…` : source;
  const button = make("button", { type: "button" }, make("span", { class: "kind" }, kind), make("span", { class: "start" }, start));
  button.addEventListener("click", () => {
    at("text").value = source;
    ask(source, wanted);
  });
  return button;
}

async function load() {
  const told = await get("status");
  at("headline").textContent = told.title;
  at("rows").replaceChildren(...told.rows.flatMap(([label, said]) => [
    ...(label ? [make("dt", {}, label)] : []),
    make("dd", {}, said),
  ]));
  at("links").hidden = told.examples.length === 0;
  at("examples").replaceChildren(...told.examples.map(example));
  if (told.examples.length && !at("text").value) {
    const [{ source, wanted }] = told.examples;
    at("text").value = source;
    ask(source, wanted);
  }
}

at("text").addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(at("text").value), PAUSE_MS);
});
at("ask").addEventListener("submit", (event) => event.preventDefault());
load().catch((error) => show(make("p", { class: "problem", role: "alert" }, error.message)));

// Offers validation inputs to click: a sure answer, one in doubt, a wrong one.

import { at, make } from "./dom.js";
import { get } from "./server.js";

const START = 80; // Characters of an input on its button, which shows as many as it has room for.
let shown = false;

// noun: one input, for a button whose answer is of no kind; words(example): what the button shows;
// choose(example): called with what is clicked, at first with the first; loaded(told): called before
// with all that the server says.
export async function showExamples(noun, words, choose, loaded = () => {}) {
  if (shown) {
    return;
  }
  shown = true;
  at("examples").replaceChildren(make("p", { class: "soft" }, "Loading the model and some examples."));
  let told;
  try {
    told = await get("examples");
  } catch (error) {
    shown = false;
    at("examples").replaceChildren(make("p", { class: "soft" }, error.message));
    return;
  }
  loaded(told);
  at("examples").replaceChildren(...told.examples.map((each) => {
    const all = words(each);
    const start = all.length > START ? `${all.slice(0, START)}…` : all;
    const kind = make("span", { class: "kind" }, each.kind || noun);
    const button = make("button", { type: "button" }, kind, make("span", { class: "start" }, start));
    button.addEventListener("click", () => choose(each));
    return button;
  }));
  if (told.examples.length && !at("text").value) {
    choose(told.examples[0]);
  }
}

// Offers texts of the validation part to click: a sure answer, one in doubt, a wrong one.

import { at, make } from "./dom.js";
import { get } from "./server.js";
import { ask } from "./typing.js";

const START = 80; // Characters of a text on its button, which shows as many as it has room for.
let shown = false;

export async function showExamples() {
  if (shown) {
    return;
  }
  shown = true;
  at("examples").replaceChildren(make("p", { class: "soft" }, "Loading the model and some examples."));
  let found;
  try {
    ({ examples: found } = await get("examples"));
  } catch (error) {
    shown = false;
    at("examples").replaceChildren(make("p", { class: "soft" }, error.message));
    return;
  }
  at("examples").replaceChildren(...found.map((each) => {
    const start = each.text.length > START ? `${each.text.slice(0, START)}…` : each.text;
    const kind = make("span", { class: "kind" }, each.kind || "text");
    const button = make("button", { type: "button" }, kind, make("span", { class: "start" }, start));
    button.addEventListener("click", () => ask(each.text, each.truth));
    return button;
  }));
  if (found.length && !at("text").value) {
    ask(found[0].text, found[0].truth);
  }
}

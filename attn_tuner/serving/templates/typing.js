// Answers while one types; many lines become many texts.

import { clearAnswer, newQuestion, showAnswer, showProblem } from "./answer.js";
import { at } from "./dom.js";
import { closeMany, openMany } from "./many.js";
import { splitLines } from "./rows.js";
import { post } from "./server.js";

const PAUSE_MS = 300;
let kind = "class";
let truth = "";
let waiting;

export function setKind(given) {
  kind = given;
}

// Shows a text that is known; its true class is shown beside the answer.
export function ask(text, known = "") {
  at("text").value = text;
  at("lines").checked = false;
  truth = known;
  answer();
}

async function explain(text) {
  const isLast = newQuestion();
  try {
    const { answers: [told] } = await post("explain", { text });
    if (isLast()) {
      showAnswer(told, kind, truth);
    }
  } catch (error) {
    if (isLast()) {
      showProblem(error.message);
    }
  }
}

function answer() {
  clearTimeout(waiting);
  const text = at("text").value;
  const lines = splitLines(text);
  at("per-line").hidden = lines.length < 2;
  at("clear").hidden = text === "";
  if (lines.length > 1 && at("lines").checked) {
    newQuestion();
    openMany([["text"], ...lines.map((line) => [line])], "", kind);
    return;
  }
  closeMany();
  if (text.trim()) {
    explain(text);
  } else {
    clearAnswer();
  }
}

export function clear() {
  at("text").value = "";
  truth = "";
  answer();
}

at("text").addEventListener("input", (event) => {
  truth = "";
  clearTimeout(waiting);
  const pasted = event.inputType === "insertFromPaste";
  if (pasted && splitLines(at("text").value).length > 1) {
    at("lines").checked = true;
  }
  waiting = setTimeout(answer, PAUSE_MS);
});
at("lines").addEventListener("change", answer);
at("clear").addEventListener("click", () => {
  clear();
  at("text").focus();
});
at("ask").addEventListener("submit", (event) => event.preventDefault());

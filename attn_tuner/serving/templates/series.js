// The page of a search of series: try the model on numbers, watch the search.

import { newQuestion, showProblem } from "./answer.js";
import { at, make } from "./dom.js";
import { showExamples } from "./examples.js";
import { bytesOf, decoded, takeFiles } from "./files.js";
import { follow } from "./search.js";
import { showSeries } from "./series_answer.js";
import { readSeries, writeSeries } from "./series_text.js";
import { get, post } from "./server.js";

const PAUSE_MS = 300;
let kind = "class";
let features = [];
let example = null; // What is known of the series in the text field, if the server gave it.
let waiting;

function fail(sentence) {
  at("drawing").replaceChildren();
  showProblem(sentence);
}

async function answer() {
  clearTimeout(waiting);
  const isLast = newQuestion();
  const text = at("text").value;
  at("clear").hidden = text === "";
  at("note").textContent = "";
  if (!text.trim()) {
    at("drawing").replaceChildren();
    at("answer").replaceChildren(make("p", { class: "soft" }, "The answer appears here, and below it the series with the steps that the model attends to."));
    return;
  }
  try {
    // A series that the server gave is not read again: a name of a feature may hold a separator.
    const { series, note } = example ? { series: example.series, note: "" } : readSeries(text, features);
    at("note").textContent = note;
    const { answers: [told] } = await post("explain", { series: [series] });
    if (isLast()) {
      showSeries(told, kind, example);
    }
  } catch (error) {
    if (isLast()) {
      fail(error.message);
    }
  }
}

// Shows a series that is known; its truth is shown beside the answer.
function ask(given) {
  at("text").value = writeSeries(given.series, features);
  example = given;
  answer();
}

async function takeFile(file) {
  newQuestion();
  example = null;
  try {
    const text = decoded(await bytesOf(file));
    if (text === null) {
      throw new Error(`${file.name} is not UTF-8 text. Save it as CSV in UTF-8.`);
    }
    if (!text.trim()) {
      throw new Error(`${file.name} holds no rows.`);
    }
    at("text").value = text;
    answer();
  } catch (error) {
    fail(error.message);
  }
}

at("text").addEventListener("input", () => {
  example = null;
  clearTimeout(waiting);
  waiting = setTimeout(answer, PAUSE_MS);
});
at("draw").addEventListener("click", async () => {
  try {
    ask(await get("example"));
  } catch (error) {
    fail(error.message);
  }
});
at("clear").addEventListener("click", () => {
  at("text").value = "";
  example = null;
  answer();
  at("text").focus();
});
at("ask").addEventListener("submit", (event) => event.preventDefault());
takeFiles(at("try"), takeFile);
answer();

function loaded(told) {
  features = told.features;
  const columns = features.length > 1 ? `${features.join(", ")}, with commas, tabs or spaces between them` : features[0];
  at("columns").textContent = `Each line has ${columns}. A missing value is nan, or nothing between two commas.`;
}

follow((told) => {
  kind = told.kind;
  if (told.model) {
    showExamples("series", (each) => `${each.kind && "series "}${each.number}: ${each.label}`, ask, loaded);
  }
});

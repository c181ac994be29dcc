// Compares new texts with the validation texts, and shows what `attn-tuner monitor` says of them.

import { at, make, say } from "./dom.js";
import { plural } from "./format.js";
import { hasHeader, readRows, splitLines, textColumn } from "./rows.js";
import { post } from "./server.js";
import { legend, spread } from "./spreads.js";
import { rowsOf } from "./text_file.js";

const MOST_TEXTS = 10000;
const MOST_BYTES = 980000; // Of a request, below the server's limit of 1,000,000.
const encoder = new TextEncoder();
const NO_LABELS = -1;

let labelName = "";
let rows = null; // Of the file that is open; null where the texts are in the field.
let last = null; // The request in hand.

// The name that the labels had in the table of the search.
export function setLabelName(name) {
  labelName = name;
}

function pasted() {
  const text = at("new-texts").value;
  return text.includes("\t") ? readRows(text, "pasted.tsv") : splitLines(text).map((line) => [line]);
}

function selectOf(name, first, choices) {
  const select = make("select", { "aria-label": name }, ...first);
  choices.forEach((choice, index) => select.append(make("option", { value: index }, choice.slice(0, 40))));
  return select;
}

// Offers the columns of a table: which has the texts, and which the labels.
class Columns {
  constructor(given) {
    this.width = given[0].length;
    const texts = textColumn(given);
    this.named = this.width > 1 || rows !== null; // Pasted lines have no names.
    this.header = make("input", { type: "checkbox", checked: this.named && hasHeader(given, texts) });
    const names = given[0].map((cell, index) => (this.header.checked ? cell : `column ${index + 1}`));
    this.texts = selectOf("Column with the new texts", [], names);
    this.texts.value = texts;
    this.labels = selectOf("Column with their labels", [make("option", { value: NO_LABELS }, "no labels")], names);
    this.labels.value = this.header.checked ? given[0].indexOf(labelName) : NO_LABELS;
  }

  nodes() {
    const named = make("label", {}, this.header, " the first row has names");
    return [...(this.width > 1 ? [this.texts, this.labels] : []), ...(this.named ? [named] : [])];
  }

  // As many texts as a request may have, and their labels where a column has them.
  body(given) {
    const column = Number(this.labels.value);
    const texts = [];
    const labels = [];
    let size = 0;
    for (const row of given.slice(this.header.checked ? 1 : 0)) {
      const text = row[Number(this.texts.value)] || "";
      const label = (row[column] || "").trim() || null;
      size += encoder.encode(JSON.stringify([text, label])).length;
      if (texts.length === MOST_TEXTS || size > MOST_BYTES) {
        break;
      }
      texts.push(text);
      labels.push(label);
    }
    return column === NO_LABELS ? { texts } : { texts, labels };
  }
}

let columns = null;

function showColumns() {
  const given = rows || pasted();
  columns = given.length ? new Columns(given) : null;
  at("new-columns").replaceChildren(...(columns ? columns.nodes() : []));
}

function state(sentence, problem = false) {
  at("new-state").textContent = sentence;
  at("new-state").className = problem ? "problem" : "soft";
}

function table(found) {
  const head = ["compared", "validation texts", "new texts", "", "p", "they"];
  const numbers = ["", "number", "number", "", "number", ""];
  const body = found.rows.map((row) => {
    const cells = [row.name, row.before, row.now, row.unit, row.p, row.differs ? "differ" : "are alike"];
    return make("tr", { class: row.differs ? "differs" : "" },
      ...cells.map((cell, index) => make("td", { class: numbers[index] }, cell)));
  });
  const heads = head.map((name, index) => (name
    ? make("th", { scope: "col", class: numbers[index] }, name)
    : make("td", {})));
  const whole = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What was compared" }, whole);
}

function show(found, left) {
  const verdict = found.off ? "Something has changed" : "No difference found";
  const said = [`${found.sentence}.`, `Accuracy: ${found.accuracies.join("; ")}.`];
  if (left) {
    said.push(`The first ${plural(found.texts, "text")} were compared; ${left.toLocaleString("en")} more are beyond the limit of a request.`);
  }
  at("drift").replaceChildren(
    make("p", { class: `label ${found.off ? "problem" : ""}` }, verdict),
    ...said.map((sentence) => make("p", {}, sentence)),
    table(found),
    legend(),
    make("div", { class: "spreads" }, ...found.distributions.map(spread)),
  );
  state("");
  say(verdict);
}

async function compare() {
  const given = rows || pasted();
  if (given.length === 0) {
    state("Paste texts, one a line, or open a file.", true);
    return;
  }
  last?.abort();
  last = new AbortController();
  const body = columns.body(given);
  const left = given.length - (columns.header.checked ? 1 : 0) - body.texts.length;
  at("drift").replaceChildren();
  state(`Comparing ${plural(body.texts.length, "text")}`);
  try {
    show(await post("monitor", body, { signal: last.signal }), left);
  } catch (error) {
    if (error.name !== "AbortError") {
      state(error.message, true);
    }
  }
}

async function open(file) {
  at("new-texts").value = "";
  rows = null;
  try {
    rows = await rowsOf(file, "attn-tuner monitor");
    state(`${file.name}: ${plural(rows.length, "row")}`);
  } catch (error) {
    state(error.message, true);
  }
  showColumns();
}

export function takeNewTexts() {
  at("new-file").addEventListener("change", () => {
    if (at("new-file").files[0]) {
      open(at("new-file").files[0]);
      at("new-file").value = ""; // So that the same file may be opened again.
    }
  });
  at("new-texts").addEventListener("input", () => {
    rows = null;
    state("");
    showColumns();
  });
  at("compare-form").addEventListener("submit", (event) => {
    event.preventDefault();
    compare();
  });
}

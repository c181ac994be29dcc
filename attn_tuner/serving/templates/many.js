// Answers many texts, and shows them as a table to sort and to download.

import { at, make, say } from "./dom.js";
import { percent, plural } from "./format.js";
import { hasHeader, textColumn, writeCsv } from "./rows.js";
import { post } from "./server.js";

const MOST_TEXTS = 10000;
const BATCH = 64; // Texts in a request; the server takes no more.
const BATCH_CHARACTERS = 200000; // Below the size limit of a request, however they are encoded.
const SHOWN = 200;
const DOUBTFUL = 0.4;

let current = null;

// How probable it is that the answer is wrong, as far as the model knows.
function doubtOf(answer, kind) {
  if (kind === "number") {
    return null;
  }
  const shares = Object.values(answer.probabilities);
  if (kind === "labels") {
    return Math.max(...shares.map((share) => Math.min(share, 1 - share)));
  }
  return 1 - answer.probability;
}

function batches(texts) {
  const found = [];
  let size = Infinity;
  for (const text of texts) {
    const last = found.at(-1);
    if (!last || last.length === BATCH || size + text.length > BATCH_CHARACTERS) {
      found.push([]);
      size = 0;
    }
    found.at(-1).push(text);
    size += text.length;
  }
  return found;
}

class Many {
  constructor(rows, name, kind) {
    this.rows = rows;
    this.name = name;
    this.kind = kind;
    this.column = textColumn(rows);
    this.header = name === "" || hasHeader(rows, this.column);
    this.stop = null;
  }

  open() {
    this.bar = make("progress", { "aria-label": "Texts answered" });
    this.state = make("span", { class: "soft" });
    this.table = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answers" });
    this.save = make("button", { type: "button", hidden: true }, "Download as CSV");
    this.save.addEventListener("click", () => this.download());
    const controls = make("p", { class: "row" }, ...this.choices(), this.bar, this.state, this.save);
    at("many").replaceChildren(controls, this.table);
    at("many").hidden = false;
    this.answer();
  }

  // Which column has the texts, and whether the first row names the columns.
  choices() {
    if (this.name === "") {
      return [];
    }
    const column = make("select", { "aria-label": "Column with the texts" });
    this.rows[0].forEach((cell, index) => {
      const name = this.header ? cell : `column ${index + 1}`;
      column.append(make("option", { value: index, selected: index === this.column }, name.slice(0, 40)));
    });
    const header = make("input", { type: "checkbox", checked: this.header });
    column.addEventListener("change", () => {
      this.column = Number(column.value);
      this.answer();
    });
    header.addEventListener("change", () => {
      this.header = header.checked;
      this.answer();
    });
    const named = make("label", {}, header, " the first row has names");
    return [make("span", {}, this.name), ...(this.rows[0].length > 1 ? [column] : []), named];
  }

  async answer() {
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const rows = this.rows.slice(this.header ? 1 : 0).map((row) => row[this.column] || "");
    const texts = rows.slice(0, MOST_TEXTS);
    this.answers = [];
    this.by = { key: "place", down: false };
    this.table.replaceChildren();
    this.save.hidden = true;
    this.bar.hidden = false;
    this.bar.max = texts.length;
    try {
      for (const batch of batches(texts)) {
        const { answers } = await post("predict", { texts: batch }, { signal });
        for (const told of answers) {
          const place = this.answers.length;
          const doubt = doubtOf(told, this.kind);
          this.answers.push({ place, text: texts[place], label: told.label, doubt, probabilities: told.probabilities });
        }
        this.bar.value = this.answers.length;
        this.state.textContent = `${this.answers.length.toLocaleString("en")} of ${plural(texts.length, "text")}`;
        this.show();
      }
      const more = rows.length > texts.length ? `; the first of ${rows.length.toLocaleString("en")}` : "";
      this.state.textContent = `${plural(texts.length, "text")} answered${more}`;
      this.save.hidden = texts.length === 0;
      say(this.state.textContent);
    } catch (error) {
      if (error.name === "AbortError") {
        return;
      }
      this.state.textContent = error.message;
      this.state.className = "problem";
    }
    this.bar.hidden = true;
  }

  columns() {
    const doubt = this.kind === "number" ? [] : [{ key: "doubt", title: "doubt", number: true }];
    return [
      { key: "place", title: "#", number: true },
      { key: "text", title: "text" },
      { key: "label", title: "answer" },
      ...doubt,
    ];
  }

  sorted() {
    const { key, down } = this.by;
    const order = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true }));
    return [...this.answers].sort((a, b) => (down ? -1 : 1) * order(a[key], b[key]) || a.place - b.place);
  }

  heading({ key, title, number }) {
    const sorted = this.by.key === key;
    const arrow = sorted ? (this.by.down ? " ↓" : " ↑") : "";
    const button = make("button", { type: "button" }, title + arrow);
    button.addEventListener("click", () => {
      // What is in doubt is what one looks for: the first click puts it on top.
      this.by = { key, down: sorted ? !this.by.down : key === "doubt" };
      this.show();
      this.table.querySelectorAll("th button")[this.columns().findIndex((each) => each.key === key)].focus();
    });
    const direction = sorted ? (this.by.down ? "descending" : "ascending") : null;
    return make("th", { scope: "col", class: number ? "number" : "", "aria-sort": direction }, button);
  }

  show() {
    const columns = this.columns();
    const body = this.sorted().slice(0, SHOWN).map((row) => {
      const doubtful = row.doubt !== null && row.doubt >= DOUBTFUL;
      return make("tr", { class: doubtful ? "doubtful" : "" }, ...columns.map(({ key, number }) => {
        const cell = key === "place" ? row.place + 1 : key === "doubt" ? percent(row.doubt) : row[key];
        return make("td", { class: number ? "number" : `cell-${key}` }, key === "text" ? make("span", { title: row.text }, cell) : String(cell));
      }));
    });
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...columns.map((column) => this.heading(column)))),
      make("tbody", {}, ...body));
    this.table.replaceChildren(table);
    if (this.answers.length > SHOWN) {
      this.table.append(make("p", { class: "soft" }, `The first ${SHOWN} in this order; the download has all.`));
    }
  }

  // The rows as they are sorted, with the columns that the file had.
  download() {
    const names = Object.keys(this.answers[0].probabilities);
    const doubt = this.kind === "number" ? [] : ["doubt"];
    const width = this.rows[0].length;
    const above = this.header ? this.rows[0] : Array.from({ length: width }, (_, index) => `column ${index + 1}`);
    const shares = this.kind === "number" ? [] : names.map((name) => `probability ${name}`);
    const lines = this.sorted().map((row) => {
      const own = this.rows[row.place + (this.header ? 1 : 0)];
      const filled = Array.from({ length: width }, (_, index) => own[index] || "");
      const numbers = shares.length ? names.map((name) => row.probabilities[name].toFixed(6)) : [];
      return [...filled, row.label, ...doubt.map(() => row.doubt.toFixed(6)), ...numbers];
    });
    const csv = writeCsv([[...above, "answer", ...doubt, ...shares], ...lines]);
    const link = make("a", { download: "answers.csv" });
    link.href = URL.createObjectURL(new Blob(["\ufeff", csv], { type: "text/csv" }));
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

export function openMany(rows, name, kind) {
  closeMany();
  at("answer").hidden = true;
  at("answer").parentElement.classList.add("alone");
  current = new Many(rows, name, kind);
  current.open();
}

export function closeMany() {
  current?.stop?.abort();
  current = null;
  at("many").hidden = true;
  at("answer").hidden = false;
  at("answer").parentElement.classList.remove("alone");
}

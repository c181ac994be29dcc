// Draws an alignment twice: as a heat map that arrow keys walk over, and as a table of numbers.
// See "Grid" in the ARIA Authoring Practices Guide.

import { make } from "./dom.js";
import { percent } from "./format.js";
import { describe } from "./tip.js";

const LEVELS = 9;
const MOST_TOKENS = 60; // Of a side; a longer one would be slow, and nobody could read it.
const MOVES = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

const seen = (token) => token.replaceAll(" ", "␣");

function heading(tokens) {
  return make("thead", {}, make("tr", {}, make("td"), ...tokens.map((token) => make("th", { scope: "col" }, seen(token)))));
}

function cut(told) {
  const read = told.source_tokens.slice(0, MOST_TOKENS);
  const written = told.target_tokens.slice(0, MOST_TOKENS);
  return { read, written, weights: told.alignment.slice(0, written.length).map((row) => row.slice(0, read.length)) };
}

function walk(table, cells) {
  const stop = (chosen) => cells.flat().forEach((cell) => cell.setAttribute("tabindex", cell === chosen ? "0" : "-1"));
  stop(cells[0][0]);
  cells.flat().forEach((cell) => cell.addEventListener("focus", () => stop(cell)));
  table.addEventListener("keydown", (event) => {
    const row = cells.findIndex((each) => each.includes(document.activeElement));
    if (row < 0) {
      return;
    }
    const column = cells[row].indexOf(document.activeElement);
    const [down, right] = MOVES[event.key] || [0, 0];
    let to = cells[row + down]?.[column + right];
    if (event.key === "Home" || event.key === "End") {
      to = cells[row].at(event.key === "Home" ? 0 : -1);
    }
    if (to && to !== document.activeElement) {
      event.preventDefault();
      to.focus();
    }
  });
}

function heatMap({ read, written, weights }) {
  const head = heading(read);
  const names = [...head.querySelectorAll("th")];
  const cells = weights.map((row, down) => row.map((weight, right) => {
    const level = Math.round(LEVELS * weight);
    const said = `“${written[down]}” looks at “${read[right]}”: ${percent(weight)}`;
    const cell = make("td", { role: "gridcell", class: level ? `w${level}` : null, "aria-label": said });
    describe(cell, () => said);
    cell.addEventListener("focus", () => names[right].classList.add("read"));
    cell.addEventListener("blur", () => names[right].classList.remove("read"));
    return cell;
  }));
  const rows = cells.map((row, down) => make("tr", {}, make("th", { scope: "row" }, seen(written[down])), ...row));
  const caption = make("caption", {}, "Where the model looked: what it read across, what it wrote down. Arrow keys move from cell to cell.");
  const table = make("table", { class: "heat", role: "grid" }, caption, head, make("tbody", {}, ...rows));
  walk(table, cells);
  return table;
}

function numbers({ read, written, weights }) {
  const shown = (weight) => (weight < 0.005 ? "" : (100 * weight).toFixed(0));
  const rows = weights.map((row, down) => make(
    "tr", {}, make("th", { scope: "row" }, seen(written[down])), ...row.map((weight) => make("td", {}, shown(weight))),
  ));
  const caption = make("caption", {}, "In percent of each row; empty below half a percent");
  return make("table", { class: "numbers" }, caption, heading(read), make("tbody", {}, ...rows));
}

// told: an answer of /explain.
export function alignment(told) {
  const shown = cut(told);
  const box = (label, table) => make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": label }, table);
  const parts = [
    box("Heat map of the alignment", heatMap(shown)),
    make("details", {}, make("summary", {}, "The alignment as a table"), box("Table of the alignment", numbers(shown))),
  ];
  const all = [told.source_tokens, told.target_tokens];
  if (all.some((tokens) => tokens.length > MOST_TOKENS)) {
    parts.push(make("p", { class: "soft" }, `Of each side the first ${MOST_TOKENS} tokens are shown; ${all[0].length} were read and ${all[1].length} written.`));
  }
  return parts;
}

// Reads a series from lines of numbers, and writes one.

import { splitLines } from "./rows.js";

const MISSING = /^(nan|na|null|none|)$/i;

function cellsOf(text) {
  const lines = splitLines(text.replace(/^\ufeff/, ""));
  const separator = ["\t", ";", ","].find((each) => text.includes(each));
  const bare = (cell) => cell.trim().replace(/^"(.*)"$/, "$1");
  return {
    rows: lines.map((line) => (separator ? line.split(separator) : line.trim().split(/\s+/)).map(bare)),
    // A file whose columns are divided otherwise may have commas before the decimals.
    decimal: separator === "\t" || separator === ";" ? "," : ".",
  };
}

// A number, null for a missing value; text stays as it is, for the server to name it.
function valueOf(cell, decimal) {
  if (MISSING.test(cell)) {
    return null;
  }
  const number = Number(cell.replace(decimal, "."));
  return Number.isFinite(number) ? number : cell;
}

// Whether a line names every feature; false while the features are not known yet.
function haveNames(line, features) {
  return features.length > 0 && features.every((name) => line.includes(name));
}

// The columns of the features, by the names in the first line, and a note on what is not as named.
function chosen(names, rows, features) {
  const id = features.includes("id") ? -1 : names.indexOf("id");
  if (id >= 0 && new Set(rows.map((row) => row[id])).size > 1) {
    throw new Error("The column id names several series, and the page reads one. Use attn-tuner predict for many.");
  }
  if (haveNames(names, features)) {
    return { places: features.map((name) => names.indexOf(name)), note: "" };
  }
  const places = [...names.keys()].filter((place) => features.includes(names[place]) || !["id", "time"].includes(names[place]));
  const note = `The columns are not named as the features of the model. They are read in their order: ${places.map((place) => names[place]).join(", ")}.`;
  return { places, note };
}

// Returns {series, note}: a list of steps, each a list of values.
export function readSeries(text, features) {
  const { rows, decimal } = cellsOf(text);
  const isText = (cell) => typeof valueOf(cell, decimal) === "string";
  const values = (row) => row.map((cell) => valueOf(cell, decimal));
  const [first] = rows;
  const named = rows.length > 1 && (haveNames(first, features) || first.every(isText));
  if (!named) {
    return { series: rows.map(values), note: "" };
  }
  const body = rows.slice(1);
  const { places, note } = chosen(first, body, features);
  // A row of another length stays whole, so that the server says how long it is.
  const kept = (row) => (row.length === first.length ? places.map((place) => row[place]) : row);
  return { series: body.map((row) => values(kept(row))), note };
}

export function writeSeries(series, features) {
  const lines = series.map((step) => step.map((value) => value ?? "nan").join(", "));
  return [features.join(", "), ...lines].join("\n");
}

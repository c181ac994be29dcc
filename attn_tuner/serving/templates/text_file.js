// Reads the rows of a file of texts, and has them answered.

import { newQuestion, showProblem } from "./answer.js";
import { at } from "./dom.js";
import { bytesOf, decoded } from "./files.js";
import { closeMany, openMany } from "./many.js";
import { readRows } from "./rows.js";

// The cells of a file, row by row; an Error with a sentence where it has none.
export async function rowsOf(file, instead) {
  const bytes = await bytesOf(file, instead);
  const text = decoded(bytes) ?? new TextDecoder("windows-1252").decode(bytes);
  const rows = readRows(text, file.name);
  if (rows.length === 0) {
    throw new Error(`${file.name} holds no rows.`);
  }
  return rows;
}

export async function answerFile(file, kind) {
  newQuestion();
  closeMany();
  let rows;
  try {
    rows = await rowsOf(file);
  } catch (error) {
    showProblem(error.message);
    return;
  }
  at("text").value = "";
  at("per-line").hidden = true;
  at("clear").hidden = false;
  openMany(rows, file.name, kind);
}

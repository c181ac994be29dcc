// Has the texts of a file answered.

import { newQuestion, showProblem } from "./answer.js";
import { at } from "./dom.js";
import { bytesOf, decoded } from "./files.js";
import { closeMany, openMany } from "./many.js";
import { readRows } from "./rows.js";

export async function answerFile(file, kind) {
  newQuestion();
  closeMany();
  let bytes;
  try {
    bytes = await bytesOf(file);
  } catch (error) {
    showProblem(error.message);
    return;
  }
  const text = decoded(bytes) ?? new TextDecoder("windows-1252").decode(bytes);
  const rows = readRows(text, file.name);
  if (rows.length === 0) {
    showProblem(`${file.name} holds no rows.`);
    return;
  }
  at("text").value = "";
  at("per-line").hidden = true;
  at("clear").hidden = false;
  openMany(rows, file.name, kind);
}

// Takes a file that is dropped or opened, and has its texts answered.

import { newQuestion, showProblem } from "./answer.js";
import { at } from "./dom.js";
import { closeMany, openMany } from "./many.js";
import { readRows } from "./rows.js";

const MOST_BYTES = 20000000;

export function takeFiles(kindNow) {
  const box = at("try-title").parentElement;

  async function take(file) {
    newQuestion();
    closeMany();
    if (file.size > MOST_BYTES) {
      showProblem(`${file.name} is larger than 20 MB. Use attn-tuner predict for large files.`);
      return;
    }
    const bytes = await file.arrayBuffer();
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      text = new TextDecoder("windows-1252").decode(bytes);
    }
    const rows = readRows(text, file.name);
    if (rows.length === 0) {
      showProblem(`${file.name} holds no rows.`);
      return;
    }
    at("text").value = "";
    at("per-line").hidden = true;
    at("clear").hidden = false;
    openMany(rows, file.name, kindNow());
  }

  at("file").addEventListener("change", () => {
    if (at("file").files[0]) {
      take(at("file").files[0]);
      at("file").value = ""; // So that the same file may be opened again.
    }
  });
  box.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) {
      event.preventDefault();
      box.classList.add("dropping");
    }
  });
  box.addEventListener("dragleave", () => box.classList.remove("dropping"));
  box.addEventListener("drop", (event) => {
    box.classList.remove("dropping");
    if (event.dataTransfer.files[0]) {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    }
  });
}

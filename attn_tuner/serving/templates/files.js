// Takes files that are dropped or opened, and reads them as text.

import { at } from "./dom.js";

const MOST_BYTES = 20000000;

// Calls take(file) with each file that is opened, or dropped on the box.
export function takeFiles(box, take) {
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

// The bytes of a file; an Error with a sentence where it is too large for a page.
export async function bytesOf(file, instead = "attn-tuner predict") {
  if (file.size > MOST_BYTES) {
    throw new Error(`${file.name} is larger than 20 MB. Use ${instead} for large files.`);
  }
  return file.arrayBuffer();
}

// Text of UTF-8; null where the bytes are none.
export function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

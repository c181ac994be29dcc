// The page of a search of texts: try the model, watch the search.

import { clearAnswer } from "./answer.js";
import { setLabelName, takeNewTexts } from "./compare.js";
import { at } from "./dom.js";
import { showExamples } from "./examples.js";
import { takeFiles } from "./files.js";
import { follow } from "./search.js";
import { answerFile } from "./text_file.js";
import { ask, setKind } from "./typing.js";

let kind = "class";

clearAnswer();
takeFiles(at("try"), (file) => answerFile(file, kind));
takeNewTexts();
follow((told) => {
  kind = told.kind;
  setKind(kind);
  setLabelName(told.label);
  at("compare").hidden = !told.model || kind !== "class";
  if (told.model) {
    showExamples("text", (each) => each.text, (each) => ask(each.text, each.truth));
  }
});

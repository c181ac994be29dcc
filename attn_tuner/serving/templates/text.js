// The page of a run: try the model, watch the search.

import { clearAnswer } from "./answer.js";
import { showExamples } from "./examples.js";
import { takeFiles } from "./files.js";
import { follow } from "./search.js";
import { setKind } from "./typing.js";

let kind = "class";

clearAnswer();
takeFiles(() => kind);
follow((told) => {
  kind = told.kind;
  setKind(kind);
  if (told.model) {
    showExamples();
  }
});

"""Uses an exported ONNX model with numpy and onnxruntime alone.

python serve_onnx.py FOLDER "a text" "another text"
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import onnxruntime


def tokens(text, facts):
    """Spells every character by the table, and splits at the spaces."""
    for pattern, blank in facts["markup"]:
        text = re.sub(pattern, blank, text)
    spelled = ""
    for letter in text:
        row = facts["rows"][256 * facts["pages"][ord(letter) // 256] + ord(letter) % 256]
        points = [point for point in facts["spellings"][row] if point != -2]
        spelled += "".join(letter if point == -1 else chr(point) for point in points)
    if facts["split"] == "word":
        spelled = f" {spelled} "
        for pattern, apart in facts["apostrophes"]:
            spelled = re.sub(pattern, apart, spelled)
    found = spelled.split()
    first, last = facts["kept"] or (len(found), 0)
    return found if len(found) <= first + last else found[:first] + found[len(found) - last :]


def main(folder, texts):
    facts = json.loads((Path(folder) / "vectorizer.json").read_text(encoding="utf-8"))
    known = {token: index for index, token in enumerate(facts["vocabulary"])}
    rows = [[known.get(token, 1) for token in tokens(text, facts)] for text in texts]
    ids = np.zeros((len(rows), facts["steps"] or max(1, *map(len, rows), 1)), "int32")
    for row, own in zip(ids, rows, strict=True):
        row[: len(own)] = own
    session = onnxruntime.InferenceSession(Path(folder) / "model.onnx")
    (probabilities,) = session.run(["probabilities"], {"ids": ids})
    for text, given in zip(texts, probabilities, strict=True):
        print(f"{facts['classes'][given.argmax()]:<10} {given.max():.3f}   {text[:60]}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["A wonderful film.", "I fell asleep twice."])

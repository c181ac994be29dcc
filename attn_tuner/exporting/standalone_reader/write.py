"""Writes the files that convert strings to ids, next to a model that takes ids."""

import json
import shutil
from pathlib import Path

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import READER, Bundle
from attn_tuner.exporting.standalone_reader import reader as plain
from attn_tuner.exporting.vectorizer_adapters import KerasVectorizer
from attn_tuner.storage.layout import VECTORIZER
from attn_tuner.text.tf_tokenization import spelling_arrays
from attn_tuner.text.tokenization import APOSTROPHES, MARKUP
from attn_tuner.text.truncation import head_tail_lengths


def write_reader(bundle: Bundle, folder: Path) -> None:
    """Writes `vectorizer.json`, and `reader.py` and `reader.js`, which need no other file.

    Raises:
        ExportError: the vectorizer is a Keras layer, whose rules JSON cannot hold.
    """
    if isinstance(bundle.vectorizer, KerasVectorizer):
        raise ExportError(
            "A TextVectorization layer runs only in TensorFlow, so this format could not convert "
            "strings to ids. Choose the savedmodel or keras format, or train with an "
            "attn_tuner.text.Vectorizer."
        )
    pages, rows, spellings = spelling_arrays(bundle.vectorizer.split)
    facts = {
        "classes": list(bundle.classes),
        "steps": bundle.steps,
        "split": bundle.vectorizer.split,
        "kept": bundle.max_length and head_tail_lengths(bundle.max_length, bundle.truncation),
        "markup": MARKUP,
        "apostrophes": APOSTROPHES,
        "vocabulary": bundle.used_vocabulary,
        "pages": pages.tolist(),
        "rows": rows.tolist(),
        "spellings": spellings.tolist(),
    }
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    (folder / VECTORIZER).write_text(text, encoding="utf-8")
    for source in (Path(plain.__file__), Path(plain.__file__).with_suffix(".js")):
        shutil.copyfile(source, (folder / READER).with_suffix(source.suffix))

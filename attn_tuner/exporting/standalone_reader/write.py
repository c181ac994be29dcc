"""Writes the files that convert strings to ids, next to a model that takes ids."""

import json
import shutil
from pathlib import Path

from attn_tuner.exporting.bundle import READER, Bundle
from attn_tuner.exporting.standalone_reader import reader as plain
from attn_tuner.exporting.standalone_reader.keras_rules import keras_facts
from attn_tuner.exporting.vectorizer_adapters import KerasVectorizer
from attn_tuner.inputs.truncation import head_tail_lengths
from attn_tuner.storage.layout import VECTORIZER
from attn_tuner.text.tf_tokenization import spelling_arrays
from attn_tuner.text.tokenization import APOSTROPHES, MARKUP


def write_reader(bundle: Bundle, folder: Path) -> None:
    """Writes `vectorizer.json`, and `reader.py` and `reader.js`, which need no other file.

    Raises:
        ExportError: the vectorizer is a Keras layer with settings that the files cannot hold.
    """
    if isinstance(bundle.vectorizer, KerasVectorizer):
        facts = keras_facts(bundle.vectorizer, bundle.max_length, bundle.truncation)
        facts["vocabulary"] = facts["vocabulary"][: bundle.vocabulary_size]
    else:
        facts = _facts(bundle)
    facts = {"classes": list(bundle.classes), "steps": bundle.steps, **facts}
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    (folder / VECTORIZER).write_text(text, encoding="utf-8")
    for source in (Path(plain.__file__), Path(plain.__file__).with_suffix(".js")):
        shutil.copyfile(source, (folder / READER).with_suffix(source.suffix))


def _affixes(bundle: Bundle) -> dict:
    """Returns the beginnings and ends of words by number, from 1, where the model reads parts."""
    if not bundle.subwords:
        return {}
    subwords = bundle.vectorizer.subwords
    return {"beginnings": ["", *subwords.beginnings], "ends": ["", *subwords.ends]}


def write_word_reader(folder: Path) -> None:
    """Writes `vectorizer.json` and `reader.py` of a `Reader` that only splits texts into words."""
    facts = {"classes": [], "steps": None, "kept": None, "vocabulary": [""], **_rules("word")}
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    (folder / VECTORIZER).write_text(text, encoding="utf-8")
    shutil.copyfile(plain.__file__, folder / READER)


def _facts(bundle: Bundle) -> dict:
    return {
        "kept": bundle.max_length and head_tail_lengths(bundle.max_length, bundle.truncation),
        "vocabulary": bundle.used_vocabulary,
        **_affixes(bundle),
        **_rules(bundle.vectorizer.split),
    }


def _rules(split: str) -> dict:
    """Returns what says how a text becomes tokens."""
    pages, rows, spellings = spelling_arrays(split)
    return {
        "split": split,
        "markup": MARKUP,
        "apostrophes": APOSTROPHES,
        "pages": pages.tolist(),
        "rows": rows.tolist(),
        "spellings": spellings.tolist(),
    }

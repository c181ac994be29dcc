"""Writes and reads the folder of a bundle, with checksums and without trusting its content."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.trusted_modules import (
    check_trusted,
    import_trusted,
    load_trusted_model,
    model_modules,
    read_model_config,
)
from attn_tuner.exporting.vectorizer_adapters import from_json, to_json
from attn_tuner.inputs.kinds import TEXT, kind_named
from attn_tuner.space.renamed import current_names
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import check_kinds, digest_of, read_object, reading
from attn_tuner.storage.layout import BUNDLE_FACTS, BUNDLE_MODEL

_REMEDY = (
    "If it is the model of a search, call the search on its folder again: it makes the file "
    "again. Else put back a copy."
)
_KINDS = {
    "classes": list[str],
    "max_length": int | None,
    "truncation": str,
    "vocabulary_size": int | None,
    "card": dict,
    "task": str,
    "vectorizer": dict,
    "conformal": dict | None,
    "known": dict | None,
}
_DOUBT = {
    "conformal": {"coverage": float, "at": list[float]},
    "known": {"kept": float, "entropy": float},
}


def plain_card(card: Mapping) -> dict:
    """Returns the facts of a model card as JSON has them: NumPy's values as Python's."""

    def to_python(value: Any) -> Any:
        return value.tolist() if hasattr(value, "tolist") else str(value)

    return json.loads(json.dumps(dict(card), default=to_python))


def save_bundle(bundle: Any, folder: str | Path) -> Path:
    """Writes a bundle as a `.keras` file and JSON, each atomically."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / BUNDLE_MODEL, bundle.model.save)
    facts = {
        "classes": list(bundle.classes),
        "input": bundle.input,
        "vocabulary_size": None,
        **bundle.reading,
        "card": bundle.card,
        "task": bundle.task,
        "conformal": bundle.conformal and bundle.conformal.as_dict(),
        "known": bundle.known and bundle.known.as_dict(),
        "vectorizer": to_json(bundle.vectorizer),
        "modules": model_modules(bundle.model),
        "digest": digest_of(folder / BUNDLE_MODEL),
    }
    write_json(folder / BUNDLE_FACTS, facts)
    return folder


def check_bundle(folder: str | Path) -> dict:
    """Reads the JSON of a bundle and verifies its files, without creating any object from them.

    Raises:
        DamagedFile: one of them is not.
    """
    folder = Path(folder)
    with reading(folder / BUNDLE_FACTS, _REMEDY):
        facts = current_names(read_object(folder / BUNDLE_FACTS, remedy=_REMEDY))
        facts = {**dict.fromkeys(_DOUBT), **facts}  # Bundles of former versions have none.
        check_kinds(facts, _KINDS)
        for name, kinds in _DOUBT.items():
            if facts[name] is not None:
                check_kinds(facts[name], kinds)
    with reading(folder / BUNDLE_MODEL, _REMEDY):
        read_model_config(folder / BUNDLE_MODEL)
        if facts.get("digest") not in (None, digest_of(folder / BUNDLE_MODEL)):
            raise ValueError(f"it is not the model that {BUNDLE_FACTS} was written for")
    return facts


def read_bundle(folder: str | Path, trust: str | Sequence[str] = ()) -> tuple[str, dict]:
    """Reads the kind of input of a bundle, and the arguments of its class.

    Args:
        folder: path of the bundle.
        trust: names of modules whose classes the model may hold, besides those of Keras and this
            package.

    Raises:
        DamagedFile: a file of it is not whole.
        RunError: it names classes of modules that are not trusted.
    """
    folder = Path(folder)
    trust = import_trusted(trust)
    facts = check_bundle(folder)
    check_trusted(facts["vectorizer"], folder, trust)
    with reading(folder / BUNDLE_FACTS, _REMEDY):
        vectorizer = from_json(facts["vectorizer"])
    with reading(folder / BUNDLE_MODEL, _REMEDY):
        model = load_trusted_model(folder / BUNDLE_MODEL, folder, trust)
    kind = facts.get("input", TEXT.name)
    own = {each.name for each in fields(kind_named(kind).part("bundle"))}
    kept = own & {"classes", "max_length", "truncation", "vocabulary_size", "card", "task"}
    with reading(folder / BUNDLE_FACTS, _REMEDY):
        doubt = {
            "conformal": Conformal.from_dict(facts["conformal"]),
            "known": KnownTexts.from_dict(facts["known"]),
        }
    named = {name: facts[name] for name in kept}
    return kind, {"vectorizer": vectorizer, "model": model, **doubt, **named}

"""Writes the model card of an artefact: `README.md` for people, `card.json` for programs."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras

from attn_tuner.exporting.artefact_folder import MADE_BY, size_of
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact
from attn_tuner.exporting.named_inputs import NamedInputs
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.usage_snippets import usage_snippet
from attn_tuner.exporting.verification.verify import Proof
from attn_tuner.inputs.kinds import COLUMNS, SERIES, TEXT
from attn_tuner.metrics import interval
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import digest_of
from attn_tuner.storage.layout import CARD, CARD_PAGE
from attn_tuner.tasks import task_named

# By kind of input: one of it, and the noun before "classifier".
TASK_WORDS = {
    TEXT.name: ("a text", "text"),
    SERIES.name: ("a series of numbers", "series"),
    COLUMNS.name: ("a text with columns", "text"),
}
_PACKAGES = ("attn-tuner", "tensorflow", "keras", "numpy")
# Further packages that write or run a format.
_FORMAT_PACKAGES = {"onnx": ("tf2onnx", "onnxruntime"), "litert": ("ai-edge-litert",)}


def write_card(
    bundle: Bundle | SeriesBundle | NamedInputs,
    folder: Path,
    name: str,
    artefacts: Sequence[Artefact],
    proofs: Sequence[Proof],
    notes: Sequence[str] = (),
) -> dict:
    """Writes `card.json` and `README.md` into the folder, and returns the card."""
    card = build_card(bundle, folder, name, artefacts, proofs, notes)
    (folder / CARD_PAGE).write_text(
        card_to_markdown(card, usage_snippet(artefacts[0].kind, bundle)), encoding="utf-8"
    )
    card["digests"] = {file: digest_of(folder / file) for file in card["files"]}
    write_json(folder / CARD, card)
    return card


def build_card(
    bundle: Bundle | SeriesBundle | NamedInputs,
    folder: Path,
    name: str,
    artefacts: Sequence[Artefact],
    proofs: Sequence[Proof],
    notes: Sequence[str] = (),
) -> dict:
    """Collects the facts of an artefact as JSON values."""
    given = dict(bundle.card)
    data = given.pop("data", {})
    return {
        "made_by": MADE_BY,
        "format": name,
        "task": bundle.task,
        "classes": list(bundle.classes),
        "input": bundle.input,
        **bundle.facts(),
        "size": bundle.size_words(),
        "parameters": bundle.model.count_params(),
        "data": data,
        "scores": _with_intervals(given.pop("scores", {}), data),
        "limits": [*bundle.limits(), *_notes(artefacts), *notes, *given.pop("limits", ())],
        "verification": {
            str(each.file.relative_to(folder)): {**asdict(proof), "sentence": proof.sentence}
            for each, proof in zip(artefacts, proofs, strict=True)
        },
        "versions": _versions(artefacts[0].kind),
        "files": {
            str(each.relative_to(folder)): size_of(each)
            for each in sorted(folder.rglob("*"))
            if each.is_file()
        },
        **given,
    }


def card_to_markdown(card: dict, usage: str) -> str:
    """Formats the card as Markdown."""
    title, gives = _task(card)
    parts = [
        title,
        f"{gives} {card['parameters']:,} parameters, {card['size']}",
        f"## Use\n\n{usage}",
        _table("## Data", card["data"]),
        _table("## Learnt from", card.get("learnt_from")),
        _table("## Scores", card["scores"]),
        "## Limits\n\n" + "\n".join(f"- {sentence}" for sentence in card["limits"]),
        "## Proof\n\n" + _proofs(card["verification"]),
        _table("## Made with", card["versions"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _task(card: dict) -> tuple[str, str]:
    """Returns the title, and a sentence on what the model gives for an input."""
    one, noun = TASK_WORDS[card.get("input", TEXT.name)]
    names = ", ".join(f"`{name}`" for name in card["classes"])
    count = len(card["classes"])
    if card["task"] == "regression":
        return f"# A number for {one}", f"Reads {one} and gives a number."
    task = task_named(card["task"], count)
    if task.several:
        said = f"the next numbers: {count} of them"
        if task.levels:
            levels = ", ".join(f"{level:g}" for level in task.levels)
            said = f"the quantiles {levels} of each of the next numbers"
        return f"# A forecast of {one}: {count} numbers", f"Reads {one} and gives {said}."
    if card["task"] == "multilabel":
        said = f"Reads {one} and gives any of {names}, with a probability for each."
        return f"# Labels for {one}: {count}", said
    said = f"Reads {one} and gives one of {names}, with a probability for each."
    return f"# A {noun} classifier: {count} classes", said


def _with_intervals(scores: dict, data: dict) -> dict:
    """Adds the 95 % interval to accuracies on parts of known size."""
    return {
        part: {**found, "accuracy_95": list(interval(found["accuracy"], data[part]))}
        if isinstance(found, dict) and "accuracy" in found and data.get(part)
        else found
        for part, found in scores.items()
    }


def _notes(artefacts: Sequence[Artefact]) -> list[str]:
    return [note for artefact in artefacts for note in artefact.notes]


def _proofs(verification: dict) -> str:
    named = len(verification) > 1
    return "\n".join(
        f"- `{file}`: {proof['sentence']}" if named else proof["sentence"]
        for file, proof in verification.items()
    )


def _table(title: str, facts) -> str:
    if not facts:
        return ""
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in facts.items())
    return f"{title}\n\n| | |\n|---|---|\n{rows}"


def _cell(value) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(each)}" for name, each in value.items())
    return str(value).replace("|", "\\|").replace("\n", " ")


def _versions(name: str) -> dict:
    found = {"python": platform.python_version(), "backend": keras.backend.backend()}
    for package in (*_PACKAGES, *_FORMAT_PACKAGES.get(name, ())):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

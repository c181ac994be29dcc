"""Artefacts handed over: written, run in a fresh process, described, and only then in place."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.base import Bundle, exporters
from attn_tuner.exporting.card import write_card
from attn_tuner.exporting.folder import size_of, whole_folder
from attn_tuner.exporting.verification import FreshProcess, Proof, probing_texts, proven


@dataclass(frozen=True)
class Delivered:
    """One artefact that was written and proved: a row of what `attn-tuner export` prints.

    Args:
        format: the exporter's name.
        path: the file, or the folder of a SavedModel.
        megabytes: its size.
        proof: how near it came to the model.
        notes: what there is to know about it, in sentences.
    """

    format: str
    path: Path
    megabytes: float
    proof: Proof
    notes: tuple[str, ...] = ()


def deliver(
    bundle: Bundle,
    path,
    formats: Sequence[str] = ("savedmodel",),
    texts: Sequence[str] | None = None,
    labels: Sequence[int] | None = None,
) -> list[Delivered]:
    """Writes the bundle in each format, and proves each before it takes its place.

    Args:
        bundle: what to export.
        path: the folder of the artefact; with several formats, the folder of their folders.
        formats: names of `exporters`.
        texts: texts on which an artefact must give the model's probabilities; texts made of the
            vocabulary if not given.
        labels: their class numbers, where known, for the accuracy of what is smaller than it was.

    Raises:
        ExportError: an artefact cannot be written, does not run by itself, or is off.
        UnknownName: no exporter has that name.
    """
    makers = {name: exporters[name] for name in formats}
    if not makers:
        raise ExportError(f"No format is named. Available: {', '.join(exporters)}.")
    texts = probing_texts(bundle) if texts is None else list(texts)
    with ExitStack() as stack:
        # Started now, so that they import their libraries while the artefacts are written.
        processes = {name: stack.enter_context(FreshProcess(name)) for name in makers}
        expected = bundle.predict(texts)
        _refuse_what_are_no_probabilities(expected)
        delivered = []
        for name, make in makers.items():
            target = Path(path) / name if len(makers) > 1 else Path(path)
            with whole_folder(target) as draft:
                made = make(bundle, draft)
                artefacts = made if isinstance(made, list) else [made]
                proofs = [
                    proven(bundle, each, texts, processes[name], expected, labels)
                    for each in artefacts
                ]
                write_card(bundle, draft, name, artefacts, proofs)
                for artefact, proof in zip(artefacts, proofs, strict=True):
                    place = target / artefact.file.relative_to(draft)
                    size = size_of(artefact.file) / 1e6
                    delivered.append(Delivered(name, place, size, proof, artefact.notes))
    return delivered


def _refuse_what_are_no_probabilities(expected: np.ndarray):
    sums = expected.sum(axis=-1)
    if len(expected) and (
        not np.isfinite(expected).all()
        or expected.min() < -1e-6
        or np.abs(sums - 1).max(initial=0) > 1e-3
    ):
        raise ExportError(
            f"The model's outputs are no probabilities: they reach from {expected.min():.3g} to "
            f"{expected.max():.3g} and a row sums to {sums[np.abs(sums - 1).argmax()]:.3g}. "
            "End the model in a softmax over the classes, or in one sigmoid for two classes."
        )

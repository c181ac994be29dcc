"""Artefacts handed over: written, run in a fresh process, described, and only then in place."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting import fresh
from attn_tuner.exporting.base import Bundle, exporters
from attn_tuner.exporting.card import write_card
from attn_tuner.exporting.folder import size_of, whole_folder
from attn_tuner.exporting.verification import FreshProcess, Proof, probing_texts, proven


@dataclass(frozen=True)
class Delivered:
    """One artefact that was written and proved: a row of what `attn-tuner export` prints."""

    format: str
    path: Path
    megabytes: float
    proof: Proof
    seconds: float
    notes: tuple[str, ...] = ()


def deliver(
    bundle: Bundle,
    path,
    formats: Sequence[str] = ("savedmodel",),
    texts: Sequence[str] | None = None,
    **options,
) -> list[Delivered]:
    """Writes the bundle in each format, and proves each before it takes its place.

    Args:
        bundle: what to export.
        path: the folder of the artefact; with several formats, the folder of their folders.
        formats: names of `exporters`.
        texts: texts on which an artefact must give the model's probabilities; texts made of the
            vocabulary if not given.
        options: for the exporters that know them.

    Raises:
        ExportError: an artefact cannot be written, does not run by itself, or is off.
        UnknownName: no exporter has that name.
    """
    makers = {name: exporters[name] for name in formats}
    if not makers:
        raise ExportError(f"No format is named. Available: {', '.join(exporters)}.")
    texts = probing_texts(bundle) if texts is None else list(texts)
    with ExitStack() as processes:
        started = {
            name: processes.enter_context(FreshProcess(name))
            for name in makers
            if name in fresh.FORBIDDEN
        }
        expected = bundle.predict(texts)
        _refuse_what_are_no_probabilities(expected)
        delivered = []
        for name, maker in makers.items():
            begin = time.monotonic()
            target = Path(path) / name if len(makers) > 1 else Path(path)
            with whole_folder(target) as draft:
                artefact = maker(bundle, draft, **options)
                process = started.get(name) or processes.enter_context(FreshProcess(artefact.kind))
                proof = proven(bundle, artefact, texts, process, expected)
                write_card(bundle, draft, name, artefact, proof)
                size = size_of(draft) / 1e6
            seconds = time.monotonic() - begin
            delivered.append(Delivered(name, target, size, proof, seconds, artefact.notes))
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

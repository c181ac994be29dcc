"""Artefacts handed over: written, run in a fresh process, described, and only then in place."""

import functools
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import check_targets, size_of, whole_folder
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.compression.shrink import (
    Shrink,
    best_that_fits,
    cost,
    fitting_words,
    shrunk,
    weight,
)
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.model_card import write_card
from attn_tuner.exporting.tensorflow_subprocess import on_tensorflow
from attn_tuner.exporting.verification.fresh_process import RUNNERS
from attn_tuner.exporting.verification.verify import FreshProcess, Proof, probing_texts, proven
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.text.input_texts import read_texts


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
    max_size_mb: float | None = None,
    shrink: Shrink | None = None,
) -> list[Delivered]:
    """Writes the bundle in each format, and proves each before it takes its place.

    Args:
        bundle: what to export.
        path: the folder of the artefact; with several formats, the folder of their folders.
        formats: names of `exporters`.
        texts: texts on which an artefact must give the model's probabilities; texts made of the
            vocabulary if not given.
        labels: their class numbers, where known, for the accuracy of what is smaller than it was.
        max_size_mb: the most that an artefact may weigh; its embedding is shrunk until it does.
            Of the two files of `litert` the smaller one counts.
        shrink: what to do to the embedding in any case.

    Raises:
        ExportError: an artefact cannot be written, does not run by itself, or is off.
        UnknownName: no exporter has that name.
    """
    makers = {name: on_tensorflow(name) for name in formats}
    if not makers:
        raise ExportError(f"No format is named. Available: {', '.join(exporters)}.")
    check_targets(path, list(makers))
    if max_size_mb is not None and not max_size_mb > 0:
        raise ExportError(f"max_size_mb is {max_size_mb!r}; it should be above 0.")
    if texts is None:
        texts = probing_texts(bundle)
    texts = read_texts(texts, who="export()").texts
    with ExitStack() as stack:
        process = functools.cache(lambda kind: stack.enter_context(FreshProcess(kind)))
        # Started now, so that they import their libraries while the artefacts are written.
        for name in makers.keys() & RUNNERS.keys():
            process(name)
        full = expected = bundle.predict(texts)
        _refuse_what_are_no_probabilities(full, bundle.kind)
        notes = ()
        if shrink is not None:
            bundle = shrunk(bundle, shrink)
            expected = bundle.predict(texts)
            notes = (f"Shrunk ({shrink.words}): {cost(expected, full, labels, bundle.kind)}",)
        delivered = []
        for name, make in makers.items():
            target = Path(path) / name if len(makers) > 1 else Path(path)
            with whole_folder(target) as draft:
                made = _made(make, bundle, draft, max_size_mb, texts, expected, labels)
                own = replace(made, notes=(*notes, *made.notes))
                proofs = [
                    proven(own.bundle, each, texts, process(each.kind), own.expected, labels, full)
                    for each in own.artefacts
                ]
                write_card(own.bundle, draft, name, own.artefacts, proofs, own.notes)
                for artefact, proof in zip(own.artefacts, proofs, strict=True):
                    place = target / artefact.file.relative_to(draft)
                    size = size_of(artefact.file) / 1e6
                    said = (*own.notes, *artefact.notes)
                    delivered.append(Delivered(name, place, size, proof, said))
    return delivered


def fitting(
    bundle: Bundle,
    max_size_mb: float,
    texts: Sequence[str],
    labels: Sequence[int] | None = None,
    format: str = "savedmodel",
) -> tuple[Bundle, float, tuple[str, ...]]:
    """The bundle, or one with smaller embeddings, whose artefact weighs no more than allowed.

    Returns:
        The bundle, the megabytes of its artefact, and what making it smaller cost, in sentences.

    Raises:
        ExportError: no such bundle was found.
    """
    with scratch() as folder:
        draft = folder / format
        draft.mkdir()
        expected = bundle.predict(texts)
        made = _made(on_tensorflow(format), bundle, draft, max_size_mb, texts, expected, labels)
        return made.bundle, made.size / 1e6, made.notes


@dataclass(frozen=True)
class _Made:
    """Artefacts in their draft, and what they were made from."""

    bundle: Bundle
    expected: np.ndarray
    artefacts: list[Artefact]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return min(size_of(each.file) for each in self.artefacts)


def _made(make, bundle, draft, max_size_mb, texts, expected, labels) -> _Made:
    """The artefacts of the bundle, or of the most faithful smaller one that is small enough."""
    made = _Made(bundle, expected, _as_list(make(bundle, draft)))
    limit = None if max_size_mb is None else max_size_mb * 1e6
    if limit is None or made.size <= limit:
        return made
    whole = made.size
    narrow = Shrink("int8")  # One way is written to learn what all but the embedding weighs.
    made = _rewritten(make, shrunk(bundle, narrow), draft, texts)
    rest = made.size - weight(bundle, narrow)
    least = made.size
    for way, small in best_that_fits(bundle, 0.99 * limit - rest, texts, expected):
        made = _rewritten(make, small, draft, texts)
        if made.size > limit:  # Of this way a converter narrows less than of the other.
            room = weight(bundle, way) - (made.size - 0.995 * limit)
            if (way := fitting_words(bundle, way, room)) is not None:
                made = _rewritten(make, shrunk(bundle, way), draft, texts)
        if made.size <= limit:
            words = cost(made.expected, expected, labels, bundle.kind)
            return replace(made, notes=(f"Shrunk to fit ({way.words}): {words}",))
        least = min(least, made.size)
    raise ExportError(
        f"The artefact cannot be made as small as {max_size_mb:g} MB: it has {whole / 1e6:.2f} MB, "
        f"{least / 1e6:.2f} MB at the least that was tried, {rest / 1e6:.2f} MB of it beside the "
        "embedding. Allow more, search smaller models, or, where several are averaged, let the "
        "search go on with ensemble=1 or max_size_mb, which exports one alone."
    )


def _rewritten(make, bundle, draft, texts) -> _Made:
    for each in draft.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    return _Made(bundle, bundle.predict(texts), _as_list(make(bundle, draft)))


def _as_list(made) -> list[Artefact]:
    return made if isinstance(made, list) else [made]


def _refuse_what_are_no_probabilities(expected: np.ndarray, kind: str):
    if kind == "number" and np.isfinite(expected).all():
        return
    sums = expected.sum(axis=-1) if kind == "class" else np.ones(len(expected))
    if len(expected) and (
        not np.isfinite(expected).all()
        or expected.min() < -1e-6
        or expected.max() > 1 + 1e-3
        or np.abs(sums - 1).max(initial=0) > 1e-3
    ):
        raise ExportError(
            f"The model's outputs are no probabilities: they reach from {expected.min():.3g} to "
            f"{expected.max():.3g} and a row sums to {sums[np.abs(sums - 1).argmax()]:.3g}. "
            "End the model in a softmax over the classes, or in one sigmoid for two classes."
        )

"""Exports a bundle: writes each artefact, verifies it in a new process and moves it to its path."""

import functools
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import artefact_folder, check_targets, size_of
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.compression.shrink import (
    Shrink,
    describe_change,
    embedding_bytes,
    fit_tables,
    rank_candidates,
    shrink_embeddings,
)
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.model_card import write_card
from attn_tuner.exporting.named_inputs import NamedInputs, rows_of
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.tensorflow_subprocess import exporter_for_backend
from attn_tuner.exporting.verification.fresh_process import LIBRARIES
from attn_tuner.exporting.verification.verify import (
    FreshProcess,
    Proof,
    verify_artefact,
)
from attn_tuner.storage.atomic_files import scratch


@dataclass(frozen=True)
class ExportedArtefact:
    """An artefact that was written and verified: a row of what `attn-tuner export` prints.

    Args:
        format: str, name of the exporter.
        path: `Path` of the file, or of the folder of a SavedModel.
        megabytes: float, its size.
        proof: `Proof`, difference from the model.
        notes: tuple of str, sentences for the user.
    """

    format: str
    path: Path
    megabytes: float
    proof: Proof
    notes: tuple[str, ...] = ()


def export_bundle(
    bundle: Bundle | SeriesBundle,
    path: str | Path,
    formats: Sequence[str] = ("savedmodel",),
    texts: Any = None,
    labels: Sequence[int] | None = None,
    max_size_mb: float | None = None,
    shrink: Shrink | None = None,
) -> list[ExportedArtefact]:
    """Writes the bundle in each format, and verifies each artefact before it is moved to its path.

    Args:
        bundle: `Bundle` or `SeriesBundle` to export.
        path: path of the artefact's folder; with several formats, of the folder that holds them.
        formats: sequence of str, names in `exporters`.
        texts: list of str, or series, on which an artefact must reproduce the model's
            probabilities; generated if not given.
        labels: `(texts,)` int, class of each text, if known, for the accuracy of shrunk artefacts.
        max_size_mb: float, maximum size of an artefact in megabytes; the embedding is shrunk to
            fit. For `litert`, the smaller of its two files counts.
        shrink: `Shrink`, how to shrink the embedding regardless of the size.

    Raises:
        ExportError: an artefact cannot be written, does not run, or differs from the model.
        UnknownName: no exporter has that name.
    """
    makers = {name: exporter_for_backend(name) for name in formats}
    if not makers:
        raise ExportError(f"No format was given. Available: {', '.join(exporters)}.")
    bundle.check_formats(list(makers), smaller=max_size_mb is not None or shrink is not None)
    check_targets(path, list(makers))
    if max_size_mb is not None and not max_size_mb > 0:
        raise ExportError(f"max_size_mb is {max_size_mb!r}; it should be above 0.")
    texts = bundle.samples() if texts is None else bundle.inputs(texts, "export()")
    with ExitStack() as stack:
        process = functools.cache(lambda kind: stack.enter_context(FreshProcess(kind)))
        # Started now, to import their libraries while the artefacts are written.
        for name in makers.keys() & LIBRARIES.keys():
            process(name)
        full = expected = bundle.predict(texts)
        _check_probabilities(full, bundle.kind)
        notes = ()
        if shrink is not None:
            bundle = shrink_embeddings(bundle, shrink)
            expected = bundle.predict(texts)
            notes = (
                f"Shrunk ({shrink.words}): {describe_change(expected, full, labels, bundle.kind)}",
            )
        delivered = []
        for name, make in makers.items():
            target = Path(path) / name if len(makers) > 1 else Path(path)
            with artefact_folder(target) as draft:
                made = _make_artefacts(make, bundle, draft, max_size_mb, texts, expected, labels)
                own = replace(made, notes=(*notes, *made.notes))
                proofs = [
                    verify_artefact(
                        own.bundle, each, texts, process(each.kind), own.expected, labels, full
                    )
                    for each in own.artefacts
                ]
                write_card(own.bundle, draft, name, own.artefacts, proofs, own.notes)
                for artefact, proof in zip(own.artefacts, proofs, strict=True):
                    place = target / artefact.file.relative_to(draft)
                    size = size_of(artefact.file) / 1e6
                    said = (*own.notes, *artefact.notes)
                    delivered.append(ExportedArtefact(name, place, size, proof, said))
    return delivered


def export_inputs(
    inputs: NamedInputs,
    path: str | Path,
    rows: Any = None,
    labels: Sequence[int] | None = None,
) -> list[ExportedArtefact]:
    """Writes a SavedModel of a model with several inputs, and verifies it before it is moved.

    Args:
        inputs: `NamedInputs` to export.
        path: path of the artefact's folder.
        rows: on which it must reproduce the model, as `named_inputs.rows_of` takes them.
        labels: `(rows,)` int, class of each row, if known.

    Raises:
        ExportError: it cannot be written, does not run, or differs from the model.
    """
    from attn_tuner.exporting.formats.savedmodel import export_named

    rows = rows_of(rows, inputs)
    with FreshProcess("savedmodel") as process, artefact_folder(path) as draft:
        expected = inputs.predict(rows)
        _check_probabilities(expected, inputs.kind)
        made = export_named(inputs, draft)
        proof = verify_artefact(inputs, made, rows, process, expected, labels)
        write_card(inputs, draft, "savedmodel", [made], [proof])
        size = size_of(draft) / 1e6
    return [ExportedArtefact("savedmodel", Path(path), size, proof)]


def fit_to_size(
    bundle: Bundle,
    max_size_mb: float,
    texts: Sequence,
    labels: Sequence[int] | None = None,
    format: str = "savedmodel",
) -> tuple[Bundle, float, tuple[str, ...]]:
    """Shrinks the embeddings of a bundle until its artefact has at most `max_size_mb`.

    Returns:
        The bundle, the megabytes of its artefact, and what making it smaller cost, in sentences.

    Raises:
        ExportError: no such bundle was found.
    """
    with scratch() as folder:
        draft = folder / format
        draft.mkdir()
        expected = bundle.predict(texts)
        made = _make_artefacts(
            exporter_for_backend(format), bundle, draft, max_size_mb, texts, expected, labels
        )
        return made.bundle, made.size / 1e6, made.notes


@dataclass(frozen=True)
class _Made:
    """Artefacts in their draft folder, and what they were made from."""

    bundle: Any
    expected: np.ndarray
    artefacts: list[Artefact]
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return min(size_of(each.file) for each in self.artefacts)


def _make_artefacts(make, bundle, draft, max_size_mb, texts, expected, labels) -> _Made:
    """Writes the artefacts of the bundle, or of the best smaller one within the size limit."""
    made = _Made(bundle, expected, _as_list(make(bundle, draft)))
    limit = None if max_size_mb is None else max_size_mb * 1e6
    if limit is None or made.size <= limit:
        return made
    whole = made.size
    narrow = Shrink("int8")  # Written to measure the size of everything but the embedding.
    made = _rewrite(make, shrink_embeddings(bundle, narrow), draft, texts)
    rest = made.size - embedding_bytes(bundle, narrow)
    least = made.size
    for way, small in rank_candidates(bundle, 0.99 * limit - rest, texts, expected):
        made = _rewrite(make, small, draft, texts)
        while made.size > limit:  # The converter compressed these rows less than those of int8.
            least = min(least, made.size)
            beside = made.size - embedding_bytes(bundle, way)
            rest = max(rest, beside)
            smaller = fit_tables(bundle, way, 0.995 * limit - beside)
            if smaller in (None, way):
                break
            way = smaller
            made = _rewrite(make, shrink_embeddings(bundle, way), draft, texts)
        if made.size <= limit:
            words = describe_change(made.expected, expected, labels, bundle.kind)
            return replace(made, notes=(f"Shrunk to fit ({way.words}): {words}",))
    raise ExportError(
        f"{least / 1e6:.2f} MB is the smallest artefact that was reached; {max_size_mb:g} MB were "
        f"asked for. Without shrinking it has {whole / 1e6:.2f} MB; {rest / 1e6:.2f} MB are not "
        "part of the embedding. Raise max_size_mb or search smaller models. If the model is an "
        "ensemble, continue the search with ensemble=1 or max_size_mb, to export one model."
    )


def _rewrite(make, bundle, draft, texts) -> _Made:
    for each in draft.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    return _Made(bundle, bundle.predict(texts), _as_list(make(bundle, draft)))


def _as_list(made) -> list[Artefact]:
    return made if isinstance(made, list) else [made]


def _check_probabilities(expected: np.ndarray, kind: str):
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
            f"The model's outputs are not probabilities: they range from {expected.min():.3g} to "
            f"{expected.max():.3g}, and a row sums to {sums[np.abs(sums - 1).argmax()]:.3g}. "
            "End the model in a softmax over the classes, or in one sigmoid for two classes. If "
            "these are logits, give from_logits=True, or add the layer: keras.Model(model.inputs, "
            "keras.layers.Softmax()(model.output))."
        )

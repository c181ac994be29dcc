"""Exports TensorFlow's SavedModel: strings in, labels and probabilities out."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow as tf

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.named_inputs import NamedInputs
from attn_tuner.exporting.signatures import NamedScorer
from attn_tuner.storage.layout import CLASSES, EXTRAS
from attn_tuner.verbosity import silence


@exporters.register("savedmodel")
def export_savedmodel(bundle: Bundle, folder: Path) -> Artefact:
    """Writes a SavedModel that TensorFlow alone can serve, from Python, C++ or over REST.

    Signatures of a model of texts, each for a batch of any size, empty included:

        serving_default(text)   label, probabilities; also `labels` with several labels per text;
                                `value` only for a regression, here and below; with prediction sets
                                also `set`, with intervals `lower` and `upper`; `known` of a
                                model that tells texts of none of its classes
        explain(text)           tokens, start, end, weights, label, probabilities
        ids(ids)                label, probabilities, weights
        classes()               classes

    and of a model of series:

        serving_default(series) label, probabilities; NaN where a value is missing and behind the
                                last step
        padded(series, lengths) the same
        classes()               classes

    It contains no Python function and no custom operator. Bytes that are not UTF-8 are read as
    U+FFFD.
    """
    scorer = bundle.scorer()
    concrete, notes = scorer.signatures()
    _write(scorer, concrete, bundle.classes, folder)
    return Artefact("savedmodel", folder, tolerance=1e-5, notes=notes)


def export_named(inputs: NamedInputs, folder: Path) -> Artefact:
    """Writes a SavedModel of the inputs by name, with the signatures

        serving_default(...)    label, probabilities; `value` only for a regression
        classes()               classes

    Inputs of one value a row are `(batch,)`.
    """
    scorer = NamedScorer(inputs)
    serve = tf.function(scorer.serve, autograph=False)
    concrete = {"serving_default": serve.get_concrete_function(**scorer.signature())}
    if inputs.classes:
        names = tf.function(scorer.names, [], autograph=False)
        concrete["classes"] = names.get_concrete_function()
    _write(scorer, concrete, inputs.classes, folder)
    return Artefact("savedmodel", folder, tolerance=1e-5)


def _write(scorer: tf.Module, concrete: dict, classes: Sequence[str], folder: Path) -> None:
    nothing_to_train = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    with silence(), _disk_errors(folder):  # TensorFlow logs every lookup table that it saves.
        tf.saved_model.save(scorer, str(folder), signatures=concrete, options=nothing_to_train)
    extras = folder / EXTRAS
    extras.mkdir(exist_ok=True)
    (extras / CLASSES).write_text("\n".join(classes) + "\n", encoding="utf-8")


@contextlib.contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Raises ExportError where TensorFlow cannot write, with the reason it gives."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = str(error.message).strip().splitlines()[-1].rstrip(".")
        raise ExportError(
            f"The SavedModel cannot be written in '{folder.parent}': {reason}. Make room, or "
            "choose another folder."
        ) from error

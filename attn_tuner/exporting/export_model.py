"""Models from other pipelines: looked over, made a Bundle, exported."""

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import check_targets
from attn_tuner.exporting.bundle import Bundle, padded
from attn_tuner.exporting.export import Delivered, deliver
from attn_tuner.exporting.vectorizer_adapters import adapted
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.text.dataset import one_line


def export_model(
    model: keras.Model,
    path,
    vectorizer,
    classes: Sequence[str],
    max_length: int | None = None,
    truncation: str | None = None,
    formats: Sequence[str] | str = ("savedmodel",),
    verify_texts: Sequence[str] | None = None,
    verify_labels: Sequence[int] | None = None,
    card: Mapping | None = None,
    task: str = "",
    **options,
) -> list[Delivered]:
    """Exports a model that was trained in any pipeline, with what it needs to read strings.

    Args:
        model: a Keras model of ids (batch, steps), 0 padding and 1 unknown: one that our
            hypermodel built, or one's own with any of our heads, or with none.
        path: the folder of the artefact; with several formats, the folder of their folders.
        vectorizer: what made the ids: a `text.Vectorizer` or a Keras `TextVectorization`.
        classes: class or label names in the order of the model's outputs, or a dict from each
            output's number to its name; for one sigmoid output, the name of 0 and the name of 1;
            none for a regression.
        max_length: tokens kept of a text. If not given: the model's own limit, else its fixed
            length, else 512.
        truncation: which part of a longer text stays; if not given, what the model does, else
            "head".
        formats: names of exporters.
        verify_texts: texts on which each artefact must give what the model gives.
        verify_labels: their class numbers (0 or 1 for each label, or numbers), for the accuracy
            of a smaller artefact.
        card: facts for the model card: `data`, `scores`, `limits`.
        task: "multilabel" where a text may have several of the classes, "regression" where the
            model gives a number; else one class a text.
        options: `max_size_mb` and `shrink` of `deliver`.

    Raises:
        ExportError: the parts do not fit, or an artefact does not reproduce the model.
    """
    formats = [formats] if isinstance(formats, str) else formats
    check_targets(path, formats)
    bundle = bundle_of(model, vectorizer, classes, max_length, truncation, card, task)
    return deliver(bundle, path, formats, verify_texts, verify_labels, **options)


def bundle_of(
    model: keras.Model, vectorizer, classes, max_length=None, truncation=None, card=None, task=""
) -> Bundle:
    """A Bundle of parts that were not made for each other, or one sentence on why they do not fit.

    Raises:
        ExportError: the model does not read ids, its answer depends on the padding, it has fewer
            rows than the vocabulary has words, or another number of outputs than classes.
    """
    _refuse_other_inputs(model)
    vectorizer = adapted(vectorizer)
    classes = _in_order(classes)
    steps = model.input_shape[1]
    limits, cuts = _cuts_of(model)
    bundle = Bundle(
        vectorizer=vectorizer,
        model=model,
        classes=classes,
        max_length=max_length or (limits if cuts else steps or 512),
        truncation=truncation or cuts or "head",
        card=card or {},
        task=task,
    )
    _refuse_more_words_than_rows(model, len(vectorizer.vocabulary))
    if steps is None:
        _refuse_what_padding_changes(model)
    return bundle


def _in_order(classes) -> list[str]:
    """The names by index, each on one line.

    Raises:
        ExportError: a dict has gaps or other keys than numbers, or a name has a line break.
    """
    if isinstance(classes, Mapping):
        numbers = list(range(len(classes)))
        if not all(number in classes for number in numbers):
            given = ", ".join(map(repr, list(classes)[:10]))
            raise ExportError(
                f"The keys of classes are {given}. They should be the numbers of the model's "
                f"outputs without a gap, 0 to {max(len(classes) - 1, 0)}, each with its name."
            )
        classes = [classes[number] for number in numbers]
    elif isinstance(classes, str | bytes | set | frozenset):
        raise ExportError(
            f"classes is a {type(classes).__name__}. Give a list of names in the order of the "
            "model's outputs."
        )
    names = [str(name) for name in classes]
    broken = next((name for name in names if not one_line(name)), None)
    if broken is not None:
        raise ExportError(
            f"The class name {broken!r} has a line break, and classes.txt has a name in each line. "
            "Give it another name."
        )
    return names


def _cuts_of(model) -> tuple[int | None, str | None]:
    """The limit to which the model itself cuts texts, and how; None where members differ."""
    found = {
        (each.max_length, each.truncation) for each in model.layers if isinstance(each, TokenLimits)
    }
    if len(found) > 1:
        return None, "head"
    return found.pop() if found else (None, None)


def _refuse_other_inputs(model):
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        kind = type(model).__name__
        raise ExportError(
            f"model is a {kind}, whose layers cannot be followed from input to output. Pass a "
            "Functional model, keras.Model(inputs, outputs), or a Sequential that begins with "
            "keras.Input((None,))."
        )
    if len(model.inputs) != 1:
        names = [each.name for each in model.inputs]
        raise ExportError(
            f"The model has {len(names)} inputs, {names}. It should have one: ids (batch, steps)."
        )
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        shapes = [tuple(each.shape) for each in model.outputs]
        raise ExportError(
            f"The model's outputs have the shapes {shapes}. It should give one output, "
            "probabilities (batch, classes); to drop the rest use keras.Model(inputs, output)."
        )
    given = model.inputs[0]
    if given.dtype == "string":
        raise ExportError(
            "The model takes strings already. Pass the part of it that takes ids, and its "
            "TextVectorization layer as vectorizer."
        )
    if len(given.shape) != 2:
        raise ExportError(
            f"The model's input has the shape {tuple(given.shape)}. "
            "It should take ids of the shape (batch, steps)."
        )


def _refuse_more_words_than_rows(model, words: int):
    for layer in model.layers:
        # Behind TokenLimits, or whatever else changes ids, words beyond the rows may be meant.
        reads_ids = isinstance(layer, keras.layers.Embedding) and layer.input is model.inputs[0]
        if reads_ids and layer.input_dim < words:
            raise ExportError(
                f"The vocabulary has {words:,} words, but the model's Embedding has "
                f"{layer.input_dim:,} rows. Pass the vectorizer that the model was trained with."
            )


def _refuse_what_padding_changes(model):
    ids = np.random.default_rng(0).integers(1, 3, (1, 9))
    short, long = (model.predict_on_batch(padded(ids.tolist(), steps)) for steps in (9, 23))
    change = float(
        np.abs(keras.ops.convert_to_numpy(short) - keras.ops.convert_to_numpy(long)).max()
    )
    if change > 1e-4:
        raise ExportError(
            f"Padding changes the model's answer, by {change:.2g} for one text, so it would answer "
            "by what else is in the batch. Pass a mask to its layers (mask=ids != 0), or give it "
            "the fixed length it was trained with: Input((500,))."
        )

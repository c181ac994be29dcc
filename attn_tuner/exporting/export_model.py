"""Exports models from other pipelines, after checking that they fit a Bundle."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import check_targets
from attn_tuner.exporting.bundle import Bundle, pad_ids
from attn_tuner.exporting.export import ExportedArtefact, export_bundle, export_inputs
from attn_tuner.exporting.named_inputs import (
    NamedInputs,
    check_formats,
    takes_named_inputs,
    vectorizers_of,
)
from attn_tuner.exporting.vectorizer_adapters import adapt_vectorizer
from attn_tuner.inputs.dataset import is_single_line
from attn_tuner.layers.token_limits import TokenLimits


def export_model(
    model: keras.Model,
    path: str | Path,
    vectorizer: Any = None,
    classes: Sequence[str] | Mapping[int, str] = (),
    max_length: int | None = None,
    truncation: str | None = None,
    formats: Sequence[str] | str = ("savedmodel",),
    verify_texts: Any = None,
    verify_labels: Sequence[int] | None = None,
    card: Mapping | None = None,
    task: str = "",
    from_logits: bool = False,
    **options: Any,
) -> list[ExportedArtefact]:
    """Exports a model trained in any pipeline, with its vectorizer and class names.

    Args:
        model: `keras.Model` of ids (batch, steps), 0 padding and 1 unknown: from our hypermodel, or
            your own with or without one of our heads. A model with several inputs, or with strings
            as input, becomes a SavedModel that takes its inputs by name.
        path: path of the artefact's folder; with several formats, of the folder that holds them.
        vectorizer: what made the ids: `text.Vectorizer` or Keras `TextVectorization`. Of several
            inputs a dict of the input's name to its vectorizer, or one for all inputs of ids;
            inputs of other values need none.
        classes: sequence of str, names by output index, or a dict of index to name; for one sigmoid
            output the names of 0 and 1; empty for a regression.
        max_length: tokens kept of a text. If not given: the model's own limit, else its fixed
            length, else 512.
        truncation: which part of a longer text stays; if not given, what the model does,
            else "head".
        formats: str or sequence of str, names of exporters.
        verify_texts: list of str, on which each artefact must reproduce the model; of several
            inputs a list of rows, each a dict by the input's name, or a table with these columns.
        verify_labels: class indices of these texts (0 or 1 for each label, or numbers), for the
            accuracy of shrunk artefacts.
        card: mapping for the model card: `data`, `scores`, `limits`.
        task: "multilabel" if a text may have several classes, "regression" if the model gives a
            number; else one class per text.
        from_logits: bool, whether the model ends in logits, to which a softmax or sigmoid is then
            added.
        options: `max_size_mb` and `shrink` of `export_bundle`.

    Raises:
        ExportError: the parts do not fit, or an artefact does not reproduce the model.
    """
    formats = [formats] if isinstance(formats, str) else formats
    check_targets(path, formats)
    if from_logits:
        model = with_probabilities(model, task)
    if takes_named_inputs(model):
        check_formats(formats)
        if options or truncation is not None:
            raise ExportError(
                f"{', '.join(options) or 'truncation'} is for models of one input of ids. Leave it "
                "out."
            )
        _check_output(model)
        names = _class_names(classes)
        given = vectorizers_of(model, vectorizer)
        inputs = NamedInputs(model, given, names, max_length, card or {}, task)
        return export_inputs(inputs, path, verify_texts, verify_labels)
    bundle = make_bundle(model, vectorizer, classes, max_length, truncation, card, task)
    return export_bundle(bundle, path, formats, verify_texts, verify_labels, **options)


def with_probabilities(model: keras.Model, task: str = "") -> keras.Model:
    """Returns the model with a softmax over its logits, or with sigmoids.

    Args:
        model: `keras.Model` that ends in logits `(batch, classes)` or `(batch, 1)`.
        task: "multilabel" for a sigmoid per label.
    """
    _check_functional(model)
    _check_output(model)
    logits = model.outputs[0]
    single = logits.shape[-1] == 1 or task == "multilabel"
    answer = keras.layers.Activation("sigmoid" if single else "softmax", dtype="float32")(logits)
    return keras.Model(model.inputs, answer, name=model.name)


def make_bundle(
    model: keras.Model,
    vectorizer: Any,
    classes: Sequence[str] | Mapping[int, str],
    max_length: int | None = None,
    truncation: str | None = None,
    card: Mapping | None = None,
    task: str = "",
) -> Bundle:
    """Makes a Bundle from parts of another pipeline, if they fit each other.

    Raises:
        ExportError: the model does not read ids, its answer depends on the padding, it has fewer
            rows than the vocabulary has words, or another number of outputs than classes.
    """
    _check_inputs(model)
    vectorizer = adapt_vectorizer(vectorizer)
    classes = _class_names(classes)
    steps = model.input_shape[1]
    limits, cuts = _own_limits(model)
    bundle = Bundle(
        vectorizer=vectorizer,
        model=model,
        classes=classes,
        max_length=max_length or (limits if cuts else steps or 512),
        truncation=truncation or cuts or "head",
        card=card or {},
        task=task,
    )
    _check_vocabulary(model, len(vectorizer.vocabulary))
    if steps is None:
        _check_padding(model)
    return bundle


def _class_names(classes) -> list[str]:
    """Returns the class names by index.

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
    broken = next((name for name in names if not is_single_line(name)), None)
    if broken is not None:
        raise ExportError(
            f"The class name {broken!r} has a line break, but classes.txt has one name per line. "
            "Rename the class."
        )
    return names


def _own_limits(model) -> tuple[int | None, str | None]:
    """Returns length limit and truncation of the model's TokenLimits; None if several differ."""
    found = {
        (each.max_length, each.truncation) for each in model.layers if isinstance(each, TokenLimits)
    }
    if len(found) > 1:
        return None, "head"
    return found.pop() if found else (None, None)


def _check_functional(model):
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        kind = type(model).__name__
        raise ExportError(
            f"model is a {kind}, whose layers are not known from input to output. Pass a "
            "Functional model, keras.Model(inputs, outputs), or a Sequential that begins with "
            "keras.Input((None,))."
        )


def _check_output(model):
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        shapes = [tuple(each.shape) for each in model.outputs]
        raise ExportError(
            f"The model's outputs have the shapes {shapes}. It should give one output, "
            "probabilities (batch, classes); to drop the rest use keras.Model(inputs, output)."
        )


def _check_inputs(model):
    _check_functional(model)
    if takes_named_inputs(model):
        names = [f"{each.name} ({each.dtype})" for each in model.inputs]
        raise ExportError(
            f"The model takes {', '.join(names)}. A bundle holds a model of one input of ids; "
            "export() writes a SavedModel of this one."
        )
    _check_output(model)
    given = model.inputs[0]
    if len(given.shape) != 2:
        raise ExportError(
            f"The model's input has the shape {tuple(given.shape)}. "
            "It should take ids of the shape (batch, steps)."
        )


def _check_vocabulary(model, words: int):
    for layer in model.layers:
        # After TokenLimits, or another layer that changes ids, fewer rows than words suffice.
        reads_ids = isinstance(layer, keras.layers.Embedding) and layer.input is model.inputs[0]
        if reads_ids and layer.input_dim < words:
            raise ExportError(
                f"The vocabulary has {words:,} words, but the model's Embedding has "
                f"{layer.input_dim:,} rows. Pass the vectorizer that the model was trained with."
            )


def _check_padding(model):
    ids = np.random.default_rng(0).integers(1, 3, (1, 9))
    short, long = (model.predict_on_batch(pad_ids(ids.tolist(), steps)) for steps in (9, 23))
    change = float(
        np.abs(keras.ops.convert_to_numpy(short) - keras.ops.convert_to_numpy(long)).max()
    )
    if change > 1e-4:
        raise ExportError(
            f"Padding changes the model's output by {change:.2g} for one text, so the output would "
            "depend on the other texts of a batch. Pass a mask to its layers (mask=ids != 0), or "
            "give it the fixed length it was trained with: Input((500,))."
        )

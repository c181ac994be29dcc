"""Exports models with several inputs, or with strings as input, to a SavedModel.

question, answer: strings, which a vectorizer turns into the ids that the model takes
price:            numbers, as they are
country:          strings, which a layer of the model reads itself
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import pad_ids
from attn_tuner.exporting.bundle_checks import check_outputs
from attn_tuner.exporting.text_card import TextCard
from attn_tuner.exporting.vectorizer_adapters import adapt_vectorizer
from attn_tuner.inputs.kinds import TEXT
from attn_tuner.inputs.truncation import truncate
from attn_tuner.tasks import task_named
from attn_tuner.text.columns.encoder import is_argument

TEXT_DTYPE = "string"
_STEPS = 5  # Of generated sequences, which a batch must have alike.
_LAYERS_OF_STRINGS = (keras.layers.StringLookup, keras.layers.TextVectorization)


@dataclass(frozen=True, eq=False)
class NamedInputs(TextCard):
    """A model of several inputs with what it needs to read strings and to name its answers.

    It has what `export_bundle` and the model card read of a `Bundle`. A row is a dictionary, the
    name of each input to a string or a number; a list of numbers for inputs of several columns.

    Args:
        model: `keras.Model` whose inputs have names.
        vectorizers: by the name of an input, what turns its strings into ids. Other inputs take
            what they are given.
        classes: sequence of str, names of classes or labels by index; empty for a regression.
        max_length: int, tokens kept of a text; None for all.
        card: mapping for the model card.
        task: str, name in `tasks.TASKS`; by the number of classes if not given.

    Raises:
        ExportError: the parts do not fit each other.
    """

    model: keras.Model
    vectorizers: Mapping[str, Any]
    classes: Sequence[str]
    max_length: int | None = None
    card: Mapping = field(default_factory=dict)
    task: str = ""

    truncation = "head"
    steps = None
    input: ClassVar[str] = TEXT.name

    def __post_init__(self):
        object.__setattr__(self, "classes", tuple(self.classes))
        object.__setattr__(self, "task", task_named(self.task, len(self.classes)).name)
        check_outputs(self.task, self.classes, self.model.output_shape[-1])
        names = self.names
        for name in names:
            if not is_argument(name) or [each.lower() for each in names].count(name.lower()) > 1:
                raise ExportError(
                    f"An input of the model is called {name!r}, which cannot name an argument of a "
                    "SavedModel. Give it another of a-z, that differs from the others in more than "
                    "case: keras.Input(..., name='question')."
                )
        strange = sorted(set(self.vectorizers) - set(names))
        if strange:
            raise ExportError(
                f"vectorizer names {strange[0]!r}, but the model's inputs are {', '.join(names)}."
            )
        adapted = {name: adapt_vectorizer(each) for name, each in self.vectorizers.items()}
        object.__setattr__(self, "vectorizers", adapted)
        for each in self.model.inputs:
            no_ids = each.dtype == TEXT_DTYPE or len(each.shape) != 2 or is_column(each)
            if each.name in adapted and no_ids:
                raise ExportError(
                    f"vectorizer names the input {each.name!r}, which takes {each.dtype} of the "
                    f"shape {tuple(each.shape)}, not ids (batch, steps)."
                )

    @property
    def names(self) -> list[str]:
        """Names of the inputs, in the model's order."""
        return [each.name for each in self.model.inputs]

    @property
    def vectorizer(self) -> Any:
        """The vectorizer of the first text."""
        return next(iter(self.vectorizers.values()), None)

    @property
    def used_vocabulary(self) -> list[str]:
        """Tokens that reach the model, of all inputs."""
        return [token for each in self.vectorizers.values() for token in each.vocabulary]

    def predict(self, rows: Sequence[Mapping[str, Any]], batch_size: int = 64) -> np.ndarray:
        """Predicts probabilities `(rows, classes)`, or numbers `(rows, 1)`, in float32."""
        model = one_output(self.model)
        answers = []
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            given = [self._column(each, batch) for each in self.model.inputs]
            answers.append(keras.ops.convert_to_numpy(model(given, training=False)))
        if not answers:
            return np.zeros((0, len(self.classes) or 1), "float32")
        return self.columns(np.concatenate(answers))

    def plain(self, given: Sequence) -> list:
        """Returns rows as JSON has them."""
        return list(given)

    def example(self) -> dict[str, Any]:
        """A row to show how the model is called."""
        return {each.name: self._example(each) for each in self.model.inputs}

    def samples(self, count: int = 16) -> list[dict[str, Any]]:
        """Generates rows of known words and of small numbers."""
        random = np.random.default_rng(0)
        return [
            {each.name: self._sample(each, random, length) for each in self.model.inputs}
            for length in np.geomspace(1, 200, count).astype(int)
        ]

    def _column(self, given, rows):
        values = [row[given.name] for row in rows]
        if given.name in self.vectorizers:
            ids, offsets = self.vectorizers[given.name].encode(values)
            limit = given.shape[1] or self.max_length
            cut = [truncate(each, limit, "head") for each in np.split(ids, offsets[1:-1])]
            padded = pad_ids([each.tolist() for each in cut], given.shape[1])
            return keras.ops.convert_to_tensor(padded, given.dtype)
        if given.dtype == TEXT_DTYPE:
            import tensorflow as tf

            return tf.reshape(tf.constant(values, tf.string), [-1, *given.shape[1:]])
        shape = (len(rows), *given.shape[1:])
        return keras.ops.convert_to_tensor(np.reshape(values, shape), given.dtype)

    def _example(self, given):
        if self.takes_text(given):
            return "a text"
        one = 1.0 if given.dtype.startswith("float") else 1
        return np.full(_free_shape(given), one).tolist()

    def _sample(self, given, random, length):
        if self.takes_text(given):
            words = [word for word in self._words(given.name) if word.strip()] or ["word"]
            return " ".join(random.choice(words, length))
        shape = _free_shape(given)
        if given.dtype.startswith("float"):
            return random.normal(size=shape).round(3).tolist()
        return random.integers(0, 2, shape).tolist()

    def _words(self, name) -> list[str]:
        if name in self.vectorizers:
            return list(self.vectorizers[name].vocabulary[2:])
        layers = (each for each in all_layers(self.model) if isinstance(each, _LAYERS_OF_STRINGS))
        return [str(token) for each in layers for token in each.get_vocabulary()[1:]]

    def takes_text(self, given: Any) -> bool:
        """Whether this input of the model is given a string a row."""
        return given.name in self.vectorizers or given.dtype == TEXT_DTYPE


def is_column(given: Any) -> bool:
    """Whether an input takes one value a row, `(batch,)` or `(batch, 1)`."""
    return tuple(given.shape[1:]) in ((), (1,))


def _free_shape(given) -> tuple[int, ...]:
    """The shape of a row, with a number in the place of a length that is free."""
    return () if is_column(given) else tuple(size or _STEPS for size in given.shape[1:])


def one_output(model: keras.Model) -> keras.Model:
    """Returns the model with its inputs as a list, however it was made."""
    return keras.Model(model.inputs, model.outputs[0])


def all_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Lists the layers of a model, those of nested models included."""
    found = []
    for layer in model.layers:
        found += all_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def rows_of(given: Any, inputs: NamedInputs) -> list[dict[str, Any]]:
    """Converts what an export is verified on to rows.

    Args:
        given: rows, a table of columns by name, or a list of strings for a model of one input;
            None generates rows.
        inputs: the model.

    Raises:
        ExportError: a row lacks an input.
    """
    if given is None:
        return inputs.samples()
    if hasattr(given, "to_dict"):
        given = given.to_dict("list")
    if isinstance(given, Mapping):
        columns = {name: list(given.get(name, ())) for name in inputs.names}
        values = zip(*columns.values(), strict=False)
        given = [dict(zip(columns, row, strict=True)) for row in values]
    if len(inputs.names) == 1:
        name = inputs.names[0]
        given = [row if isinstance(row, Mapping) else {name: row} for row in given]
    rows = []
    for row in given:
        lacking = [name for name in inputs.names if name not in row]
        if lacking:
            raise ExportError(
                f"verify_texts has a row without {', '.join(lacking)}. A row is a dictionary of "
                f"{', '.join(inputs.names)}."
            )
        rows.append({name: _plain(row[name]) for name in inputs.names})
    return rows


def _plain(value):
    return value.tolist() if hasattr(value, "tolist") else value


def takes_named_inputs(model: Any) -> bool:
    """Whether a model has several inputs, or one of strings."""
    given = getattr(model, "inputs", None) or ()
    return len(given) > 1 or any(each.dtype == TEXT_DTYPE for each in given)


def vectorizers_of(model: keras.Model, given: Any) -> dict[str, Any]:
    """Returns the vectorizers by input: those given by name, or one for all inputs of ids."""
    if given is None or isinstance(given, Mapping):
        return dict(given or {})
    of_ids = [
        each.name
        for each in model.inputs
        if each.dtype.startswith("int") and len(each.shape) == 2 and not is_column(each)
    ]
    if not of_ids:
        raise ExportError(
            "A vectorizer is given, but no input of the model takes ids (batch, steps). Leave it "
            "out: the model reads strings itself."
        )
    return dict.fromkeys(of_ids, given)


def check_formats(formats: Sequence[str]) -> None:
    """Raises ExportError unless a model of several inputs can be written in the formats."""
    others = [name for name in formats if name != "savedmodel"]
    if others:
        raise ExportError(
            f"The format {others[0]} takes a model of one input of ids. A model with several "
            "inputs, or with strings as input, is exported as savedmodel only."
        )
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            "A model with several inputs is exported under TensorFlow. Save it as a .keras file, "
            "load it in a process with KERAS_BACKEND=tensorflow, and export it there."
        )

"""A user's own KerasTuner hypermodel in the place of ours, for a search of this package."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import keras_tuner
from keras_tuner.engine import hyperparameters as kinds

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.space import Choice, Float, Int, SearchSpace
from attn_tuner.space.space_hypermodel import SpaceHyperModel
from attn_tuner.tasks import task_named

BATCH_SIZES = (32, 64, 128)
_MOST_BUILDS = 100  # To see what is declared under which values.
_MOST_VALUES = 1_000  # Of a logarithmic dimension with a factor for a step.


class OwnHyperModel(SpaceHyperModel):
    """Searches what a user's `build(hp)` declares, besides what every search chooses.

    Its dimensions all count in every trial, those under a condition too. A name is that of the
    hyperparameter, with `_` in the place of dots and slashes.

    Args:
        build: function of `keras_tuner.HyperParameters` that returns a compiled model of ids
            `(batch, steps)`, 0 padding and 1 unknown. Its output is as that of
            `AttentionHyperModel`: probabilities, or a number.
        space: `SearchSpace` of how texts are read and trained on, `reading_space`. Of a dimension
            that `build` declares too, what stands here counts.
        vocabulary_size: ids in the data, padding and unknown included.
        classes: number of classes or labels.
        training_texts: texts of an epoch.
        task: name in `tasks.TASKS`; None for classes.

    Raises:
        SpaceError: what `build` returns cannot be trained by this package.
    """

    def __init__(
        self,
        build: Callable[[keras_tuner.HyperParameters], keras.Model],
        space: SearchSpace,
        *,
        vocabulary_size: int,
        classes: int,
        training_texts: int,
        task: str | None = None,
    ):
        super().__init__(name="own")
        self._build = build
        self.vocabulary_size, self.training_texts = vocabulary_size, training_texts
        self.outputs = task_named(task, classes).outputs(classes)
        declared = {_plain(hp.name): hp for hp in _declared(build)}
        self._names = {name: hp.name for name, hp in declared.items()}
        own = {name: _dimension(hp) for name, hp in declared.items() if name not in space}
        self.space = SearchSpace({**own, **dict(space)})

    def model(self, values: Mapping[str, Any]) -> keras.Model:
        """A compiled model of these values, by name; absent ones take their default."""
        values = {**self.space.defaults(), **values}
        hp = keras_tuner.HyperParameters()
        hp.values = {own: values[name] for name, own in self._names.items() if name in values}
        model = self._build(hp)
        self._check(model)
        # A resume point's optimiser state is skipped by Keras unless there are variables for it.
        model.optimizer.build(model.trainable_variables)
        return model

    def _check(self, model):
        if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
            raise SpaceError(
                f"hypermodel built a {type(model).__name__}. It should build a Functional model, "
                "or a Sequential that begins with keras.Input((None,))."
            )
        shapes = [tuple(each.shape) for each in model.inputs]
        if shapes != [(None, None)] or model.inputs[0].dtype == "string":
            raise SpaceError(
                f"hypermodel built a model of inputs {shapes}. It should take one batch of ids of "
                "any length: keras.Input((None,), dtype='int32')."
            )
        if getattr(model, "optimizer", None) is None:
            raise SpaceError("hypermodel built a model that is not compiled. Call compile().")
        found = [tuple(each.shape) for each in model.outputs]
        if found != [(None, self.outputs)]:
            raise SpaceError(
                f"hypermodel built a model of outputs {found}; these data need (None, "
                f"{self.outputs})."
            )
        for layer in model.layers:
            reads_ids = isinstance(layer, keras.layers.Embedding) and layer.input is model.inputs[0]
            if reads_ids and layer.input_dim < self.vocabulary_size:
                raise SpaceError(
                    f"hypermodel built an Embedding of {layer.input_dim:,} rows, and the "
                    f"vocabulary has {self.vocabulary_size:,} words. Give a function of the "
                    "vocabulary's size and the number of classes that makes the hypermodel."
                )


def own_hypermodel(
    given: Any,
    space: SearchSpace,
    *,
    vocabulary_size: int,
    classes: int,
    training_texts: int,
    task: str | None = None,
    **options: Any,
) -> AttentionHyperModel | OwnHyperModel:
    """Makes the hypermodel of a search from what its caller gave.

    Args:
        given: `keras_tuner.HyperModel`, or a function of the vocabulary's size and the number of
            classes that returns one, such as a subclass of `AttentionHyperModel`.
        space: `SearchSpace` for these data.
        vocabulary_size, classes, training_texts, task: of the data.
        options: further arguments of `AttentionHyperModel`.

    Raises:
        SpaceError: it is none of these.
    """
    facts = {"training_texts": training_texts, "task": task}
    if isinstance(given, type) and issubclass(given, AttentionHyperModel):
        return given(vocabulary_size, classes, space=space, **facts, **options)
    made = given if isinstance(given, keras_tuner.HyperModel) else given(vocabulary_size, classes)
    if not isinstance(made, keras_tuner.HyperModel):
        raise SpaceError(
            f"hypermodel gave a {type(made).__name__}; it should give a keras_tuner.HyperModel."
        )
    return OwnHyperModel(
        made.build, space, vocabulary_size=vocabulary_size, classes=classes, **facts
    )


def reading_space(
    lengths: Sequence[int], vocabulary_size: int, epochs: Sequence[int]
) -> SearchSpace:
    """The dimensions of a search whose model is the user's: how texts are read and trained on.

    Args:
        lengths: limits worth trying, in tokens; the longest is taken.
        vocabulary_size: ids in the data.
        epochs: how long a trial may train.
    """
    return SearchSpace(
        vocabulary_size=Choice((vocabulary_size,)),
        max_length=Choice((max(lengths),)),
        truncation=Choice(("ends",)),
        batch_size=Choice(BATCH_SIZES, default=64),
        epochs=Choice(tuple(epochs), default=max(epochs)),
    )


def _declared(build) -> list:
    """Every hyperparameter that `build` declares under some value of another.

    Each value of a choice and the greatest of a number is tried, with those by which it came to be
    declared: what stands behind an `if`, in a loop or under a condition is found.
    """
    found: dict[str, Any] = {}
    waiting: list[dict] = [{}]
    for values in waiting:
        hp = keras_tuner.HyperParameters()
        hp.values = dict(values)
        build(hp)
        new = [each for each in hp.space if each.name not in found]
        found |= {each.name: each for each in new}
        closed = [{each.name: each.values[0] for each in scope} for scope in hp.inactive_scopes]
        tried = [{**values, each.name: value} for each in new for value in _values(each)]
        for each in (*closed, *tried):
            if each not in waiting and len(waiting) < _MOST_BUILDS:
                waiting.append(each)  # The loop comes to it.
    return list(found.values())


def _values(hp) -> list:
    """The values of a hyperparameter under which others may be declared, but its default."""
    several = isinstance(hp, kinds.Choice | kinds.Boolean)
    found = list(hp.values) if several else [hp.max_value] if isinstance(hp, kinds.Int) else []
    return [each for each in found if each != hp.default]


def _plain(name: str) -> str:
    return re.sub(r"[./]", "_", name)


def _dimension(hp) -> Choice | Int | Float:
    if isinstance(hp, kinds.Boolean):
        return Choice((False, True), default=hp.default)
    if isinstance(hp, kinds.Choice | kinds.Fixed):
        return Choice(tuple(hp.values), default=hp.default)
    log, kind = hp.sampling == "log", Int if isinstance(hp, kinds.Int) else Float
    if log and hp.step is not None:  # KerasTuner multiplies by such a step.
        return Choice(_multiplied(hp), default=hp.default)
    step = {} if hp.step is None else {"step": hp.step}
    return kind(hp.min_value, hp.max_value, **step, log=log, default=hp.default)


def _multiplied(hp) -> tuple:
    values = [hp.min_value]
    while values[-1] * hp.step <= hp.max_value and len(values) < _MOST_VALUES:
        values.append(values[-1] * hp.step)
    return tuple(values)

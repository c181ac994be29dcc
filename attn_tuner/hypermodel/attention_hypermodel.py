"""The hypermodel of texts and series, for any KerasTuner tuner."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import keras_tuner
import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel.answer_layers import answer
from attn_tuner.hypermodel.argument_checks import (
    check_branch,
    check_input,
    check_loss,
    class_names,
    takes_one_hot,
)
from attn_tuner.hypermodel.compilation import Compilation, is_loss_of
from attn_tuner.hypermodel.context_layers import ContextLayers
from attn_tuner.hypermodel.input_layers import InputLayers, model_inputs
from attn_tuner.hypermodel.layer_names import NAME, LayerNames
from attn_tuner.model_space import EMBEDDING_INITS, REGION_SIZES, default_space, series_space
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.space import Choice, SearchSpace
from attn_tuner.space.kerastuner import declare, value_of
from attn_tuner.space.space_hypermodel import SpaceHyperModel, checked_space
from attn_tuner.tasks import Task, task_named
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.subwords import PartTables
from attn_tuner.training.adversarial import ExtraLosses, RegularizedModel
from attn_tuner.training.fit_data import Expected, in_memory
from attn_tuner.training.named_metrics import metrics_of

FIT_ARGUMENTS = ("x", "y", "batch_size", "epochs")  # Of `keras.Model.fit`, in its order.


class AttentionHyperModel(SpaceHyperModel):
    """Embedding -> recurrent encoder -> attention head -> Dense, for any KerasTuner tuner.

        model = AttentionHyperModel(vocabulary_size=20_000, classes=2)
        tuner = keras_tuner.Hyperband(model, "val_accuracy", max_epochs=9)

    Inputs are padded integer ids `(batch, steps)`, 0 is padding and 1 unknown; with `features`
    they are numeric sequences `(batch, steps, features)`, where a step of zeros is padding; with
    `scaler` as well they are raw numbers, NaN where one is missing and behind the last step.
    Targets are class numbers, or one-hot. The output is `(batch, 1)` probabilities of class 1 for
    two classes, `(batch, classes)` probabilities for more. With `task` targets are a 0/1 matrix
    and the output a probability for each label, or targets are numbers and so is the output,
    `(batch, 1)`.

    Args:
        vocabulary_size: ids in the data, padding and unknown included.
        classes: number of classes or labels, at least 2; or their names, of which targets may then
            consist.
        space: what to search; see `default_space`.
        features: width of numeric sequences that take the place of ids.
        scaler: `series.SeriesScaler` of the training series. The model then scales its input, and
            its space is `model_space.series_space`, with `max_length` and `truncation`.
        vectors: `(vocabulary_size, width)` word vectors, width at least the largest
            `embedding_dim`, their columns by falling importance. With them the default space has
            the dimension `embedding_init`: whether the embedding begins with them or at random.
        region_vectors: `(vocabulary_size, REGION_DIM)` word vectors that regions add up, see
            `RegionSum`. With them the default space has the dimension `region_size`. A space that
            has it without them adds up `vectors`.
        columns: `ColumnEncoder` of the columns beside the texts. Inputs are then `[ids, columns]`,
            columns as its `read` makes them. They join the output of the head before the hidden
            layers.
        parts: `Vectorizer.subwords.tables`, the parts of the words of the vocabulary, for models
            whose `tokens` are "word+subword"; see `SubwordEmbedding`. Ids then are those of
            `Vectorizer.padded(texts, subwords=True)`.
        training_texts: texts of an epoch. Known, and with `epochs` in the space, the learning rate
            rises and falls over the whole training; else it is constant.
        task: "multilabel", "regression", "forecast" or "quantiles"; None for classes. Of the last
            two `classes` is the number of outputs.
        scale: mean and standard deviation of the targets of a regression: the model learns their
            distance from the mean in standard deviations, whatever their unit.
        loss: str or `keras.losses.Loss` in place of the task's own. Targets then reach it as they
            are, but for names of classes, which become numbers, or one-hot rows for a loss of
            Keras that takes these.
        metrics: list in place of the task's own. Besides Keras' names and objects "f1_macro",
            "f1_micro" and "auc", which take class numbers; a tuner's objective is then
            "val_f1_macro".
        optimizer: str, `keras.optimizers.Optimizer` or a function of a learning rate, in place of
            `RowAdamW`. A name is given the learning rate of the space; an optimizer is copied and
            keeps its own.
        seed: start of the weights and of dropout; None leaves them to Keras.
        include_top: False leaves the model uncompiled, for `Tuner(optimizer=, loss=, metrics=)`.
        name, tunable: as in `keras_tuner.HyperModel`. With a name of your own the names of inputs
            and layers begin with it, so that two models stand in one.

    Raises:
        SpaceError: for fewer than 2 classes, a vocabulary under 3 or a space that lacks a
            dimension of the model.
    """

    def __init__(
        self,
        vocabulary_size: int = 20_000,
        classes: int | Sequence[str] = 2,
        *,
        space: SearchSpace | None = None,
        features: int | None = None,
        scaler: SeriesScaler | None = None,
        columns: ColumnEncoder | None = None,
        vectors: np.ndarray | None = None,
        region_vectors: np.ndarray | None = None,
        parts: PartTables | None = None,
        training_texts: int | None = None,
        task: str | None = None,
        scale: tuple[float, float] = (0.0, 1.0),
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        optimizer: Any = None,
        seed: int | None = None,
        include_top: bool = True,
        name: str = NAME,
        tunable: bool = True,
    ):
        super().__init__(name=name, tunable=tunable)
        self.task_name = task
        self.class_names = None if isinstance(classes, int | np.integer) else class_names(classes)
        classes = classes if self.class_names is None else len(self.class_names)
        if classes < 2 and task_named(task, classes).kind != "number":
            raise SpaceError(f"A classifier needs at least 2 classes; got classes={classes}.")
        check_input(vocabulary_size, features, scaler, columns, vectors, region_vectors)
        self.vocabulary_size = int(vocabulary_size)
        self.classes = int(classes)
        self.scale = tuple(float(each) for each in scale)
        self.feature_width = features
        self.scaler = scaler
        self.columns = columns
        self.own_loss, self.metrics, self.optimizer = loss, metrics, optimizer
        if loss is not None:
            check_loss(loss, self.task)
        metrics_of(metrics, self.task, self.classes)
        self.seed = seed
        self.include_top = include_top
        self.vectors = vectors
        self.region_vectors = region_vectors
        self.parts = parts
        self.training_texts = training_texts
        if scaler is not None:
            standard = series_space()
        else:
            standard = default_space(self.vocabulary_size if features is None else None)
        self.space = checked_space(space, standard)
        if space is None and vectors is not None:
            self.space = self.space.extend(embedding_init=Choice(EMBEDDING_INITS))
        if space is None and region_vectors is not None:
            self.space = self.space.extend(region_size=Choice(REGION_SIZES))

    def model(self, values: Mapping[str, Any]) -> keras.Model:
        """A compiled Functional model of these values, by path; absent ones take their default."""
        values = {**self.space.defaults(), **values}
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        named = LayerNames(self.name)
        inputs, beside = model_inputs(self.feature_width, self.columns, named)
        context, boundary = self._features(values, inputs, named, beside)
        answers = answer(context, self.task, self.classes, self.scale, named)
        given = inputs if beside is None else [inputs, beside]
        extra = ExtraLosses.of(values) if self.include_top else ExtraLosses()
        compilation = self._compilation(values)
        if extra:
            model = RegularizedModel(given, answers, name=self.name)
            compilation.regularize(model, boundary, extra)
        else:
            model = keras.Model(given, answers, name=self.name)
        if self.include_top:
            compilation.compile(model)
        else:
            model.optimizer = model.loss = None  # A tuner reads both before it compiles.
        return model

    def features(self, hp: keras_tuner.HyperParameters, inputs: Any) -> Any:
        """What the last layer of a model reads, `(batch, width)`: a branch of your own model.

            question = keras.Input((None,), dtype="int32", name="question")
            context = AttentionHyperModel(20_000, name="question").features(hp, question)

        Embedding, encoder, head and hidden layers of the values in `hp`, behind `inputs`. The
        names of the layers begin with that of the hypermodel, so give each branch a name of its
        own. Branches have the same values, unless each is made under a `hp.name_scope` of its own.

        Args:
            hp: `keras_tuner.HyperParameters`, on which the space is declared.
            inputs: symbolic tensor of ids `(batch, steps)`; `(batch, steps, features)` where the
                hypermodel was made with `features`.

        Raises:
            SpaceError: inputs have another shape, or the hypermodel was made with `columns`.
        """
        check_branch(self.name, self.feature_width, self.columns, tuple(inputs.shape))
        values = {**self.space.defaults(), **declare(hp, self.space)}
        return self._features(values, inputs, LayerNames(self.name, True))[0]

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any
    ) -> Any:
        """`model.fit` with the batch size of `hp`, where the caller names none and data has none.

        `epochs` is filled in likewise if the space was extended with it. Lists of ids are padded,
        and one-hot targets of classes become class numbers.

        Raises:
            UnfitData: the model cannot be trained on these data; a KerasTuner search ends with it.
        """
        given = {**dict(zip(FIT_ARGUMENTS, args, strict=False)), **kwargs}
        given = self._expected(model).checked(given)
        args = (*(given[name] for name, _ in zip(FIT_ARGUMENTS, args, strict=False)), *args[4:])
        kwargs = {name: given[name] for name in kwargs}
        if in_memory(given.get("x")) and "batch_size" not in given:
            kwargs["batch_size"] = int(value_of(hp, "batch_size", 32))
        if "epochs" in self.space and "epochs" not in given:
            kwargs["epochs"] = int(value_of(hp, "epochs", 1))
        return model.fit(*args, **kwargs)

    def _expected(self, model: keras.Model) -> Expected:
        # A tuner's own loss may want other targets, and so may a subclass's.
        loss = getattr(model, "loss", self.task.loss)
        ours = is_loss_of(self.task, loss)
        return Expected(
            self.vocabulary_size if self.parts is None else self.parts.id_limit,
            self.classes,
            self.task,
            self.feature_width,
            self.include_top and ours,
            self.class_names,
            self.scaler is not None,
            takes_one_hot(loss),
        )

    def _features(
        self, values: Mapping[str, Any], inputs: Any, named: LayerNames, beside: Any = None
    ) -> tuple[Any, list]:
        """The vector that the last layer reads, and the tensors from which all of it is made."""
        layers = InputLayers(
            values,
            named,
            self.vocabulary_size,
            self.feature_width,
            self.scaler,
            self.vectors,
            self.region_vectors,
            self.parts,
            self.seed or 0,
        )
        words, ids, mask = layers.embed(inputs)
        context = ContextLayers(self.space, values, named, self.columns)
        return context.read(words, ids, mask, beside, layers.regions(ids, mask))

    def _compilation(self, values: Mapping[str, Any]) -> Compilation:
        return Compilation(
            values,
            self.task,
            self.classes,
            self.scale,
            self.own_loss,
            self.metrics,
            self.optimizer,
            self.training_texts,
            self.vectors is not None,
            self.seed,
        )

    @property
    def task(self) -> Task:
        """What the model answers; of classes it follows from how many there are."""
        return task_named(self.task_name, self.classes)

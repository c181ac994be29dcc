"""A point of the search space becomes a compiled Keras model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import keras_tuner
import numpy as np
from keras import ops

from attn_tuner.attention import heads
from attn_tuner.encoding import Projection
from attn_tuner.errors import SpaceError
from attn_tuner.layers.column_features import ColumnFeatures
from attn_tuner.layers.downsampling import Downsampling
from attn_tuner.layers.hashed_ngrams import LengthScale, NGramIds, NGramSum
from attn_tuner.layers.prepared_series import prepared_series
from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepLimit, StepMask
from attn_tuner.layers.sorted_quantiles import SortedQuantiles
from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.layers.token_limits import TextMask, TokenLimits, reading_of
from attn_tuner.model_space import NGRAM_DIM, NO_SECOND_HEAD, default_space, series_space
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.space import SearchSpace, assemble
from attn_tuner.space.kerastuner import declare, value_of
from attn_tuner.space.space_hypermodel import SpaceHyperModel, checked_space
from attn_tuner.tasks import Task, task_named
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.subwords import PartTables, reads_subwords
from attn_tuner.training.adversarial import ExtraLosses, PerturbedLosses, RegularizedModel
from attn_tuner.training.fit_data import Expected, in_memory
from attn_tuner.training.losses import PinballLoss, SmoothedCrossentropy, loss_of
from attn_tuner.training.named_metrics import metrics_of
from attn_tuner.training.row_adamw import RowAdamW
from attn_tuner.training.schedules import ema_momentum, rate_for, warmed_cosine

NAME = "attention_classifier"  # Layers of a hypermodel of another name begin with that name.
# See `NGramSum`. Between 1 and 4, the best by validation on IMDb and on TREC.
NGRAM_GAIN = 2.0
COLUMN_UNITS = 64  # Of the hidden layer that reads the columns beside texts.
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
            `embedding_dim`, their columns by falling importance. With them the space has the
            dimension `embedding_init`: whether the embedding begins with them or at random.
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
            are, but for names of classes, which become numbers.
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
        self.class_names = None if isinstance(classes, int | np.integer) else _names(classes)
        classes = classes if self.class_names is None else len(self.class_names)
        if classes < 2 and task_named(task, classes).kind != "number":
            raise SpaceError(f"A classifier needs at least 2 classes; got classes={classes}.")
        if vocabulary_size < 3:
            raise SpaceError(
                f"vocabulary_size={vocabulary_size} leaves no word besides padding and unknown; "
                "give at least 3."
            )
        if scaler is not None and features != scaler.width:
            raise SpaceError(
                f"features={features} and the scaler has {scaler.width} features. Give "
                f"features={scaler.width}."
            )
        if features is not None and features < 1:
            raise SpaceError(f"Numeric sequences need at least 1 feature; got features={features}.")
        if features is not None and columns is not None:
            raise SpaceError("columns are read beside texts, and features= takes series. Give one.")
        if vectors is not None and len(vectors) != vocabulary_size:
            raise SpaceError(
                f"vectors has {len(vectors)} rows and the vocabulary {vocabulary_size} words; give "
                "one row a word."
            )
        self.vocabulary_size = int(vocabulary_size)
        self.classes = int(classes)
        self.scale = tuple(float(each) for each in scale)
        self.feature_width = features
        self.scaler = scaler
        self.columns = columns
        self.own_loss, self.metrics, self.optimizer = loss, metrics, optimizer
        if loss is not None:
            self._check_loss(loss)
        metrics_of(metrics, self.task, self.classes)
        self.seed = seed
        self.include_top = include_top
        self.vectors = vectors
        self.parts = parts
        self.training_texts = training_texts
        if scaler is not None:
            standard = series_space()
        else:
            standard = default_space(self.vocabulary_size if features is None else None)
        self.space = checked_space(space, standard)

    def model(self, values: Mapping[str, Any]) -> keras.Model:
        """A compiled Functional model of these values, by path; absent ones take their default."""
        values = {**self.space.defaults(), **values}
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        if self.feature_width is not None:
            inputs = keras.Input((None, self.feature_width), **self._named("features", True))
        else:
            inputs = keras.Input((None,), dtype="int32", **self._named("ids", True))
        given, beside = inputs, None
        if self.columns is not None:
            beside = keras.Input((len(self.columns.names),), **self._named("columns", True))
            given = [inputs, beside]
        context, boundary = self._features(values, inputs, self._named, beside)
        answers = self._classify(context)
        extra = ExtraLosses.of(values) if self.include_top else ExtraLosses()
        kind = RegularizedModel if extra else keras.Model
        model = kind(given, answers, name=self.name)
        if extra:
            model.regularize(self._extra_losses(extra, model, boundary, values))
        if self.include_top:
            self._compile(model, values)
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
        if self.columns is not None:
            raise SpaceError(
                "features() makes a branch of one input. Make the hypermodel without columns, and "
                "join them to the branch in your own model."
            )
        shape = tuple(inputs.shape)
        wanted = (None,) if self.feature_width is None else (None, self.feature_width)
        if len(shape) != 1 + len(wanted) or shape[2:] != wanted[1:]:
            raise SpaceError(
                f"inputs have the shape {shape}; features() of '{self.name}' takes "
                f"{(None, *wanted)}: keras.Input({wanted})."
            )
        values = {**self.space.defaults(), **declare(hp, self.space)}
        return self._features(values, inputs, self._prefixed)[0]

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
        loss = getattr(model, "loss", self.task.loss)
        # A tuner's own loss may want other targets, and so may a subclass's.
        own = (SmoothedCrossentropy, PinballLoss, keras.losses.BinaryCrossentropy)
        ours = isinstance(loss, own) or (isinstance(loss, str) and loss == self.task.loss)
        return Expected(
            self.vocabulary_size if self.parts is None else self.parts.id_limit,
            self.classes,
            self.task,
            self.feature_width,
            self.include_top and ours,
            self.class_names,
            self.scaler is not None,
        )

    def _prefixed(self, name: str, always: bool = False) -> dict:
        """The argument that names a layer after the hypermodel."""
        return {"name": f"{self.name}_{name}"}

    def _named(self, name: str, always: bool = False) -> dict:
        """The argument that names a layer; of most layers none, where the name is ours."""
        if self.name != NAME:
            return self._prefixed(name)
        return {"name": name} if always else {}

    def _features(
        self, values: Mapping[str, Any], inputs: Any, named: Callable[..., dict], beside: Any = None
    ) -> tuple[Any, list]:
        """The vector that the last layer reads; embedded words, mask and others that make it."""
        words, ids, mask = self._embed(values, inputs, named)
        boundary = [words, mask]
        dropout = keras.layers.SpatialDropout1D(
            values["spatial_dropout"], **named("spatial_dropout")
        )
        embedded = dropout(words)
        encoder = assemble(self.space["encoder"], "encoder", values, **named("encoder"))
        states = encoder(embedded, mask=mask)
        states = keras.layers.Dropout(values["encoder_dropout"], **named("encoder_dropout"))(states)
        if values["layer_norm"]:
            states = keras.layers.LayerNormalization(**named("layer_norm", True))(states)
        head = assemble(self.space["head"], "head", values, **named("head"))
        context = head(states, mask=mask)
        if values["second_head"] != NO_SECOND_HEAD:
            second = heads[values["second_head"]](**named("second_head", True))(states, mask=mask)
            side_by_side = keras.layers.Concatenate(**named("side_by_side", True))
            context = side_by_side([context, second])
        if ids is not None and values["hashed_ngrams"] > 1:
            summed = self._ngrams(values, ids, named)
            boundary.append(summed)
            ngrams = self._ngram_mean(values, summed, mask, named)
            context = keras.layers.Concatenate(**named("with_ngrams", True))([context, ngrams])
        if self.columns is not None:
            columns = self._read_columns(self.columns, beside, named)
            boundary.append(columns)
            context = keras.layers.Concatenate(**named("with_columns", True))([context, columns])
        for number in range(values["dense_layers"]):
            dropout = keras.layers.Dropout(values["dropout"], **named(f"dropout_{number}"))
            dense = keras.layers.Dense(
                values["dense_units"], activation="relu", **named(f"dense_{number}")
            )
            context = dense(dropout(context))
        context = keras.layers.Dropout(values["dropout"], **named("dropout"))(context)
        return context, boundary

    def _embed(
        self, values: Mapping[str, Any], inputs: Any, named: Callable[..., dict]
    ) -> tuple[Any, Any, Any]:
        """The embedded steps, the ids (None for numeric sequences), and the mask."""
        ids = None
        if self.scaler is not None:
            embedded, mask = self._scaled(self.scaler, values, inputs, named)
        elif self.feature_width is not None:
            mask = TextMask(**named("mask", True))(inputs)
            projection = Projection(values["embedding_dim"], **named("projection", True))
            embedded = projection(inputs, mask=mask)
        else:
            words = min(values["vocabulary_size"], self.vocabulary_size)
            limits = TokenLimits(
                words,
                values["max_length"],
                values["truncation"],
                values["word_dropout"],
                seed=self.seed or 0,
                **named("limits", True),
            )
            ids = limits(inputs)
            mask = TextMask(**named("mask", True))(ids)
            embedded = self._table(ids, words, values, named)
            if reads_subwords(values):
                embedded = self._with_parts(embedded, inputs, values, named)
        return embedded, ids, mask

    def _scaled(
        self,
        scaler: SeriesScaler,
        values: Mapping[str, Any],
        inputs: Any,
        named: Callable[..., dict],
    ) -> tuple[Any, Any]:
        """The projected steps of raw series, cut, scaled and prepared, and their mask."""
        reading = reading_of(values)
        limit = StepLimit(reading["max_length"], reading["truncation"], **named("limits", True))
        scaling = StandardizedSteps(scaler.mean, scaler.deviation, **named("scaling", True))
        steps = scaling(limit(inputs))
        # Behind the scaling: the mean of large numbers that differ little would be rounded.
        if values["downsampling"] != 1:
            steps = Downsampling(values["downsampling"], **named("downsampling", True))(steps)
        mask = StepMask(**named("mask", True))(steps)
        prepared = prepared_series(steps, mask, values, self.seed or 0, named)
        filled = FilledSteps(scaler.missing, **named("filled", True))(prepared, mask)
        # Not normalised: of a single feature that would leave the sign alone.
        projection = Projection(
            values["embedding_dim"], normalize=False, **named("projection", True)
        )
        return projection(filled, mask=mask), mask

    def _read_columns(self, columns: ColumnEncoder, beside: Any, named: Callable[..., dict]) -> Any:
        """What a hidden layer makes of the columns beside texts, `(batch, COLUMN_UNITS)`."""
        features = ColumnFeatures.of(columns, **named("column_features", True))(beside)
        # Many units share what a column says: one alone learns slowly, and dropout may hide it.
        hidden = keras.layers.Dense(
            COLUMN_UNITS,
            activation="relu",
            kernel_initializer="he_normal",
            **named("columns_dense", True),
        )
        return hidden(features)

    def _ngrams(self, values: Mapping[str, Any], ids: Any, named: Callable[..., dict]) -> Any:
        """The sums of the vectors of the n-grams at each token, `(batch, steps, NGRAM_DIM)`."""
        buckets = values["ngram_buckets"]
        hashed = NGramIds(buckets, values["hashed_ngrams"], **named("ngram_ids", True))(ids)
        table = keras.layers.Embedding(
            buckets,
            NGRAM_DIM,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.01),
            **named("ngram_embedding", True),
        )
        return NGramSum(NGRAM_GAIN, **named("ngram_sum", True))([table(hashed), hashed])

    def _ngram_mean(
        self, values: Mapping[str, Any], summed: Any, mask: Any, named: Callable[..., dict]
    ) -> Any:
        """The vectors of the n-grams, averaged, of long texts scaled, `(batch, NGRAM_DIM)`."""
        dropout = keras.layers.SpatialDropout1D(
            values["spatial_dropout"], **named("ngram_dropout", True)
        )
        mean = heads["mean"](**named("ngram_mean", True))(dropout(summed), mask=mask)
        return LengthScale(**named("ngram_scale", True))([mean, mask])

    def _table(
        self, ids: Any, rows: Any, values: Mapping[str, Any], named: Callable[..., dict]
    ) -> Any:
        width = values["embedding_dim"]
        table = keras.layers.Embedding(rows, width, **named("embedding", True))
        embedded = table(ids)
        if self.vectors is not None and values.get("embedding_init") == "word_vectors":
            if width > self.vectors.shape[1]:
                raise SpaceError(
                    f"embedding_dim={width} is wider than the word vectors, which have "
                    f"{self.vectors.shape[1]} columns."
                )
            # Not by an initializer: the saved model's configuration would hold every number.
            table.embeddings.assign(self.vectors[:rows, :width])
        return embedded

    def _with_parts(
        self, embedded: Any, inputs: Any, values: Mapping[str, Any], named: Callable[..., dict]
    ) -> Any:
        """The vectors of words with those of their parts, which word dropout leaves."""
        if self.parts is None:
            raise SpaceError(
                "tokens='word+subword' needs the parts of the words. Give AttentionHyperModel("
                "parts=vectorizer.subwords.tables)."
            )
        limits = TokenLimits(
            None, values["max_length"], values["truncation"], **named("subword_limits", True)
        )
        ids = limits(inputs)
        layer = SubwordEmbedding.of(self.parts, embedded.shape[-1], **named("subwords", True))
        embedded = layer(embedded, ids)
        layer.hold(self.parts)
        return embedded

    def _classify(self, context: Any) -> Any:
        # float32 even under mixed_float16: probabilities near 0 and 1 would round to them.
        layer = keras.layers.Dense(
            self.task.outputs(self.classes),
            activation=self.task.activation,
            dtype="float32",
            **self._named("distance" if self.task.kind == "number" else "probabilities", True),
        )
        if self.task.kind != "number":
            return layer(context)
        answer = layer(context)
        if self.task.levels:
            answer = SortedQuantiles(self.task.levels, **self._named("quantiles", True))(answer)
        mean, deviation = self.scale
        rescaling = keras.layers.Rescaling(
            deviation, mean, dtype="float32", **self._named("value", True)
        )
        return rescaling(answer)

    def _compile(self, model: keras.Model, values: Mapping[str, Any]) -> None:
        # XLA compiles anew for every length of batch, which costs more than it saves on text.
        jit = "auto" if keras.backend.backend() == "jax" else False
        loss, weight = self._loss(values)
        metrics = metrics_of(self.metrics, self.task, self.classes)
        # Texts without labels are in the batches with a weight of 0.
        weighed = ExtraLosses.of(values).read_unlabelled
        model.compile(
            self._optimizer(values),
            loss,
            None if weight == 1.0 else [weight],
            jit_compile=jit,
            **{"weighted_metrics" if weighed else "metrics": metrics},
        )
        # A checkpoint's optimiser state is skipped by Keras unless the optimiser has its variables.
        model.optimizer.build(model.trainable_variables)
        if self.own_loss is None:  # What targets another loss takes is not known.
            self._build_metrics(model)

    def _loss(self, values: Mapping[str, Any]) -> tuple[Any, float]:
        """The loss, and the factor by which it counts."""
        if self.own_loss is not None:
            return self.own_loss, 1.0
        power = -1 if self.task.levels else -2  # Of an error, or of its square.
        weight = self.scale[1] ** power if self.task.kind == "number" else 1.0
        smoothing = values.get("label_smoothing", 0.0)
        return loss_of(self.task.loss, smoothing, self.task.levels), weight

    def _extra_losses(
        self, terms: ExtraLosses, model: keras.Model, boundary: list, values: Mapping[str, Any]
    ) -> PerturbedLosses:
        loss, weight = self._loss(values)
        graph = (model.inputs, boundary, model.outputs[0])
        return PerturbedLosses(terms, *graph, loss, self.task.kind, weight, self.seed)

    def _optimizer(self, values: Mapping[str, Any]) -> keras.optimizers.Optimizer:
        given = self.optimizer
        if given is None:
            return RowAdamW(
                self._rate(values),
                weight_decay=values["weight_decay"],
                clipnorm=1.0,
                still=self._still(values),
                average=self._average(values),
            )
        if isinstance(given, keras.optimizers.Optimizer):
            return given.from_config(given.get_config())  # Each model trains with its own.
        if isinstance(given, str):
            given = type(keras.optimizers.get(given))
        return given(self._rate(values))

    def _check_loss(self, loss: Any) -> None:
        name = loss if isinstance(loss, str) else type(loss).__name__
        plain = name.replace("_", "").lower()
        if self.task.name == "binary" and plain in _BY_COLUMN:
            raise SpaceError(
                f"loss is {name}, which takes a column per class; a model of two classes gives one "
                "probability, (batch, 1). Give loss='binary_crossentropy' or 'binary_focal_"
                "crossentropy'."
            )

    def _build_metrics(self, model: keras.Model) -> None:
        """Makes the variables of the metrics now; TensorFlow would trace a first step twice."""
        answers = np.zeros((1, *model.output.shape[1:]), "float32")
        truths = np.zeros(1 if self.task.kind == "class" else answers.shape, "int32")
        model.compute_metrics(None, ops.convert_to_tensor(truths), ops.convert_to_tensor(answers))
        model.reset_metrics()

    def _rate(self, values: Mapping[str, Any]) -> Any:
        peak = rate_for(values["batch_size"], values["learning_rate"])
        steps = self._steps(values)
        return peak if steps is None else warmed_cosine(peak, steps, last=0.05)

    def _batches(self, values: Mapping[str, Any]) -> int | None:
        """Batches of an epoch; None where it is not known how many texts that has."""
        if self.training_texts is None:
            return None
        return -(-self.training_texts // values["batch_size"])

    def _steps(self, values: Mapping[str, Any]) -> int | None:
        """Batches of the whole training; None where its length is not known."""
        batches = self._batches(values)
        return None if batches is None or "epochs" not in values else batches * values["epochs"]

    def _still(self, values: Mapping[str, Any]) -> int:
        """Batches in which word vectors are left as they are."""
        if self.vectors is None or values.get("embedding_init") != "word_vectors":
            return 0
        return (self._batches(values) or 0) * values.get("embedding_frozen_epochs", 0)

    def _average(self, values: Mapping[str, Any]) -> float:
        """The momentum of the weights' averages; 0 where none are kept."""
        steps = self._steps(values)
        if not values.get("use_ema", False) or steps is None:
            return 0.0
        return ema_momentum(steps)

    @property
    def task(self) -> Task:
        """What the model answers; of classes it follows from how many there are."""
        return task_named(self.task_name, self.classes)


_BY_COLUMN = (
    "categoricalcrossentropy",
    "categoricalfocalcrossentropy",
    "sparsecategoricalcrossentropy",
)


def _names(classes: Sequence) -> tuple[str, ...]:
    names = tuple(str(each) for each in classes)
    if isinstance(classes, str | bytes) or len(set(names)) < len(names):
        raise SpaceError(
            f"classes is {classes!r}. It should be a number, or a list of different names."
        )
    return names

"""AdamW that updates only those rows of an embedding table that the batch read."""

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.types import Tensor

TABLE = "embeddings"  # Name that Keras gives the variable of an Embedding layer.
# Weight decay would pull the vectors of rare words to 0, since few batches give them a gradient.
NOT_DECAYED = (TABLE, "bias", "gamma", "beta")


@keras.saving.register_keras_serializable(package="attn_tuner")
class RowAdamW(keras.optimizers.AdamW):
    """AdamW that updates only those rows of an `Embedding` table that the batch read.

    Adam updates every row of a table in every step, since momentum moves a row on after its
    gradient is gone. Here a row i that was read at step t, and before that at step t - d, is moved
    at once by about what Adam would move it by over the later steps, and other rows are unchanged:

        v_i <- beta_2^d v_i + (1 - beta_2) g_i^2
        e_i <- e_i - rate sqrt(1 - beta_2^t) g_i / (sqrt(v_i) + epsilon)

    There is no momentum: under Adam a gradient g at one step adds up to rate g / sqrt(v) over the
    later ones, because (1 - beta_1) (1 + beta_1 + beta_1^2 + ...) = 1. So with beta_1 = 0 it is
    AdamW exactly.

    In the first `still` steps tables are not updated, so that word vectors trained elsewhere are
    not changed by layers that are still random. With `average`, each weight w except tables has a
    running average, which `averaged` puts in its place:

        w' <- m w' + (1 - m) w,   m = min(average, (1 + t) / (10 + t))

    Tables, biases and the scales of normalisation layers have no weight decay, unless
    `exclude_from_weight_decay` names others; the exclusion also holds after saving and loading. All
    else is `keras.optimizers.AdamW`, and so is the update of tables where gradients are dense (JAX,
    PyTorch, a `tf.distribute` strategy of several replicas) and with `amsgrad`. With
    `global_clipnorm`, `clipvalue`, `loss_scale_factor` or `gradient_accumulation_steps` the update
    is that above, computed for all rows.

    Args:
        still: int, steps in which tables are not updated.
        average: float, momentum m of the averages; 0 for none.
        args, kwargs: as of `keras.optimizers.AdamW`.

    Reference:
        Kingma & Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980; without momentum it is
        RMSProp with Adam's bias correction, row by row. Polyak & Juditsky 1992 for the averages,
        https://doi.org/10.1137/0330046.
    """

    def __init__(self, *args: Any, still: int = 0, average: float = 0.0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.still = int(still)
        self.average = float(average)
        self.averages = deque()
        self.exclude_from_weight_decay(var_names=list(NOT_DECAYED))

    def build(self, variables: Sequence[keras.Variable]) -> None:
        if self.built:
            return
        # Tuples of bool, in the order of the variables.
        self.is_table = tuple(_is_table(each) for each in variables)
        self.is_by_rows = tuple(_by_rows(each) and not self.amsgrad for each in variables)
        super().build(variables)
        # No list: Keras would count the model's variables among the optimiser's own.
        self.averages = deque(
            (each, self.add_variable_from_reference(each, name="average"))
            for each in variables
            if self.average and not _is_table(each)
        )
        for weight, average in self.averages:
            average.assign(ops.copy(weight))  # JAX gives a buffer away, which both would share.
        self.rows = [
            (
                self.add_variable_from_reference(each, name="row_velocity"),
                self.add_variable((each.shape[0],), dtype="int32", name="read_at"),
            )
            if by_rows
            else None
            for each, by_rows in zip(variables, self.is_by_rows, strict=True)
        ]

    def add_optimizer_variables(
        self,
        trainable_variables: Sequence[keras.Variable],
        name: str | Sequence[str],
        initializer: Any = "zeros",
    ) -> Any:
        """Adds variables as Keras does, but no moments for tables that are updated by rows."""
        if isinstance(name, str) or "momentum" not in name:
            return super().add_optimizer_variables(trainable_variables, name, initializer)
        dense = [
            each
            for each, by_rows in zip(trainable_variables, self.is_by_rows, strict=True)
            if not by_rows
        ]
        added = [iter(each) for each in super().add_optimizer_variables(dense, name, initializer)]
        return tuple([None if row else next(each) for row in self.is_by_rows] for each in added)

    def apply(
        self, grads: Sequence[Tensor], trainable_variables: Iterable[keras.Variable] | None = None
    ) -> None:
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
            if grads and not self.built:
                self.build(trainable_variables)
        step = self.iterations + 1
        if self.built:
            grads = self._prepared(grads, trainable_variables, step)
        self._alone(super().apply, grads, trainable_variables)
        self._move_averages(step)

    def _prepared(self, grads: Sequence[Tensor], variables: list | None, step: Tensor) -> list:
        """Returns the gradients, those of tables with each row once or dense."""
        # Keras computes these options for dense gradients alone.
        options = (self.global_clipnorm, self.clipvalue, self.loss_scale_factor, self.amsgrad)
        dense = any(options) or bool(self.gradient_accumulation_steps)
        tables = self.is_table if variables is None else [_is_table(each) for each in variables]
        prepared = list(grads)
        for place, is_table in enumerate(tables[: len(prepared)]):
            if not is_table or prepared[place] is None:
                continue
            gradient = _with_rows_once(prepared[place], dense)
            if self.still and not any(self.is_by_rows):  # A gradient of 0 leaves Adam as it is.
                gradient = gradient * ops.cast(step > self.still, gradient.dtype)
            prepared[place] = gradient
        return prepared

    def update_step(self, gradient: Tensor, variable: Tensor, learning_rate: Tensor) -> None:
        rows = self.rows[self._get_variable_index(variable)]
        if rows is None:
            super().update_step(gradient, variable, learning_rate)
        else:
            self._move_rows(gradient, variable, learning_rate, *rows)

    def _alone(self, apply: Callable, grads: Sequence[Tensor], variables: list | None) -> None:
        """Applies gradients without summing them over replicas, if there is only one.

        The sum has a gradient of its own, and TensorFlow keeps what it is made of, the graph of
        the whole training step, for as long as the process lives.
        """
        if keras.backend.backend() != "tensorflow":
            return apply(grads, variables)
        import tensorflow as tf

        if tf.distribute.has_strategy() or tf.distribute.in_cross_replica_context():
            return apply(grads, variables)

        @tf.autograph.experimental.do_not_convert
        def between_replicas(strategy: Any) -> None:
            apply(grads, variables)

        tf.distribute.get_replica_context().merge_call(between_replicas)

    def _move_averages(self, step: Tensor) -> None:
        if not self.averages:
            return
        applied = ops.cast(self.iterations + 1 - step, "float32")  # 0 if gradients are accumulated.
        number = ops.cast(step, "float32")
        momentum = ops.minimum(self.average, (1.0 + number) / (10.0 + number))
        share = applied * (1.0 - momentum)
        for weight, average in self.averages:
            new = ops.cast(share, average.dtype)
            average.assign((1 - new) * average + new * ops.cast(weight, average.dtype))

    def swap_averages(self) -> None:
        """Exchanges the weights and their averages; a second call undoes it."""
        for weight, average in self.averages:
            own = ops.convert_to_numpy(weight)
            weight.assign(average)
            average.assign(own)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "still": self.still, "average": self.average}

    def _move_rows(
        self,
        gradient: Tensor,
        table: Tensor,
        rate: Tensor,
        row_velocity: keras.Variable,
        read_at: keras.Variable,
    ) -> None:
        import tensorflow as tf

        if isinstance(gradient, tf.IndexedSlices):
            rows, slopes = gradient.indices, gradient.values
        else:
            rows, slopes = tf.range(tf.shape(gradient)[0]), gradient
        velocity, last = row_velocity.value, read_at.value
        slopes = tf.cast(slopes, velocity.dtype)
        step = tf.cast(self.iterations + 1, "int32")
        rested = tf.cast(step - tf.gather(last, rows), slopes.dtype)[:, None]
        squares = self.beta_2**rested * tf.gather(velocity, rows)
        squares += (1 - self.beta_2) * tf.square(slopes)
        unbiased = tf.sqrt(1 - self.beta_2 ** tf.cast(step, slopes.dtype))
        rate = tf.cast(rate, slopes.dtype) * tf.cast(step > self.still, slopes.dtype)
        moves = rate * unbiased * slopes / (tf.sqrt(squares) + self.epsilon)
        velocity.scatter_update(tf.IndexedSlices(squares, rows))
        last.scatter_update(tf.IndexedSlices(tf.fill(tf.shape(rows), step), rows))
        self.assign_sub(table, tf.IndexedSlices(moves, rows))


def begin_averages(model: keras.Model) -> None:
    """Sets the averages to the weights, of a model whose weights were loaded after compiling."""
    for weight, average in getattr(model.optimizer, "averages", ()):
        average.assign(keras.ops.convert_to_numpy(weight))


def swap_averages(model: keras.Model) -> None:
    """Exchanges the model's weights and their averages, if its optimiser keeps any."""
    if hasattr(model.optimizer, "swap_averages"):
        model.optimizer.swap_averages()


@contextlib.contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Gives the model the averages of its weights for the length of a `with`, if there are any."""
    swap_averages(model)
    try:
        yield
    finally:
        swap_averages(model)


def _is_table(variable: Tensor) -> bool:
    return getattr(variable, "path", "").split("/")[-1] == TABLE


def _by_rows(variable: Tensor) -> bool:
    """Returns whether it is a table whose gradient TensorFlow gives by rows."""
    if keras.backend.backend() != "tensorflow" or not _is_table(variable):
        return False
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync == 1


def _with_rows_once(gradient: Tensor, dense: bool) -> Tensor:
    """Returns the gradient of a table with the sum for each row, or as a dense tensor."""
    if keras.backend.backend() != "tensorflow":
        return gradient
    import tensorflow as tf

    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    if dense:
        return tf.convert_to_tensor(gradient)
    rows, places = tf.unique(gradient.indices)
    sums = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
    return tf.IndexedSlices(sums, rows, gradient.dense_shape)

"""AdamW whose step over an embedding table touches only the rows of the batch's tokens."""

import contextlib
from collections import deque

import keras
from keras import ops

TABLE = "embeddings"  # Name that Keras gives the variable of an Embedding layer.
# Decay would pull the vectors of rare words to 0, which few batches bring a gradient.
NOT_DECAYED = (TABLE, "bias", "gamma", "beta")


@keras.saving.register_keras_serializable(package="attn_tuner")
class RowAdamW(keras.optimizers.AdamW):
    """AdamW; of an `Embedding` table only the rows that the batch read are updated.

    Adam's step over a table is dense, since the momentum of every row goes on moving it. Here a
    row i of a table, read at step t and last at step t - d, is moved at once by about what Adam
    would move it by in the steps that follow, and the others rest:

        v_i <- beta_2^d v_i + (1 - beta_2) g_i^2
        e_i <- e_i - rate sqrt(1 - beta_2^t) g_i / (sqrt(v_i) + epsilon)

    without momentum: under Adam a gradient g at one step adds up to rate g / sqrt(v) over the
    later ones, because (1 - beta_1) (1 + beta_1 + beta_1^2 + ...) = 1.

    `still` steps at the beginning leave tables as they are: word vectors that were learnt
    elsewhere wait until the layers above have found their place. With `average` each weight w but
    a table's has an average, by which a model may be judged (`averaged`):

        w' <- m w' + (1 - m) w,   m = min(average, (1 + t) / (10 + t))

    Tables, biases and the scales of normalisation are not decayed, also after the optimiser was
    saved and loaded, which `exclude_from_weight_decay` alone does not outlive. All else is
    `keras.optimizers.AdamW`, as are tables on the JAX and PyTorch backends, whose gradients are
    dense, and under a `tf.distribute` strategy of several replicas.

    Args:
        still: steps in which tables rest.
        average: momentum m of the averages; 0 keeps none.
        args, kwargs: as of `keras.optimizers.AdamW`.

    Reference:
        Kingma & Ba 2015, algorithm 1, https://arxiv.org/abs/1412.6980; without momentum it is
        RMSProp with Adam's correction of the bias, read row by row. Polyak & Juditsky 1992 for the
        averages, https://doi.org/10.1137/0330046.
    """

    def __init__(self, *args, still=0, average=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.still = int(still)
        self.average = float(average)
        self.exclude_from_weight_decay(var_names=list(NOT_DECAYED))

    def build(self, variables):
        if self.built:
            return
        # No lists: Keras would count the model's variables among the optimiser's own.
        self.trained = deque(variables)
        self.tables = {each.path: None for each in variables if _by_rows(each)}
        super().build([each for each in variables if each.path not in self.tables])
        self.averages = deque(
            (each, self.add_variable_from_reference(each, name="average"))
            for each in variables
            if self.average and not _is_table(each)
        )
        for weight, average in self.averages:
            average.assign(ops.copy(weight))  # JAX gives a buffer away, which both would share.
        for each in variables:
            if each.path in self.tables:
                self.tables[each.path] = (
                    self.add_variable_from_reference(each, name="row_velocity"),
                    self.add_variable((each.shape[0],), dtype="int32", name="read_at"),
                )

    def apply(self, grads, trainable_variables=None):
        if trainable_variables is None:  # As in `stateless_apply`, by which JAX trains.
            trainable_variables = self.trained
        self.build(trainable_variables)
        pairs = list(zip(grads, trainable_variables, strict=True))
        rate, step = self.learning_rate, self.iterations + 1
        if self.still:
            moving = ops.cast(step > self.still, "float32")
            rate = rate * moving
        for gradient, table in pairs:
            if table.path in self.tables and gradient is not None:
                self._move_rows(gradient, table, rate, step)
        rest = [pair for pair in pairs if pair[1].path not in self.tables]
        if self.still:  # A dense gradient of 0 leaves Adam where it is.
            rest = [(g * moving if _is_table(each) else g, each) for g, each in rest]
        self._alone(super().apply, [pair[0] for pair in rest], [pair[1] for pair in rest])
        self._move_averages(ops.cast(step, "float32"))

    def _alone(self, apply, grads, variables):
        """Applies gradients without summing them over replicas, where there is one only.

        The sum has a gradient of its own, and TensorFlow keeps what it is made of, the graph of
        the whole training step, for as long as the process lives.
        """
        if keras.backend.backend() != "tensorflow":
            return apply(grads, variables)
        import tensorflow as tf

        if tf.distribute.has_strategy() or tf.distribute.in_cross_replica_context():
            return apply(grads, variables)

        @tf.autograph.experimental.do_not_convert
        def between_replicas(strategy):
            apply(grads, variables)

        tf.distribute.get_replica_context().merge_call(between_replicas)

    def _move_averages(self, step):
        momentum = ops.minimum(self.average, (1.0 + step) / (10.0 + step))
        for weight, average in self.averages:
            kept = ops.cast(momentum, average.dtype)
            average.assign(kept * average + (1 - kept) * ops.cast(weight, average.dtype))

    def swap_averages(self):
        """Exchanges the weights and their averages; a second call undoes it."""
        for weight, average in self.averages:
            own = ops.convert_to_numpy(weight)
            weight.assign(average)
            average.assign(own)

    def get_config(self):
        return {**super().get_config(), "still": self.still, "average": self.average}

    def _move_rows(self, gradient, table, rate, step):
        import tensorflow as tf

        velocity, read_at = (each.value for each in self.tables[table.path])
        rows, slopes = _summed(gradient)
        slopes = tf.cast(slopes, velocity.dtype)
        if self.loss_scale_factor is not None:
            slopes /= self.loss_scale_factor
        if self.clipnorm:
            slopes = tf.clip_by_norm(slopes, self.clipnorm)
        step = tf.cast(step, "int32")
        rested = tf.cast(step - tf.gather(read_at, rows), slopes.dtype)[:, None]
        squares = self.beta_2**rested * tf.gather(velocity, rows)
        squares += (1 - self.beta_2) * tf.square(slopes)
        unbiased = tf.sqrt(1 - self.beta_2 ** tf.cast(step, slopes.dtype))
        moves = tf.cast(rate, slopes.dtype) * unbiased * slopes
        moves /= tf.sqrt(squares) + self.epsilon
        velocity.scatter_update(tf.IndexedSlices(squares, rows))
        read_at.scatter_update(tf.IndexedSlices(tf.fill(tf.shape(rows), step), rows))
        table.value.scatter_sub(tf.IndexedSlices(tf.cast(moves, table.dtype), rows))


def swap_averages(model: keras.Model):
    """Exchanges the model's weights and their averages, where its optimiser keeps any."""
    if hasattr(model.optimizer, "swap_averages"):
        model.optimizer.swap_averages()


@contextlib.contextmanager
def averaged(model: keras.Model):
    """For the length of a `with` the model has the averages of its weights, where there are any."""
    swap_averages(model)
    try:
        yield
    finally:
        swap_averages(model)


def _is_table(variable) -> bool:
    return variable.path.split("/")[-1] == TABLE


def _by_rows(variable) -> bool:
    """Whether it is a table whose gradient comes as rows."""
    if keras.backend.backend() != "tensorflow" or not _is_table(variable):
        return False
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync == 1


def _summed(gradient):
    """Indices of the rows, each once, and the sums of their gradients."""
    import tensorflow as tf

    if not isinstance(gradient, tf.IndexedSlices):
        return tf.range(tf.shape(gradient)[0]), gradient
    rows, places = tf.unique(gradient.indices)
    return rows, tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))

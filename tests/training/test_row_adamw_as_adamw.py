"""RowAdamW where AdamW stands: the cases of Keras' own tests of optimisers, against AdamW."""

import pickle

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.training.row_adamw import NOT_DECAYED, RowAdamW

TENSORFLOW = keras.backend.backend() == "tensorflow"
only_tensorflow = pytest.mark.skipif(not TENSORFLOW, reason="It is about TensorFlow's classes.")

OPTIONS = {
    "defaults": {},
    "weight decay": {"weight_decay": 0.3},
    "clipnorm": {"clipnorm": 0.5},
    "global_clipnorm": {"global_clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.1},
    "averages": {"use_ema": True, "ema_momentum": 0.8},
    "averages that replace the weights": {"use_ema": True, "ema_overwrite_frequency": 3},
    "accumulated gradients": {"gradient_accumulation_steps": 3, "clipnorm": 0.5},
    "accumulated and averaged": {"gradient_accumulation_steps": 2, "use_ema": True},
    "scaled loss": {"loss_scale_factor": 64.0, "weight_decay": 0.1},
    "amsgrad": {"amsgrad": True},
}


class DenseAdamW(keras.optimizers.AdamW):
    """Keras' AdamW, given dense gradients.

    Of a token that a batch has twice, Keras 3.15 adds the squares of both gradients where Adam has
    the square of their sum.
    """

    def apply(self, grads, trainable_variables=None):
        if TENSORFLOW:
            import tensorflow as tf

            grads = [tf.convert_to_tensor(each) for each in grads]
        super().apply(grads, trainable_variables)


def pair(beta_1=0.0, rate=0.02, **options):
    """Both optimisers; without momentum a step over rows is Adam's."""
    options = {"beta_1": beta_1, **options}
    adamw = DenseAdamW(rate, **options)
    adamw.exclude_from_weight_decay(var_names=list(NOT_DECAYED))
    return RowAdamW(rate, **options), adamw


def weights():
    rng = np.random.default_rng(0)
    shapes = {"embeddings": (6, 3), "kernel": (3, 2), "bias": (2,)}
    return [
        keras.Variable(rng.normal(size=shape).astype("float32"), name=name)
        for name, shape in shapes.items()
    ]


def gradients(step, sparse, scale=1.0):
    """Of the table those of four tokens, one of them twice; TensorFlow gives them by rows."""
    rng = np.random.default_rng(step)
    tokens = np.array([1, 4, 1, step % 6])
    values = scale * rng.normal(size=(4, 3)).astype("float32")
    others = [scale * rng.normal(size=shape).astype("float32") for shape in ((3, 2), (2,))]
    table = np.zeros((6, 3), "float32")
    np.add.at(table, tokens, values)
    if sparse and TENSORFLOW:
        import tensorflow as tf

        table = tf.IndexedSlices(tf.constant(values), tf.constant(tokens), tf.constant([6, 3]))
    else:
        table = ops.convert_to_tensor(table)
    return [table, *(ops.convert_to_tensor(each) for each in others)]


def values(variables):
    return [np.array(ops.convert_to_numpy(each)) for each in variables]


def same(found, wanted):
    for one, other in zip(values(found), values(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("beta_1", [0.0, 0.9])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
def test_with_every_option_it_moves_weights_as_adamw_does(options, beta_1):
    ours, adamw = pair(beta_1, **options)
    mine, theirs = weights(), weights()
    scale = options.get("loss_scale_factor", 1.0)
    # With momentum a step over rows is another than Adam's, by design.
    first = int(beta_1 > 0.0 and TENSORFLOW and not options.get("amsgrad"))
    for step in range(7):
        ours.apply(gradients(step, sparse=True, scale=scale), mine)
        adamw.apply(gradients(step, sparse=False, scale=scale), theirs)
        same(mine[first:], theirs[first:])
        assert int(ours.iterations) == int(adamw.iterations)
    for optimizer, variables in ((ours, mine), (adamw, theirs)):
        optimizer.finalize_variable_values(variables)
    same(mine[first:], theirs[first:])


@pytest.mark.parametrize(
    "rate",
    [keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.5), lambda: 0.03],
    ids=["schedule", "callable"],
)
def test_a_rate_that_changes_is_followed(rate):
    ours, adamw = pair(rate=rate)
    mine, theirs = weights(), weights()
    for step in range(4):
        ours.apply(gradients(step, sparse=True), mine)
        adamw.apply(gradients(step, sparse=False), theirs)
        same(mine, theirs)


def test_a_rate_can_be_replaced_by_a_schedule():
    ours, _ = pair()
    before = len(ours.variables)
    ours.learning_rate = keras.optimizers.schedules.PolynomialDecay(0.02, 4)
    assert len(ours.variables) == before - 1


def test_gradients_alone_are_applied_to_the_weights_it_was_built_with():
    (ours, _), (other, _) = pair(), pair()
    mine, theirs = weights(), weights()
    ours.build(mine)
    for step in range(3):
        ours.apply(gradients(step, sparse=True))
        other.apply_gradients(zip(gradients(step, sparse=True), theirs, strict=True))
    same(mine, theirs)


def test_gradients_alone_need_a_built_optimizer_and_one_for_each_weight():
    ours, _ = pair()
    with pytest.raises(ValueError, match="must already be built"):
        ours.apply(gradients(0, sparse=True))
    ours.build(weights())
    with pytest.raises(ValueError, match="Received a list of 1 gradients"):
        ours.apply(gradients(0, sparse=True)[:1])
    with pytest.raises(ValueError, match="Unknown variable"):
        ours.apply(gradients(0, sparse=True), weights())


def test_no_gradients_change_nothing():
    ours, _ = pair()
    ours.apply([], [])
    assert int(ours.iterations) == 0


def test_a_weight_without_a_gradient_is_named_and_the_others_move():
    ours, _ = pair()
    mine = weights()
    before = values(mine)
    with pytest.raises(ValueError, match="No gradients provided"):
        ours.apply([None, None, None], mine)
    _, *others = gradients(0, sparse=True)
    with pytest.warns(UserWarning, match="Gradients do not exist for variables .*embeddings"):
        ours.apply([None, *others], mine)
    moved = [bool((now != then).any()) for now, then in zip(values(mine), before, strict=True)]
    assert moved == [False, True, True]


def test_a_constraint_of_a_table_holds_after_each_step():
    ours, _ = pair()
    mine = weights()
    mine[0].constraint = keras.constraints.NonNeg()
    ours.apply(gradients(0, sparse=True), mine)
    assert values(mine)[0].min() == 0.0


def test_a_weight_that_is_its_gradient_is_overwritten():
    ours, _ = pair()
    mine = weights()
    mine[2].overwrite_with_gradient = True
    given = gradients(0, sparse=True)
    ours.apply(given, mine)
    same([mine[2]], [given[2]])


@pytest.mark.parametrize("arguments", [{"clipvalue": 0.1}, {"global_clipnorm": 0.1}])
def test_two_ways_to_clip_are_refused(arguments):
    with pytest.raises(ValueError, match="Only one of `clipnorm`, `clipvalue` and"):
        RowAdamW(clipnorm=0.1, **arguments)


def test_its_weights_can_be_set_and_training_goes_on_alike():
    (ours, _), (other, _) = pair(0.9), pair(0.9)
    mine, theirs = weights(), weights()
    for step in range(2):
        ours.apply(gradients(step, sparse=True), mine)
    with pytest.raises(ValueError, match="not yet been built"):
        other.set_weights(ours.variables)
    other.build(theirs)
    other.set_weights(ours.variables)
    for own, copy in zip(mine, theirs, strict=True):
        copy.assign(own)
    for optimizer, variables in ((ours, mine), (other, theirs)):
        optimizer.apply(gradients(2, sparse=True), variables)
    same(mine, theirs)


def test_its_config_and_a_pickle_make_it_again():
    optimizer = RowAdamW(
        0.5, 0.008, 0.5, 0.67, 1e-5, True, use_ema=True, still=3, average=0.5, name="rows"
    )
    config = keras.optimizers.serialize(optimizer)
    assert keras.optimizers.deserialize(config).get_config() == optimizer.get_config()
    assert pickle.loads(pickle.dumps(optimizer)).get_config() == optimizer.get_config()


def test_weights_named_by_the_user_are_excluded_from_decay():
    ours, adamw = pair(weight_decay=0.5)
    mine, theirs = weights(), weights()
    ours.exclude_from_weight_decay(var_list=[mine[1]])
    adamw.exclude_from_weight_decay(var_list=[theirs[1]])
    ours.apply(gradients(0, sparse=True), mine)
    adamw.apply(gradients(0, sparse=False), theirs)
    same(mine, theirs)


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="Under JAX Keras' class has stateless_apply alone."
)
def test_it_works_inside_a_loss_scale_optimizer():
    ours, adamw = (keras.optimizers.LossScaleOptimizer(each) for each in pair())
    mine, theirs = weights(), weights()
    for step in range(3):
        ours.apply(gradients(step, sparse=True, scale=float(ours.initial_scale)), mine)
        adamw.apply(gradients(step, sparse=False, scale=float(ours.initial_scale)), theirs)
    same(mine, theirs)


@only_tensorflow
def test_variables_of_tensorflow_may_stand_among_those_of_keras():
    import tensorflow as tf

    ours, adamw = pair()
    mine, theirs = weights(), weights()
    for variables, optimizer in ((mine, ours), (theirs, adamw)):
        variables[1] = tf.Variable(variables[1].numpy())
        optimizer.apply(gradients(0, sparse=optimizer is ours), variables)
    same(mine, theirs)


def model_of(optimizer, adapt=lambda model: None, **options):
    """Sums of embedded tokens to a number."""
    keras.utils.set_random_seed(3)
    ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(12, 4, name="embedding")(ids)
    pooled = keras.layers.LayerNormalization(name="norm")(ops.mean(embedded, axis=1))
    model = keras.Model(ids, keras.layers.Dense(1, name="dense")(pooled))
    adapt(model)
    model.compile(optimizer, "mean_squared_error", jit_compile=False, **options)
    return model


def fitted(model, epochs=2):
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 12, (24, 5)).astype("int32")
    model.fit(ids, ids.mean(axis=1), batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model


def low_rank(model):
    model.get_layer("embedding").enable_lora(2)
    model.get_layer("dense").enable_lora(2)


def frozen(model):
    model.get_layer("embedding").trainable = False


@pytest.mark.parametrize(
    ("options", "adapt"),
    [
        ({}, None),
        ({"use_ema": True, "ema_overwrite_frequency": 2}, None),
        ({"gradient_accumulation_steps": 2}, None),
        ({"global_clipnorm": 0.01}, None),
        ({"weight_decay": 0.2}, low_rank),
        ({"use_ema": True}, low_rank),
        ({"weight_decay": 0.2}, frozen),
    ],
)
def test_a_fitted_model_has_the_weights_that_adamw_gives_it(options, adapt):
    ours, adamw = pair(**options)
    adapt = adapt or (lambda model: None)
    same(
        fitted(model_of(ours, adapt)).trainable_variables,
        fitted(model_of(adamw, adapt)).trainable_variables,
    )


def test_a_table_can_be_frozen_and_trained_again():
    models = [fitted(model_of(each, frozen)) for each in pair()]
    for model, optimizer in zip(models, pair(), strict=True):
        model.get_layer("embedding").trainable = True
        model.compile(optimizer, "mean_squared_error", jit_compile=False)
        fitted(model)
    same(*(model.trainable_variables for model in models))


@pytest.mark.parametrize(
    "options", [{"use_ema": True}, {"gradient_accumulation_steps": 4}, {"amsgrad": True}]
)
def test_a_model_that_was_saved_between_epochs_trains_as_one_that_was_not(options, tmp_path):
    options = {"average": 0.5, **options}
    whole = fitted(fitted(model_of(RowAdamW(0.02, **options)), 1), 1)
    part = fitted(model_of(RowAdamW(0.02, **options)), 1)
    part.save(tmp_path / "part.keras")
    again = keras.saving.load_model(tmp_path / "part.keras")
    same(fitted(again, 1).weights, whole.weights)
    same(again.optimizer.variables, whole.optimizer.variables)


@only_tensorflow
def test_a_checkpoint_of_tensorflow_restores_it(tmp_path):
    import tensorflow as tf

    model = fitted(model_of(RowAdamW(0.02, average=0.5)))
    path = tf.train.Checkpoint(model, optimizer=model.optimizer).save(str(tmp_path / "point"))
    before = values(model.optimizer.variables)
    fitted(model)
    tf.train.Checkpoint(model, optimizer=model.optimizer).restore(path)
    same(model.optimizer.variables, before)


def test_accumulated_gradients_move_the_averages_once_a_step():
    ours = RowAdamW(0.02, average=0.3, gradient_accumulation_steps=3)
    mine = weights()
    expected = values(mine)[1]
    for step in range(6):
        ours.apply(gradients(step, sparse=True), mine)
        if step % 3 == 2:
            number = step // 3 + 1
            kept = min(0.3, (1 + number) / (10 + number))
            expected = kept * expected + (1 - kept) * values(mine)[1]
    np.testing.assert_allclose(ops.convert_to_numpy(ours.averages[0][1]), expected, rtol=1e-5)

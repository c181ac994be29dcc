"""The optimiser's step over an embedding table."""

import gc

import keras
import numpy as np
import pytest

from attn_tuner.training.row_adamw import RowAdamW, averaged

RATE, EPSILON = 0.01, 1e-7
only_by_rows = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="gradients are dense on this backend"
)


def reader(rows=12, width=3, **options):
    """The sum of the words' numbers; every gradient is known by hand."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(rows, width, name="embedding")(ids)
    total = keras.ops.sum(embedded, axis=(1, 2), keepdims=False)[:, None]
    model = keras.Model(ids, keras.layers.Dense(1, use_bias=False, name="dense")(total))
    optimizer = RowAdamW(RATE, epsilon=EPSILON, weight_decay=0.1, **options)
    model.compile(optimizer, "mean_squared_error", jit_compile=False)
    return model


def table_of(model):
    return model.get_layer("embedding").get_weights()[0]


def learn(model, ids, target=5.0):
    ids = np.asarray(ids, "int32")
    model.train_on_batch(ids, np.full((len(ids), 1), target, "float32"))


@only_by_rows
def test_rows_that_the_batch_did_not_read_rest():
    model = reader()
    before = table_of(model)
    learn(model, [[2, 3, 3], [5, 2, 2]])
    moved = np.flatnonzero((table_of(model) != before).any(axis=1))
    assert moved.tolist() == [2, 3, 5]
    before = table_of(model)
    learn(model, [[7, 7, 7]])
    assert np.flatnonzero((table_of(model) != before).any(axis=1)).tolist() == [7]


@only_by_rows
def test_a_row_moves_by_the_equation():
    model = reader(rows=4, width=2)
    optimizer, steps = model.optimizer, [(1, 1), (2, None), (3, None), (4, 1)]
    velocity, last = 0.0, 0
    for step, row in steps:
        before, kernel = table_of(model), model.get_layer("dense").get_weights()[0][0, 0]
        ids = [[1, 1, 2]] if row else [[3, 3, 3]]
        total = before[np.asarray(ids)].sum()
        learn(model, ids)
        if row is None:
            continue
        gradient = 2 * 2 * (total * kernel - 5.0) * kernel  # Row 1 is read twice.
        velocity = 0.999 ** (step - last) * velocity + 0.001 * gradient**2
        last = step
        move = RATE * np.sqrt(1 - 0.999**step) * gradient / (np.sqrt(velocity) + EPSILON)
        np.testing.assert_allclose(table_of(model)[1], before[1] - move, rtol=2e-3)
    assert int(optimizer.iterations) == 4


@only_by_rows
def test_a_gradient_over_the_norm_is_clipped_as_a_whole_table():
    model, clipped = reader(), reader(clipnorm=1e-9)
    start = table_of(model)
    for each in (model, clipped):
        learn(each, [[2, 3, 4]])
    moves = [np.abs(table_of(each) - start).max() for each in (model, clipped)]
    assert moves[1] < moves[0] / 100  # A slope of 1e-9 is lost beside epsilon.


@only_by_rows
def test_under_adam_a_lone_gradient_adds_up_to_the_same_move():
    ours, adam = reader(), reader()
    optimizer = keras.optimizers.AdamW(RATE, epsilon=EPSILON, weight_decay=0.0)
    adam.compile(optimizer, "mean_squared_error", jit_compile=False)
    start, dense = table_of(ours), ours.get_layer("dense").get_weights()
    for model in (ours, adam):
        model.optimizer.build(model.trainable_variables)
        model.optimizer.iterations.assign(10_000)  # Where the correction of the bias is over.
        learn(model, [[2, 3, 4]])
        for _ in range(80):
            model.get_layer("dense").set_weights([np.zeros_like(dense[0])])
            learn(model, [[9, 9, 9]])  # With a kernel of 0 no row gets a slope.
    one, other = (np.abs(table_of(model)[2] - start[2]).mean() for model in (ours, adam))
    assert one == pytest.approx(other, rel=0.02)


def test_it_learns_to_tell_words_apart_on_every_backend():
    rng = np.random.default_rng(0)
    ids = rng.integers(2, 30, (256, 6)).astype("int32")
    labels = (ids < 16).sum(axis=1) > 3
    inputs = keras.Input((None,), dtype="int32")
    pooled = keras.ops.mean(keras.layers.Embedding(30, 8)(inputs), axis=1)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(pooled))
    model.compile(RowAdamW(0.05, clipnorm=1.0), "binary_crossentropy", metrics=["accuracy"])
    model.fit(ids, labels.astype("float32"), batch_size=32, epochs=15, verbose=0)
    assert model.evaluate(ids, labels.astype("float32"), verbose=0)[1] > 0.95


def test_its_state_survives_an_archive(tmp_path):
    model = reader()
    for _ in range(3):
        learn(model, [[2, 3, 4]])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.optimizer, RowAdamW)
    for one, other in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
        )
    for each in (model, again):
        learn(each, [[3, 4, 5]])
    np.testing.assert_allclose(table_of(model), table_of(again), rtol=1e-5)


@only_by_rows
def test_half_precision_keeps_the_table_in_float32_and_learns():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = reader()
        before = table_of(model)
        learn(model, [[2, 3, 4]])
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.isfinite(table_of(model)).all()
    moved = np.flatnonzero((table_of(model) != before).any(axis=1)).tolist()
    assert moved in ([2, 3, 4], [])  # The first scale of the loss may overflow; then none moves.


def kernel_of(model):
    return model.get_layer("dense").get_weights()[0]


def test_tables_rest_in_the_first_steps_and_the_rest_of_the_model_learns():
    model = reader(still=2)
    table, kernel = table_of(model), kernel_of(model)
    for _ in range(2):
        learn(model, [[2, 3, 4]])
    np.testing.assert_array_equal(table_of(model), table)
    assert (kernel_of(model) != kernel).all()
    learn(model, [[2, 3, 4]])
    assert (table_of(model)[[2, 3, 4]] != table[[2, 3, 4]]).all()


def test_the_average_of_a_weight_follows_it_by_the_equation():
    model = reader(average=0.3)
    model.optimizer.build(model.trainable_variables)
    expected = kernel_of(model)
    for step in range(1, 5):
        learn(model, [[2, 3, 4]])
        kept = min(0.3, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * kernel_of(model)
    own, table = kernel_of(model), table_of(model)
    with averaged(model):
        np.testing.assert_allclose(kernel_of(model), expected, rtol=1e-5)
        np.testing.assert_array_equal(table_of(model), table)
    np.testing.assert_array_equal(kernel_of(model), own)


def test_a_model_without_averages_is_judged_as_it_is():
    model = reader()
    learn(model, [[2, 3, 4]])
    before = kernel_of(model)
    with averaged(model):
        np.testing.assert_array_equal(kernel_of(model), before)
    model.compile("sgd", "mean_squared_error")
    with averaged(model):
        np.testing.assert_array_equal(kernel_of(model), before)


def test_averages_and_stillness_survive_an_archive(tmp_path):
    model = reader(still=3, average=0.5)
    for _ in range(2):
        learn(model, [[2, 3, 4]])
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    with averaged(model), averaged(again):
        np.testing.assert_array_equal(kernel_of(again), kernel_of(model))
    assert (again.optimizer.still, again.optimizer.average) == (3, 0.5)


def graphs_of_steps():
    """How many graphs of training steps are alive."""
    gc.collect()
    names = [each.name for each in gc.get_objects() if type(each).__name__ == "FuncGraph"]
    return sum("step" in name for name in names)


@only_by_rows
def test_the_graph_of_a_training_step_goes_with_its_model():
    keras.utils.clear_session()
    before = graphs_of_steps()
    model = reader()
    ids = np.full((8, 3), 2, "int32")
    model.fit(ids, np.ones((8, 1), "float32"), batch_size=4, verbose=0)
    assert graphs_of_steps() > before
    del model
    keras.utils.clear_session()
    assert graphs_of_steps() <= before


def test_a_compiled_step_with_averages_trains():
    model = reader(average=0.5)
    model.compile(model.optimizer, "mean_squared_error", jit_compile=True)
    before = table_of(model)
    for _ in range(2):  # JAX gives the buffers of the first step away.
        learn(model, [[2, 3, 3], [5, 2, 2]])
    assert not np.allclose(table_of(model), before)

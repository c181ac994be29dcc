"""Adversarial losses, by hand on models of two weights."""

import keras
import numpy as np
import pytest

from attn_tuner.attention import heads
from attn_tuner.errors import SpaceError
from attn_tuner.layers.token_limits import TextMask
from attn_tuner.training import adversarial
from attn_tuner.training.adversarial import (
    ExtraLosses,
    PerturbedLosses,
    RegularizedModel,
    _spread,
    loss_object,
    plain,
)
from attn_tuner.training.perturbed_words import gradient
from attn_tuner.training.row_adamw import RowAdamW

TABLE = np.array([[0.0, 0.0], [0.5, 0.1], [1.0, -2.0], [-1.0, 1.0], [0.4, 3.0]], "float32")
IDS = np.array([[2, 3, 0, 0], [4, 1, 3, 2]], "int32")
TRUTHS = np.array([1, 0], "int32")
KERNEL = np.array([[0.7], [-0.3]], "float32")
NORM = 0.8


def model_of(terms, kind="class", classes=2, dropout=0.0, loss=None):
    """The mean of embedded words, then one weight for each of their two columns."""
    ids = keras.Input((None,), dtype="int32")
    mask = TextMask()(ids)
    table = keras.layers.Embedding(len(TABLE), 2, name="table")
    words = table(ids)
    mean = heads["mean"]()(keras.layers.Dropout(dropout)(words), mask=mask)
    columns = 1 if classes == 2 else classes
    activation = {"number": "linear", "labels": "sigmoid"}.get(kind)
    activation = activation or ("sigmoid" if columns == 1 else "softmax")
    last = keras.layers.Dense(columns, activation, use_bias=False, dtype="float32")
    model = RegularizedModel(ids, last(mean))
    table.set_weights([TABLE])
    kernel = KERNEL if columns == 1 else np.array([[0.7, 0.1, -0.2], [-0.3, 0.2, 0.5]], "float32")
    last.set_weights([kernel])
    usual = "mean_squared_error" if kind == "number" else "binary_crossentropy"
    loss = loss or (usual if columns == 1 else "sparse_categorical_crossentropy")
    graph = (model.inputs, [words, mask], model.outputs[0])
    model.regularize(PerturbedLosses(terms, *graph, loss, kind, seed=1))
    model.compile(RowAdamW(0.1), loss, jit_compile=False)
    return model


def loss_of(model, truths=TRUTHS, weights=None, training=True):
    """The loss of the batch with all that is added, and that without."""
    x = keras.ops.convert_to_tensor(IDS)
    answers = model(x, training=training)
    weights = None if weights is None else keras.ops.convert_to_tensor(weights)
    y = keras.ops.convert_to_tensor(truths)
    added = model.compute_loss(x, y, answers, weights, training=training)
    usual = model.compute_loss(x, y, answers, weights, training=False)
    return float(added), float(usual)


def sigmoid(logit):
    return 1 / (1 + np.exp(-logit))


def embedded():
    """Words of each text, without padding, and the deviations of the columns over them all."""
    texts = [TABLE[row[row > 0]] for row in IDS]
    return texts, np.concatenate(texts).std(axis=0)


def moved(sign):
    """Probabilities where each text is moved by NORM in units of the deviations."""
    texts, deviations = embedded()
    found = []
    for words, way in zip(texts, sign, strict=True):
        # All words of a text have the same slope, a share of the weights.
        u = np.repeat(deviations[None] * KERNEL[:, 0] * way, len(words), axis=0)
        r = NORM * deviations * u / np.sqrt((u**2).sum())
        found.append(sigmoid(((words + r).mean(axis=0) @ KERNEL)[0]))
    return np.array(found)


def before():
    return np.array([sigmoid((words.mean(axis=0) @ KERNEL)[0]) for words in embedded()[0]])


def crossentropy(p, truths=TRUTHS):
    return np.where(truths == 1, -np.log(p), -np.log(1 - p))


def divergence(p, q):
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


@pytest.fixture
def all_moved(monkeypatch):
    """Every text of a batch is moved for adversarial training."""
    monkeypatch.setattr(adversarial, "PERTURBED", 1)


def test_the_adversarial_loss_is_that_of_words_moved_up_the_loss_by_the_norm(all_moved):
    added, usual = loss_of(model_of(ExtraLosses(adversarial_weight=0.5, adversarial_norm=NORM)))
    assert usual == pytest.approx(crossentropy(before()).mean(), rel=1e-4)
    # The loss of the first text, of class 1, rises as its logit falls.
    worse = crossentropy(moved(sign=(-1, 1)))
    assert (worse > crossentropy(before())).all()
    assert added == pytest.approx(usual + 0.5 * worse.mean(), rel=1e-4)


def test_a_text_counts_in_the_adversarial_loss_by_its_weight(all_moved):
    weights = np.array([2.0, 0.0], "float32")
    terms = ExtraLosses(adversarial_weight=1.0, adversarial_norm=NORM)
    added, usual = loss_of(model_of(terms), weights=weights)
    worse = crossentropy(moved(sign=(-1, 1)))
    assert added == pytest.approx(usual + (weights * worse).mean(), rel=1e-4)


def test_one_of_two_texts_is_moved_for_the_adversarial_loss():
    terms = ExtraLosses(adversarial_weight=1.0, adversarial_norm=NORM)
    words, mask = np.arange(10.0).reshape(5, 2, 1), np.ones((5, 2), bool)
    assert len(_spread([words, mask])[0]) == 3
    added, usual = loss_of(model_of(terms))
    # The deviations are those of the words that are moved.
    text = TABLE[IDS[0][IDS[0] > 0]]
    slopes = np.repeat(-text.std(axis=0)[None] * KERNEL[:, 0], len(text), axis=0)
    shift = NORM * text.std(axis=0) * slopes / np.sqrt((slopes**2).sum())
    worse = -np.log(sigmoid(((text + shift).mean(axis=0) @ KERNEL)[0]))
    assert added == pytest.approx(usual + worse, rel=1e-4)


def test_the_virtual_loss_is_the_divergence_from_the_answer_to_moved_words():
    added, usual = loss_of(model_of(ExtraLosses(virtual_weight=2.0, virtual_norm=NORM)))
    # The answer changes most along the weights; which way, the random first step decides.
    ways = [
        usual + 2.0 * divergence(before(), moved((one, other))).mean()
        for one in (-1, 1)
        for other in (-1, 1)
    ]
    assert min(abs(added - each) for each in ways) < 1e-4 * added
    assert added > usual


def test_entropy_is_that_of_the_answers():
    added, usual = loss_of(model_of(ExtraLosses(entropy_weight=0.3)))
    p = before()
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    assert added == pytest.approx(usual + 0.3 * entropy.mean(), rel=1e-4)


def test_numbers_are_moved_away_from_the_truth(all_moved):
    terms = ExtraLosses(adversarial_weight=1.0, adversarial_norm=NORM)
    truths = np.array([3.0, -3.0], "float32")
    added, usual = loss_of(model_of(terms, kind="number"), truths)
    _, deviations = embedded()
    # The norm is spread over the words of a text, and the mean over them divides by their number.
    fall = NORM * np.linalg.norm(deviations * KERNEL[:, 0]) / np.sqrt([2, 4])
    value = np.array([(words.mean(axis=0) @ KERNEL)[0] for words in embedded()[0]])
    worse = np.abs(value - truths) + fall
    assert added == pytest.approx(usual + (worse**2).mean(), rel=1e-4)


def test_of_several_classes_the_divergence_is_that_of_one_distribution():
    terms = ExtraLosses(virtual_weight=1.0, virtual_norm=NORM, entropy_weight=1.0)
    model = model_of(terms, classes=3)
    p = keras.ops.convert_to_numpy(model(IDS)).astype("float64")
    entropy = -(p * np.log(p)).sum(axis=1).mean()
    added, usual = loss_of(model)
    # Moved by 0.8, the answers stay near: the divergence is positive and small.
    assert usual + entropy < added < usual + entropy + 0.5


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow has slices")
def test_padding_is_not_moved_and_the_gradient_of_the_table_stays_by_rows():
    import tensorflow as tf

    model = model_of(ExtraLosses(1.0, NORM, 1.0, NORM, 0.1))
    longer = tf.constant(np.pad(IDS, ((0, 0), (0, 5))))
    losses = []
    for x in (tf.constant(IDS), longer):
        with tf.GradientTape() as tape:
            model.extra.seed.state.assign([1, 0])
            loss = model.compute_loss(x, tf.constant(TRUTHS), model(x, training=True))
        slopes = tape.gradient(loss, model.get_layer("table").embeddings)
        assert isinstance(slopes, tf.IndexedSlices)
        losses.append(float(loss))
    x, y = tf.constant(IDS), tf.constant(TRUTHS)
    model_of(ExtraLosses(adversarial_weight=1.0)).train_on_batch(x, y)
    padded = model_of(ExtraLosses(1.0, NORM))
    short, long = (float(padded.compute_loss(each, y, padded(each))) for each in (x, longer))
    assert long == pytest.approx(short, rel=1e-5)


def test_it_learns_in_half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = model_of(ExtraLosses(1.0, NORM, 1.0, NORM, 0.1), dropout=0.1)
        added, usual = loss_of(model)
        losses = [float(np.ravel(model.train_on_batch(IDS, TRUTHS))[0]) for _ in range(12)]
    finally:
        keras.config.set_dtype_policy("float32")
    assert added > usual + 0.2
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]


def test_an_empty_text_has_no_direction_and_does_no_harm():
    model = model_of(ExtraLosses(1.0, NORM, 1.0, NORM))
    empty = np.zeros_like(IDS)
    assert np.isfinite(np.ravel(model.train_on_batch(empty, TRUTHS))[0])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_a_saved_model_and_an_exported_one_are_without_it(tmp_path):
    model = model_of(ExtraLosses(1.0, NORM))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    assert again.extra is None
    bare = plain(model)
    assert not isinstance(bare, RegularizedModel)
    assert plain(bare) is bare
    for other in (again, bare):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(other(IDS)), keras.ops.convert_to_numpy(model(IDS))
        )


def test_an_evaluation_measures_the_usual_loss():
    model = model_of(ExtraLosses(1.0, NORM))
    found = model.evaluate(IDS, TRUTHS, verbose=0)
    assert np.ravel(found)[0] == pytest.approx(crossentropy(before()).mean(), rel=1e-4)


def test_a_gradient_is_taken_on_every_backend():
    at = keras.ops.convert_to_tensor([1.0, -2.0])
    found = gradient(lambda x: keras.ops.sum(x**3), at)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), [3.0, 12.0], rtol=1e-6)


def test_what_cannot_be_is_refused():
    with pytest.raises(SpaceError, match="a regression has none"):
        model_of(ExtraLosses(virtual_weight=1.0), kind="number")
    for unknown in ("no_such_loss", keras.losses.BinaryCrossentropy, 3):
        with pytest.raises(SpaceError, match="needs a loss"):
            loss_object(unknown)


@pytest.mark.parametrize("weights", [None, np.array([2.0, 0.5], "float32")])
@pytest.mark.parametrize("columns", [(), (1,)])
@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.binary_crossentropy])
def test_a_loss_may_be_a_function_or_a_name(all_moved, loss, columns, weights):
    terms = ExtraLosses(adversarial_weight=1.0, adversarial_norm=NORM)
    usual = model_of(terms, loss=keras.losses.BinaryCrossentropy())
    truths = TRUTHS.reshape(-1, *columns).astype("float32")
    expected = loss_of(usual, truths, weights)
    assert loss_of(model_of(terms, loss=loss), truths, weights) == pytest.approx(expected)
    assert loss_object("mean_squared_error")(np.ones((2, 1)), np.zeros((2, 1))) == 1.0


@pytest.mark.parametrize("loss", ["mean_squared_error", keras.losses.mean_squared_error])
def test_it_trains_with_a_loss_that_is_a_function(loss):
    model = model_of(ExtraLosses(adversarial_weight=1.0), loss=loss)
    losses = [float(np.ravel(model.train_on_batch(IDS, TRUTHS))[0]) for _ in range(5)]
    assert losses[-1] < losses[0]

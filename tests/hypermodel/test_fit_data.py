"""Data that a model cannot learn from are named before Keras sees them, and end the search."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.tasks import TASKS
from attn_tuner.training.fit_data import Expected, UnfitData

X = np.random.default_rng(0).integers(1, 50, (12, 7)).astype("int32")
Y = np.arange(12) % 3
CLASSES = Expected(50, 3, TASKS["multiclass"])
LABELS = Expected(50, 3, TASKS["multilabel"])
NUMBERS = Expected(50, 2, TASKS["regression"])
FEATURES = Expected(50, 3, TASKS["multiclass"], features=4)


def checked(x, y, expected=CLASSES, **others):
    return expected.checked({"x": x, "y": y, **others})


def tensors(*values):
    tf = pytest.importorskip("tensorflow")
    return tuple(tf.constant(each) for each in values)


def batches(x, y, size=4):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(size)


class Sequence(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.pair = x, y

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.pair


WRONG = {
    "labels beyond classes": (CLASSES, X, Y + 1, "0 to 2. Subtract 1"),
    "labels far beyond": (CLASSES, X, Y * 4, "Give classes=9"),
    "negative labels": (CLASSES, X, Y - 1, "np.unique"),
    "labels beyond in a column": (CLASSES, X, (Y + 1)[:, None], "Subtract 1"),
    "string targets": (CLASSES, X, np.array(["pos", "neg", "no"])[Y], "strings, such as 'pos'"),
    "strings in a list": (CLASSES, X, ["pos"] * 12, "y holds strings"),
    "fractions": (CLASSES, X, Y / 2, "y holds 0.5; class numbers are whole"),
    "nan": (CLASSES, X, np.full(12, np.nan), "y holds nan"),
    "one-hot of others": (CLASSES, X, np.eye(4)[Y], "is one-hot, for classes=3"),
    "several labels": (CLASSES, X, np.ones((12, 3)), "task='multilabel'"),
    "no targets": (CLASSES, X, None, "y is missing"),
    "too few targets": (CLASSES, X, Y[:5], "12 texts and y 5 targets"),
    "ids beyond": (CLASSES, X + 30, Y, "vocabulary_size=50 ids run from 0 to 49"),
    "negative ids": (CLASSES, X - 9, Y, "x holds the id -8"),
    "ids beyond in a list": (CLASSES, (X + 30).tolist(), Y, "vocabulary_size=50"),
    "raw strings": (CLASSES, np.array(["a text"] * 12), Y, "x holds strings, such as 'a text'"),
    "raw strings in a list": (CLASSES, ["a text"] * 12, Y, "Vectorizer.padded"),
    "words in a list": (CLASSES, [["a", "text"]] * 12, Y, "x holds strings"),
    "probabilities for ids": (CLASSES, X / 100, Y, "ids are whole numbers"),
    "one text": (CLASSES, X[0], Y[:7], r"x has the shape \(7,\)"),
    "numbers for labels": (LABELS, X, Y, r"a matrix of 0 and 1, `\(texts, 3\)`"),
    "other values of labels": (LABELS, X, np.full((12, 3), 2), "a matrix of 0 and 1"),
    "two numbers": (NUMBERS, X, np.ones((12, 2)), "one number per text"),
    "inf": (NUMBERS, X, np.full(12, np.inf), "y holds nan or inf"),
    "other features": (FEATURES, np.ones((12, 5, 3)), Y, "features=4"),
    "ids for features": (FEATURES, X, Y, "features=4"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_learnt_from_is_named_with_its_argument(name):
    expected, x, y, said = WRONG[name]
    with pytest.raises(UnfitData, match=said) as refusal:
        checked(x, y, expected)
    assert str(refusal.value).startswith(("x ", "y "))
    with pytest.raises(UnfitData, match="of validation_data"):
        checked(X, Y, CLASSES, validation_data=(X + 30, Y))


@pytest.mark.parametrize(
    "name", ["labels beyond classes", "ids beyond", "raw strings", "string targets", "fractions"]
)
@pytest.mark.parametrize("kind", [batches, Sequence, lambda x, y: iter([(x, y)])])
def test_the_first_batch_of_data_in_batches_is_checked(name, kind):
    expected, x, y, _ = WRONG[name]
    with pytest.raises(UnfitData, match="first batch of x"):
        expected.checked({"x": kind(x, y)})
    with pytest.raises(UnfitData, match="first batch of validation_data"):
        expected.checked({"x": X, "y": Y, "validation_data": kind(x, y)})


RIGHT = {
    "one-hot": (X, np.eye(3)[Y]),
    "one-hot, whole": (X, keras.utils.to_categorical(Y, 3).astype("int64")),
    "one-hot in lists": (X, np.eye(3)[Y].tolist()),
    "a column": (X, Y[:, None]),
    "floats": (X.astype("float32"), Y.astype("float64")),
    "lists": (X.tolist(), Y.tolist()),
    "rows of arrays": (list(X), Y),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_meant_becomes_ids_and_class_numbers(name):
    found = checked(*RIGHT[name])
    np.testing.assert_array_equal(found["x"], X)
    np.testing.assert_array_equal(np.ravel(found["y"]), Y)


def test_rows_of_several_lengths_are_padded_behind():
    rows = [[1, 2, 3], [4], [], [5, 6]]
    found = checked(rows, [0, 1, 2, 0])["x"]
    np.testing.assert_array_equal(found, [[1, 2, 3], [4, 0, 0], [0, 0, 0], [5, 6, 0]])
    again = checked(np.array([np.array(row) for row in rows], object), [0, 1, 2, 0])["x"]
    np.testing.assert_array_equal(again, found)


def test_arrays_and_tensors_that_will_do_are_handed_on_as_they_are():
    for x, y in ((X, Y), tensors(X, Y)):
        found = checked(x, y, validation_data=(x, y))
        assert found["x"] is x
        assert found["y"] is y
        assert found["validation_data"][0] is x


def test_a_generator_still_gives_its_first_batch():
    data = CLASSES.checked({"x": ((X, Y) for _ in range(3))})["x"]
    assert len(list(data)) == 3


def test_one_hot_targets_in_batches_are_refused_with_the_way_out():
    with pytest.raises(UnfitData, match=r"tf\.argmax"):
        CLASSES.checked({"x": batches(X, np.eye(3)[Y])})


def test_a_keras_tuner_search_ends_with_the_sentence(hypermodel, ids, tmp_path):
    tuner = keras_tuner.RandomSearch(
        hypermodel, "val_accuracy", max_trials=2, directory=tmp_path, project_name="run"
    )
    labels = np.arange(len(ids)) % 3
    with pytest.raises(DataError, match="classes=2 takes 0 to 1"):
        tuner.search(ids, labels, validation_data=(ids, labels), verbose=0)


def test_a_loss_of_the_callers_own_gets_the_targets_as_they_are(narrow, ids):
    hypermodel = AttentionHyperModel(50, 3, space=narrow)
    hp = hypermodel.hyperparameters()
    model = hypermodel.build(hp)
    targets = np.eye(3)[np.arange(len(ids)) % 3]
    told = {}
    model.fit = lambda x, y, **others: told.update(y=y)
    for loss, changed in ((model.loss, True), ("categorical_crossentropy", False)):
        model.loss = loss
        hypermodel.fit(hp, model, ids, targets)
        assert (told["y"] is not targets) is changed


def test_one_hot_targets_and_ragged_ids_train(hypermodel, ids, labels):
    tf = pytest.importorskip("tensorflow")
    hp = hypermodel.hyperparameters()
    model = hypermodel.build(hp)
    ragged = tf.RaggedTensor.from_tensor(ids, padding=0)
    hypermodel.fit(hp, model, ragged, keras.utils.to_categorical(labels, 2), verbose=0)
    dense = model.predict(ragged.to_tensor(), verbose=0)
    np.testing.assert_allclose(model.predict(ragged, verbose=0), dense, rtol=1e-5, atol=1e-6)


NAMED = Expected(50, 3, TASKS["multiclass"], names=("neg", "no", "pos"))
UNFIT_WEIGHTS = {
    "another name": (NAMED, {"poss": 2.0}, "No class is called 'poss'. Did you mean 'pos'"),
    "a number too large": (CLASSES, {3: 2.0}, "the key 3; classes=3 are numbered from 0 to 2"),
    "names without names": (CLASSES, {"pos": 2.0}, "the key 'pos'; classes=3 are numbered"),
    "several labels": (LABELS, {0: 2.0}, "the task is multilabel. Give sample_weight"),
    "numbers": (NUMBERS, {0: 2.0}, "the task is regression. Give sample_weight"),
}


def test_weights_of_classes_may_be_given_by_name():
    names = np.array(NAMED.names)[Y]
    given = checked(X, names, NAMED, class_weight={"pos": 2, "neg": 0.5})
    assert given["class_weight"] == {2: 2.0, 0: 0.5}
    assert checked(X, Y, CLASSES, class_weight={np.int64(1): 3.0})["class_weight"] == {1: 3.0}
    assert checked(X, Y, CLASSES, class_weight=None)["class_weight"] is None


@pytest.mark.parametrize("case", UNFIT_WEIGHTS)
def test_weights_that_keras_would_pass_over_are_refused(case):
    expected, weights, sentence = UNFIT_WEIGHTS[case]
    targets = {"labels": np.ones((12, 3)), "number": Y / 2}.get(expected.task.kind, Y)
    with pytest.raises(UnfitData, match=sentence):
        checked(X, targets, expected, class_weight=weights)

"""Loss, metrics, optimizer and names of classes of the user's own."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.training.fit_data import UnfitData
from attn_tuner.training.row_adamw import RowAdamW


def trained(hypermodel, x, y, **options):
    hp = hypermodel.hyperparameters()
    model = hypermodel.build(hp)
    history = hypermodel.fit(hp, model, x, y, verbose=0, **options)
    return model, history.history


def test_named_metrics_are_measured_and_may_be_a_tuners_objective(narrow, ids, labels, tmp_path):
    names = ["accuracy", "f1_macro", "auc"]
    hypermodel = AttentionHyperModel(50, 2, space=narrow, metrics=names)
    _, history = trained(hypermodel, ids, labels, validation_data=(ids, labels))
    assert set(history) == {*names, "loss", *(f"val_{name}" for name in [*names, "loss"])}
    tuner = keras_tuner.RandomSearch(
        hypermodel,
        keras_tuner.Objective("val_f1_macro", "max"),
        max_trials=1,
        directory=tmp_path,
    )
    tuner.search(ids, labels, validation_data=(ids, labels), verbose=0)
    assert 0 <= tuner.oracle.get_best_trials()[0].score <= 1


def test_a_model_with_named_metrics_comes_back_from_its_file(narrow, ids, tmp_path):
    names = ["f1_micro", "auc", keras.metrics.SparseTopKCategoricalAccuracy(2)]
    hypermodel = AttentionHyperModel(50, 3, space=narrow, metrics=names)
    model, _ = trained(hypermodel, ids, np.arange(len(ids)) % 3)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    given = (ids, np.arange(len(ids)) % 3)
    np.testing.assert_allclose(
        again.evaluate(*given, verbose=0), model.evaluate(*given, verbose=0), rtol=1e-4
    )


def test_a_loss_of_ones_own_gets_the_targets_it_wants(narrow, ids):
    targets = np.eye(3)[np.arange(len(ids)) % 3]
    hypermodel = AttentionHyperModel(50, 3, space=narrow, loss="categorical_crossentropy")
    model, _ = trained(hypermodel, ids, targets)
    assert model.loss == "categorical_crossentropy"
    focal = keras.losses.BinaryFocalCrossentropy()
    model, _ = trained(AttentionHyperModel(50, space=narrow, loss=focal), ids, targets[:, 0])
    assert model.loss is focal


@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", keras.losses.CategoricalFocalCrossentropy()]
)
def test_names_of_classes_become_what_the_loss_takes(narrow, ids, loss):
    classes = np.array(["neg", "no", "pos"])
    numbers = np.arange(len(ids)) % 3
    named = AttentionHyperModel(50, classes, space=narrow, loss=loss, seed=1)
    numbered = AttentionHyperModel(50, 3, space=narrow, loss=loss, seed=1)
    given = (ids, classes[numbers])
    _, history = trained(named, *given, validation_data=given, shuffle=False)
    _, expected = trained(numbered, ids, np.eye(3)[numbers], shuffle=False)
    assert history["loss"] == pytest.approx(expected["loss"])
    assert history["accuracy"] == pytest.approx(expected["accuracy"])
    assert "val_accuracy" in history


@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", keras.losses.CategoricalCrossentropy()]
)
def test_a_loss_of_columns_is_refused_for_one_column(narrow, loss):
    with pytest.raises(SpaceError, match=r"gives one probability, \(batch, 1\)"):
        AttentionHyperModel(50, 2, space=narrow, loss=loss)


def test_an_optimizer_is_a_name_an_object_or_a_function_of_the_rate(narrow):
    values = {"learning_rate": 0.25, "batch_size": 32}
    plain = AttentionHyperModel(50, space=narrow).model(values)
    named = AttentionHyperModel(50, space=narrow, optimizer="sgd").model(values)
    assert isinstance(plain.optimizer, RowAdamW)
    assert isinstance(named.optimizer, keras.optimizers.SGD)
    assert float(named.optimizer.learning_rate) == pytest.approx(
        float(plain.optimizer.learning_rate)
    )
    own = keras.optimizers.Adam(0.5)
    hypermodel = AttentionHyperModel(50, space=narrow, optimizer=own)
    models = [hypermodel.model(values) for _ in range(2)]
    assert float(models[0].optimizer.learning_rate) == 0.5
    assert len({id(own), *(id(model.optimizer) for model in models)}) == 3
    made = AttentionHyperModel(50, space=narrow, optimizer=keras.optimizers.Lion).model(values)
    assert isinstance(made.optimizer, keras.optimizers.Lion)


def test_targets_may_be_names_of_classes(narrow, ids, labels):
    hypermodel = AttentionHyperModel(50, ["bad", "good"], space=narrow)
    names = np.array(["bad", "good"])[labels]
    for y in (names, names.tolist(), names.astype("S"), names[:, None], labels):
        found = hypermodel._expected(hypermodel.model({})).checked({"x": ids, "y": y})["y"]
        np.testing.assert_array_equal(np.ravel(found), labels)
    trained(hypermodel, ids, names)
    with pytest.raises(UnfitData, match=r"y: No class is called 'god'\. Did you mean 'good'"):
        trained(hypermodel, ids, ["god", *names[1:]])


def test_names_that_make_no_classes_are_refused(narrow):
    with pytest.raises(SpaceError, match="a list of different names"):
        AttentionHyperModel(50, ["a", "a"], space=narrow)
    with pytest.raises(SpaceError, match="at least 2 classes"):
        AttentionHyperModel(50, ["a"], space=narrow)


def test_an_unknown_metric_is_met_with_the_known_ones(narrow):
    with pytest.raises(UnknownName, match="Did you mean 'f1_macro'"):
        AttentionHyperModel(50, space=narrow, metrics=["f1_marco"])

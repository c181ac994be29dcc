"""A user's own hypermodel in the place of ours."""

import keras
import keras_tuner
import pytest

import attn_tuner
from attn_tuner.errors import RunError, SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.space import Choice, Float, Int
from attn_tuner.storage.run import Run
from attn_tuner.tuning.own_hypermodel import OwnHyperModel, own_hypermodel, reading_space
from tests.support.colours import colours, quick_search

READING = reading_space([8, 16], 50, [1, 2])
FACTS = {"vocabulary_size": 50, "classes": 2, "training_texts": 100}


class Plain(keras_tuner.HyperModel):
    """An average of embeddings, or a GRU of them."""

    def __init__(self, words=50, classes=2, outputs=1):
        super().__init__()
        self.words, self.outputs = words, outputs

    def build(self, hp):
        inputs = keras.Input((None,), dtype="int32")
        states = keras.layers.Embedding(self.words, hp.Int("width", 4, 8, step=4), mask_zero=True)(
            inputs
        )
        kind = hp.Choice("kind", ["mean", "gru"])
        if kind == "gru":
            with hp.conditional_scope("kind", ["gru"]):
                pooled = keras.layers.GRU(hp.Int("gru.units", 2, 4))(states)
        else:
            pooled = keras.layers.GlobalAveragePooling1D()(states)
        if hp.Boolean("deep"):
            pooled = keras.layers.Dense(4, activation="relu")(pooled)
        answer = keras.layers.Dense(self.outputs, activation="sigmoid")(pooled)
        model = keras.Model(inputs, answer)
        rate = hp.Float("rate", 1e-3, 1e-1, sampling="log", step=10)
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy")
        return model


def values_of(folder):
    return [record.values for record in Run.read(folder).records]


def own(build=None, **changes):
    return OwnHyperModel(build or Plain().build, READING, **{**FACTS, **changes})


def test_its_dimensions_are_searched_those_under_a_condition_too():
    space = own().space
    assert set(space) - set(READING) == {"width", "kind", "gru_units", "deep", "rate"}
    assert isinstance(space["width"], Int)
    assert space["kind"].values == ("mean", "gru")
    assert isinstance(space["gru_units"], Int)
    assert space["rate"].values == pytest.approx((1e-3, 1e-2, 1e-1))
    plain = OwnHyperModel(lambda hp: _linear(hp.Float("x", 0.0, 1.0)), READING, **FACTS)
    assert isinstance(plain.space["x"], Float)


def _linear(_):
    return Plain().build(keras_tuner.HyperParameters())


def test_what_stands_in_a_loop_or_under_a_condition_of_keras_tuner_is_found():
    def build(hp):
        for number in range(hp.Int("layers", 1, 3)):
            hp.Int(f"units_{number}", 2, 4)
        hp.Choice("kind", ["a", "b", "c"])
        with hp.conditional_scope("kind", ["c"]):
            hp.Boolean("only_c")
        return _linear(hp)

    names = {"layers", "units_0", "units_1", "units_2", "kind", "only_c"}
    assert names <= set(own(build).space)


def test_the_model_has_the_values_and_an_optimizer_that_a_resume_point_can_hold():
    model = own().model({"kind": "gru", "gru_units": 3, "width": 8, "rate": 0.01})
    assert [each.units for each in model.layers if isinstance(each, keras.layers.GRU)] == [3]
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)
    assert len(model.optimizer.variables) > 2


def test_what_it_declares_and_the_search_needs_is_declared_once():
    def build(hp):
        hp.Choice("batch_size", [7, 9])
        return _linear(hp)

    assert own(build).space["batch_size"] == READING["batch_size"]
    assert isinstance(own(build).space["batch_size"], Choice)


WRONG = {
    "no model": (lambda hp: 3, {}, "built a int. It should build a Functional model"),
    "several outputs": (Plain(outputs=3).build, {}, r"outputs \[\(None, 3\)\]; these data need"),
    "more words": (Plain(9).build, {}, "Embedding of 9 rows, and the vocabulary has 50"),
    "not compiled": (
        lambda hp: keras.Sequential(
            [keras.Input((None,)), keras.layers.Embedding(50, 1), keras.layers.GlobalMaxPooling1D()]
        ),
        {},
        "not compiled",
    ),
    "one length": (
        lambda hp: keras.Sequential([keras.Input((9,)), keras.layers.Dense(1)]),
        {},
        r"inputs \[\(None, 9\)\]. It should take one batch of ids of any length",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_trained_is_refused_in_a_sentence(name):
    build, changes, said = WRONG[name]
    with pytest.raises(SpaceError, match=said):
        own(build, **changes).model({})


def test_it_is_given_as_an_object_a_class_or_a_function():
    for given in (Plain(), Plain, lambda words, classes: Plain(words)):
        assert isinstance(own_hypermodel(given, READING, **FACTS), OwnHyperModel)
    with pytest.raises(SpaceError, match=r"gave a int; it should give a keras_tuner\.HyperModel"):
        own_hypermodel(lambda words, classes: 3, READING, **FACTS)


def test_a_search_tries_it_exports_the_best_and_goes_on(tmp_path):
    options = {"hypermodel": Plain, "space": {"kind": ["mean"]}, "max_trials": 2, "epochs": 2}
    result = quick_search(tmp_path / "run", **options)
    tried = values_of(tmp_path / "run")
    assert {values["kind"] for values in tried} == {"mean"}
    assert {"width", "deep", "rate", "batch_size"} <= set(tried[0])
    assert result.predict(["red"])[0].label in result.classes
    quick_search(tmp_path / "run", **options)
    assert values_of(tmp_path / "run") == tried
    with pytest.raises(RunError, match=r"differs in kind.* warm_start= or --warm-start"):
        quick_search(tmp_path / "run", **{**options, "space": None})


def test_a_subclass_of_ours_keeps_its_further_dimensions(tmp_path):
    class Scaled(AttentionHyperModel):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.space = self.space.extend(scale_of_loss=Choice((1, 2)))

    space = {"encoder": ["none"], "head": ["mean"], "embedding_dim": [32]}
    quick_search(tmp_path / "run", hypermodel=Scaled, space=space, max_trials=1)
    (values,) = values_of(tmp_path / "run")
    assert values["scale_of_loss"] in (1, 2)
    assert values["embedding_dim"] == 32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pretrain": 0.2}, "pretrain trains the encoder of our model"),
        ({"space": attn_tuner.SearchSpace(a=Choice((1, 2)))}, "hypermodel brings its own"),
        ({"space": "missing.toml"}, "The space file missing.toml cannot be read: No such file"),
        ({"hypermodel": 3}, "hypermodel is 3; it should be a keras_tuner.HyperModel"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_data_are_read(options, said, tmp_path):
    with pytest.raises(SpaceError, match=said):
        attn_tuner.search(colours(), directory=tmp_path, **{"hypermodel": Plain, **options})


def test_a_callback_that_cannot_be_copied_is_named_at_once(tmp_path):
    class Locked(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            raise TypeError("cannot pickle 'lock'")

    with pytest.raises(SpaceError, match="callbacks holds a Locked that cannot be copied"):
        attn_tuner.search(colours(), directory=tmp_path, callbacks=[Locked()], max_trials=1)

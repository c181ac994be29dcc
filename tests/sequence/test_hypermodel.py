"""`SequenceHyperModel` in KerasTuner's own tuners."""

import keras
import keras_tuner
import numpy as np
import pytest

import attn_tuner
from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.errors import SpaceError
from attn_tuner.sequence import SequenceHyperModel, default_sequence_space
from attn_tuner.space import SearchSpace
from tests.support.small_pairs import SOURCES, TARGETS

OBJECTIVE = keras_tuner.Objective("val_exact_match", "max")
SMALL = {"units": 8, "embedding_dim": 8, "decoder_units": 8, "encoder": "gru", "decoder_layers": 1}


class Eager(SequenceHyperModel):
    """Trains without tracing, which for so few batches takes a tenth of the time."""

    def model(self, values):
        model = super().model(values)
        model.run_eagerly = True
        return model


@pytest.fixture
def small():
    return default_sequence_space().fix(SMALL).narrow(attention=["dot", "none"])


@pytest.fixture
def tuned(vocabularies, small, tmp_path):
    """Runs a tuner on the pairs and returns it."""

    def run(make, **options):
        hypermodel = Eager(len(vocabularies.source), len(vocabularies.target), space=small)
        x, y = vocabularies.arrays(SOURCES, TARGETS)
        tuner = make(hypermodel, OBJECTIVE, directory=tmp_path, seed=3, **options)
        tuner.oracle.verbose = 0
        tuner.search(x, y, validation_data=(x, y), verbose=0)
        return tuner, x, y

    return run


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (keras_tuner.RandomSearch, {"max_trials": 2}),
        pytest.param(keras_tuner.Hyperband, {"max_epochs": 2, "factor": 2}, marks=pytest.mark.slow),
    ],
)
def test_a_stock_tuner_searches_and_its_best_model_scores_as_its_trial(make, options, tuned):
    tuner, x, y = tuned(make, **options)
    trials = list(tuner.oracle.trials.values())
    assert {trial.status for trial in trials} == {"COMPLETED"}
    best = tuner.oracle.get_best_trials(1)[0]
    found = tuner.get_best_models()[0].evaluate(x, y, verbose=0, return_dict=True)
    assert found["exact_match"] == pytest.approx(best.score, abs=1e-6)


def test_one_build_makes_the_whole_space_known():
    hypermodel = SequenceHyperModel(9, 9)
    hp = keras_tuner.HyperParameters()
    hypermodel.build(hp)
    assert {each.name for each in hp.space} == set(hypermodel.space.describe())
    assert {"attention", "input_feeding", "label_smoothing", "decoder_cell"} <= set(hp.values)


@pytest.mark.parametrize("name", decoder_attentions)
def test_every_attention_can_be_built_from_the_space(name):
    space = default_sequence_space().fix({**SMALL, "attention": name})
    model = SequenceHyperModel(9, 9, space=space).model({})
    assert type(model.decoder.attention) is decoder_attentions[name].build
    x = {"source": np.array([[2, 5, 3]]), "target": np.array([[2, 4]])}
    assert model(x).shape == (1, 2, 9)


def test_the_batch_size_of_the_point_is_used_unless_the_caller_names_one(vocabularies, small):
    hypermodel = Eager(len(vocabularies.source), len(vocabularies.target), space=small)
    hp = keras_tuner.HyperParameters()
    hp.Fixed("batch_size", 2)
    model = hypermodel.build(hp)
    x, y = vocabularies.arrays(SOURCES, TARGETS)
    hypermodel.fit(hp, model, x, y, verbose=0)
    assert int(model.optimizer.iterations) == 3
    hypermodel.fit(hp, model, x, y, batch_size=6, verbose=0)
    assert int(model.optimizer.iterations) == 4


def test_epochs_of_the_space_set_the_length_and_the_schedule(vocabularies, small):
    space = small.extend(epochs=attn_tuner.Choice((2,)))
    sizes = (len(vocabularies.source), len(vocabularies.target))
    hypermodel = Eager(*sizes, space=space, training_texts=6)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    x, y = vocabularies.arrays(SOURCES, TARGETS)
    assert len(hypermodel.fit(hp, model, x, y, verbose=0).epoch) == 2
    assert isinstance(model.optimizer.get_config()["learning_rate"], dict), (
        "the learning rate follows a schedule"
    )


def test_a_seed_makes_the_same_model():
    one, other = (SequenceHyperModel(9, 9, seed=5).model({}) for _ in range(2))
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_a_compiled_model_is_saved_and_loaded_with_its_loss(tmp_path):
    model = SequenceHyperModel(9, 9).model({"label_smoothing": 0.1, "encoder": "gru"})
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.smoothing == 0.1


def test_a_space_without_a_dimension_of_the_model_is_refused():
    with pytest.raises(SpaceError, match=r"The space lacks \['attention', "):
        SequenceHyperModel(9, 9, space=SearchSpace(dropout=attn_tuner.Float(0.0, 0.5)))


def test_an_encoder_that_is_no_part_is_refused():
    space = default_sequence_space()
    wrong = SearchSpace({**space, "encoder": attn_tuner.Choice(("gru", "lstm"))})
    with pytest.raises(SpaceError, match="'encoder' is Choice"):
        SequenceHyperModel(9, 9, space=wrong).model({})


def test_weights_of_classes_are_refused_and_weights_of_pairs_are_learnt(vocabularies, small):
    hypermodel = Eager(len(vocabularies.source), len(vocabularies.target), space=small)
    hp = keras_tuner.HyperParameters()
    model = hypermodel.build(hp)
    given = (hp, model, *vocabularies.arrays(SOURCES, TARGETS))
    with pytest.raises(SpaceError, match=r"a row of tokens\. Give sample_weight="):
        hypermodel.fit(*given, class_weight={0: 1.0, 1: 2.0})
    before = model.get_weights()
    weights = np.ones(len(SOURCES), "float32")
    hypermodel.fit(*given, sample_weight=weights, class_weight=None, verbose=0)
    assert any(not np.array_equal(*both) for both in zip(before, model.get_weights(), strict=True))

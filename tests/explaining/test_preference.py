import keras
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.explaining.preference import FaithfulObjective, check_faithful_task, parse_objective

TEXTS = ["the film was very good", "a hotel the film was bad", "good the hotel was a film"] * 3
READING = {"max_length": 64, "truncation": "head", "vocabulary_size": 11}


def measured(bundle, objective="accuracy", weight=0.1, model=None, score=0.9):
    prefer = FaithfulObjective(
        bundle.vectorizer, bundle.classes, bundle.task, TEXTS, objective, weight
    )
    return prefer(model or bundle.model, READING, {objective: score})


def test_honest_highlights_raise_the_score_by_their_weight(bundle):
    found = measured(bundle)
    assert found["faithfulness"] > 0.2
    assert found["faithful_accuracy"] == pytest.approx(0.9 + 0.1 * found["faithfulness"])


def test_an_objective_that_should_shrink_falls_by_it(bundle):
    found = measured(bundle, "log_loss", 0.5, score=0.3)
    assert found["faithful_log_loss"] == pytest.approx(0.3 - 0.5 * found["faithfulness"])


def test_attention_elsewhere_costs_score(make_bundle):
    astray = make_bundle()
    head = astray.model.get_layer("head")
    head.score.set_weights([-weight for weight in head.score.get_weights()])
    assert measured(astray)["faithful_accuracy"] < 0.9


def test_a_model_without_attention_explains_nothing(bundle):
    ids = bundle.model.inputs[0]
    pooled = keras.ops.max(keras.layers.Embedding(11, 4)(ids), axis=1)
    silent = keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(pooled))
    assert measured(bundle, model=silent) == {"faithfulness": 0.0, "faithful_accuracy": 0.9}


def test_the_word_faithful_and_the_weight_say_the_same():
    assert parse_objective("faithful accuracy", None) == ("accuracy", 0.1)
    assert parse_objective("faithful f1_macro", 0.3) == ("f1_macro", 0.3)
    assert parse_objective("accuracy", 0.3) == ("accuracy", 0.3)
    assert parse_objective(None, None) == (None, 0.0)


def test_a_negative_weight_and_answers_without_a_class_are_refused():
    with pytest.raises(SpaceError, match="faithful is -1"):
        parse_objective("accuracy", -1)
    with pytest.raises(SpaceError, match="each text has one class"):
        check_faithful_task("number", 0.1)

"""Branches of a user's own model."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel import AttentionHyperModel


@pytest.fixture
def hp():
    return keras_tuner.HyperParameters()


def branch(name, narrow, hp):
    inputs = keras.Input((None,), dtype="int32", name=name)
    return inputs, AttentionHyperModel(50, space=narrow, name=name).features(hp, inputs)


def joined(*branches):
    inputs, contexts = zip(*branches, strict=True)
    both = keras.layers.Concatenate()(list(contexts))
    model = keras.Model(list(inputs), keras.layers.Dense(1, activation="sigmoid")(both))
    model.compile("adam", "binary_crossentropy")
    return model


def test_two_branches_stand_in_one_model_which_comes_back_from_its_file(narrow, hp, ids, tmp_path):
    narrow = narrow.fix(second_head="last", layer_norm=True, dense_layers=2)
    model = joined(branch("question", narrow, hp), branch("answer", narrow, hp))
    names = [layer.name for layer in model.layers]
    ours = [name for name in names if name.startswith(("question_", "answer_"))]
    assert len(ours) == len(names) - 4  # All but two inputs, the concatenation and the last layer.
    assert "question_head" in ours
    assert "answer_embedding" in ours
    model.fit([ids, ids[::-1]], np.arange(len(ids)) % 2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    expected = model.predict([ids, ids], verbose=0)
    np.testing.assert_allclose(again.predict([ids, ids], verbose=0), expected, atol=1e-6)


def test_two_whole_models_of_different_names_stand_in_one(narrow, ids):
    models = [AttentionHyperModel(50, space=narrow, name=name).model({}) for name in ("q", "a")]
    both = keras.layers.Concatenate()([model.layers[-2].output for model in models])
    joined = keras.Model([model.input for model in models], both)
    assert [each.name for each in joined.inputs] == ["q_ids", "a_ids"]
    assert joined.predict([ids, ids], verbose=0).shape[0] == len(ids)
    plain = AttentionHyperModel(50, space=narrow).model({})
    assert plain.input.name == "ids"


def test_branches_have_the_same_values_unless_each_has_a_name_scope(narrow, hp):
    joined(branch("question", narrow, hp), branch("answer", narrow, hp))
    assert {each.name for each in hp.space} == set(narrow.describe())
    apart = keras_tuner.HyperParameters()
    for name in ("question", "answer"):
        with apart.name_scope(name):
            branch(name, narrow, apart)
    assert {"question/encoder", "answer/encoder"} <= set(apart.values)


def test_a_text_and_numbers_stand_in_one_model(narrow, hp, ids, rng):
    text, context = branch("text", narrow, hp)
    price = keras.Input((1,), name="price")
    answer = keras.layers.Dense(1)(keras.layers.Concatenate()([context, price]))
    model = keras.Model([text, price], answer)
    assert model.predict([ids, rng.normal(size=(len(ids), 1))], verbose=0).shape == (len(ids), 1)


def test_numeric_sequences_have_branches_too(hp):
    inputs = keras.Input((None, 3), name="sensor")
    context = AttentionHyperModel(features=3, name="sensor").features(hp, inputs)
    assert len(context.shape) == 2


@pytest.mark.parametrize("shape", [(), (None, 3)])
def test_inputs_of_another_shape_are_refused_with_the_one_that_fits(narrow, hp, shape):
    hypermodel = AttentionHyperModel(50, space=narrow, name="question")
    with pytest.raises(SpaceError, match=r"features\(\) of 'question' takes \(None, None\)"):
        hypermodel.features(hp, keras.Input(shape))

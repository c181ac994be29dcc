"""The sampled softmax: its equation by hand, its mean, and a training with it."""

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.sequence import SequenceHyperModel, SequenceModel
from attn_tuner.sequence.sampled_softmax import (
    draw_ids,
    following,
    sampled_logits,
    sampling_probabilities,
)
from attn_tuner.sequence.space import default_sequence_space
from tests.support.small_pairs import SOURCES, TARGETS

COUNT = 9


def arrays(*given):
    return [np.asarray(each, "float32") for each in given]


def test_ids_are_drawn_as_often_as_their_probabilities_say():
    drawn = ops.convert_to_numpy(draw_ids(40_000, COUNT, keras.random.SeedGenerator(1)))
    wanted = sampling_probabilities(COUNT)
    assert wanted.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.bincount(drawn, minlength=COUNT) / 40_000, wanted, atol=0.01)


def test_the_logits_are_those_of_blanc_and_rendle_worked_by_hand(rng):
    vectors, kernel, bias = arrays(
        rng.normal(size=(1, 3, 2)), rng.normal(size=(2, COUNT)), rng.normal(size=COUNT)
    )
    drawn = np.array([4, 7, 4, 5])
    ids, logits = sampled_logits(vectors, np.array([[5, 0, 99]]), drawn, kernel, bias)
    assert ops.convert_to_numpy(ids).tolist() == [[2, 0, 2]]
    found = ops.convert_to_numpy(logits)[0]
    often = np.log(4 * sampling_probabilities(COUNT))

    def logit(step, token):
        return vectors[0, step] @ kernel[:, token] + bias[token]

    # Token 5 is drawn and true, and counts once; 99 is outside the vocabulary, so unknown.
    four, seven = (logit(0, token) - often[token] for token in (4, 7))
    first = [four, seven, logit(0, 5), four, -1e9]
    np.testing.assert_allclose(found[0], first, rtol=1e-5)
    assert found[2, 2] == pytest.approx(logit(2, 1), rel=1e-5)


def test_a_large_sample_has_the_loss_of_all_tokens(rng):
    vectors, kernel, bias = arrays(
        rng.normal(size=(1, 5, 3)), rng.normal(size=(3, COUNT)), rng.normal(size=COUNT)
    )
    ids = np.array([[1, 4, 8, 2, 5]])
    logits = vectors[0] @ kernel + bias
    whole = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(5), ids[0]]
    drawn = draw_ids(40_000, COUNT, keras.random.SeedGenerator(1))
    _, sampled = sampled_logits(vectors, ids, drawn, kernel, bias)
    sampled = ops.convert_to_numpy(sampled)[0].astype("float64")
    found = np.log(np.exp(sampled).sum(axis=1)) - sampled[:, 2]
    np.testing.assert_allclose(found, whole, atol=0.02)


def test_what_follows_a_target_is_what_is_wanted_of_it(vocabularies):
    x, y = vocabularies.arrays(SOURCES, TARGETS)
    assert np.array_equal(following(x["target"]), y)
    wider = np.pad(x["target"], ((0, 0), (0, 2)))
    assert np.array_equal(following(wider)[:, :-2], y)


def test_a_model_learns_with_a_sample_and_is_measured_with_all(vocabularies):
    space = default_sequence_space().fix(sampled_softmax=6, decoder_units=32)
    sizes = (len(vocabularies.source), len(vocabularies.target))
    model = SequenceHyperModel(*sizes, space=space, seed=0).model({"encoder": "gru"})
    model.optimizer.learning_rate = 0.02
    x, y = vocabularies.arrays(SOURCES * 8, TARGETS * 8)
    told = model.fit(x, y, batch_size=8, epochs=12, verbose=0).history
    assert told["loss"][-1] < told["loss"][0] / 3
    assert told["token_accuracy"][-1] > 0.8  # Among the sampled tokens.
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    assert found["token_accuracy"] > 0.8
    assert model(x).shape[-1] == sizes[1]


def test_where_all_tokens_are_no_more_than_the_sample_there_is_none(model_of, vocabularies):
    size = len(vocabularies.target)
    model = model_of(sampled_softmax=size)
    x, _ = vocabularies.arrays(["5"], ["x"])
    assert model(x, training=True).shape[-1] == size
    sampled = model_of(sampled_softmax=size - 1)
    found = sampled(x, training=True)
    assert found["logits"].shape == (*x["target"].shape, size)
    assert sampled(x).shape[-1] == size
    assert SequenceModel.from_config(sampled.get_config()).sampled_softmax == size - 1


@pytest.mark.parametrize("count", [1, -3, 2.5])
def test_a_sample_of_no_size_is_refused(count):
    with pytest.raises(SpaceError, match="sampled_softmax is"):
        SequenceModel(9, 9, sampled_softmax=count)

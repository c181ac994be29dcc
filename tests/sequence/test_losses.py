"""The loss and the metrics of sequences, by hand."""

import keras
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.sequence import ExactMatch, TokenAccuracy, TokenCrossentropy
from attn_tuner.sequence.losses import coverage_loss

LOGITS = [[[0.5, 0.25, 0.25], [0.2, 0.2, 0.6]], [[0.1, 0.8, 0.1], [0.4, 0.3, 0.3]]]
# Behind padding comes the unknown token, which is never likely here.
LOGITS = np.log(np.insert(LOGITS, 1, 1e-9, axis=2)).astype("float32")
IDS = np.array([[2, 3], [2, 0]])  # The last is padding.


def test_the_loss_is_the_mean_over_all_tokens_but_padding():
    found = TokenCrossentropy()(IDS, LOGITS)
    assert float(found) == pytest.approx(-np.log([0.25, 0.6, 0.8]).mean(), abs=1e-6)


def test_a_smoothed_loss_spreads_a_part_of_the_label_over_all_tokens():
    logs = LOGITS[[0, 0, 1], [0, 1, 0]]
    wanted = -0.9 * logs[[0, 1, 2], [2, 3, 2]] - 0.1 * logs.mean(axis=1)
    assert float(TokenCrossentropy(0.1)(IDS, LOGITS)) == pytest.approx(wanted.mean(), abs=1e-6)


def test_a_batch_of_padding_alone_has_no_loss():
    assert float(TokenCrossentropy(0.1)(np.zeros((2, 2), int), LOGITS)) == 0.0


def test_the_loss_comes_back_from_its_config():
    loss = TokenCrossentropy(0.2)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.smoothing == 0.2


def test_smoothing_out_of_range_is_refused():
    with pytest.raises(SpaceError, match="smoothing is 1"):
        TokenCrossentropy(1)


def test_token_accuracy_does_not_count_padding():
    metric = TokenAccuracy()
    metric.update_state(IDS, LOGITS)
    assert float(metric.result()) == pytest.approx(2 / 3)
    metric.reset_state()
    metric.update_state(IDS, LOGITS, sample_weight=np.array([0, 1]))
    assert float(metric.result()) == 1.0


def test_an_unknown_token_is_learnt_as_unknown_and_never_right():
    likely = np.array([[[0.0, 9.0, 0.0], [0.0, 0.0, 9.0]]], "float32")
    found = [float(TokenCrossentropy()(np.array([[id, 2]]), likely)) for id in (1, 7)]
    assert found[0] == found[1] < 1e-2  # 7 is outside the vocabulary.
    for unknown in (1, 7):
        metric, whole = TokenAccuracy(), ExactMatch()
        for each in (metric, whole):
            each.update_state(np.array([[unknown, 2]]), likely)
        assert (float(metric.result()), float(whole.result())) == (0.5, 0.0)


def test_exact_match_counts_targets_without_a_mistake():
    metric = ExactMatch()
    metric.update_state(IDS, LOGITS)
    assert float(metric.result()) == 0.5
    metric.update_state(IDS, LOGITS, sample_weight=np.array([0, 1]))
    assert float(metric.result()) == pytest.approx(2 / 3)


def test_what_is_attended_to_again_is_equation_12_of_see():
    alignment = np.array([[[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]]], "float32")
    # Covered before: nothing, (0.75, 0.25), (1.25, 0.75).
    again = [0.0, 0.5 + 0.25, 0.125 + 0.75]
    assert float(coverage_loss(alignment, np.array([[2, 4, 5]]))) == pytest.approx(sum(again) / 3)
    assert float(coverage_loss(alignment, np.array([[2, 4, 0]]))) == pytest.approx(0.75 / 2)

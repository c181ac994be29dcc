"""What suspicious labels cost is estimated on texts that had no part in finding them."""

import numpy as np
import pytest
from scipy import sparse

import attn_tuner
from attn_tuner.baselines.linear_model import PLAIN
from attn_tuner.baselines.out_of_fold import Committee
from attn_tuner.checking.gain import Gain, estimate_gain
from tests.support.labelled import labelled


class Recorded(Committee):
    """Remembers which texts each prediction learnt from, and which it was asked for."""

    def answers(self, learnt, asked):
        self.seen.append((set(learnt.tolist()), set(asked.tolist())))
        return super().answers(learnt, asked)


@pytest.fixture(scope="module")
def committee():
    random = np.random.default_rng(0)
    labels = np.arange(120) % 2
    columns = np.eye(2)[labels] + random.normal(0, 0.7, (120, 2))
    committee = Recorded([(sparse.csr_matrix(columns), PLAIN)], labels, 2)
    object.__setattr__(committee, "seen", [])
    return committee


def test_no_model_has_learnt_from_a_text_that_it_is_compared_on(committee):
    committee.seen.clear()
    gain = estimate_gain(committee, 12, seed=0)
    assert gain.texts == 120
    assert all(not learnt & asked for learnt, asked in committee.seen)
    # Of each fold three inner models, then one with and one without suspects on what was held out.
    assert len(committee.seen) == 3 * (3 + 2)
    for begin in range(0, 15, 5):
        *inner, whole, without = committee.seen[begin : begin + 5]
        held = whole[1]
        assert without[1] == held
        assert without[0] < whole[0]
        assert len(whole[0]) - len(without[0]) <= round(0.1 * len(whole[0]))
        assert all(not (learnt | asked) & held for learnt, asked in inner)


def test_without_suspects_there_is_nothing_to_estimate(committee):
    assert estimate_gain(committee, 0, seed=0) is None


def test_the_margin_is_that_of_a_mean_of_differences(committee):
    gain = estimate_gain(committee, 12, seed=0)
    # Of d in {-1, 0, 1} with mean m the variance is at most 1 - m^2.
    assert abs(gain.points) <= 100
    assert 0 <= gain.margin <= 196 * np.sqrt(1 / gain.texts)


def test_the_summary_says_what_the_labels_cost_unless_it_was_not_asked():
    texts, labels, _ = labelled()
    data = {"text": texts, "label": labels}
    check = attn_tuner.check(data)
    assert isinstance(check.gain, Gain)
    assert f"leaving these {check.gain.labels} labels out changes" in check.summary()
    assert attn_tuner.check(data, price=False).gain is None

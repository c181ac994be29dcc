"""Word vectors whose sums over regions tell the words beside them."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.text.word_vectors import region_vectors as module
from attn_tuner.text.word_vectors.region_vectors import _Learner, region_vectors

TOPICS, OF_A_TOPIC = 3, 8


def store_of(texts):
    offsets = np.cumsum([0, *map(len, texts)]).astype("int64")
    return SimpleNamespace(ids=np.concatenate(texts).astype("int32"), offsets=offsets)


@pytest.fixture(scope="module")
def topical():
    """Texts of words of one topic each; words 2 to 9 are of the first."""
    random = np.random.default_rng(0)
    texts = []
    for _ in range(900):
        first = 2 + OF_A_TOPIC * random.integers(TOPICS)
        texts.append(random.integers(first, first + OF_A_TOPIC, 30))
    return store_of(texts)


@pytest.fixture
def few_tokens(monkeypatch):
    monkeypatch.setattr(module, "FEW_TOKENS", 1_000)
    monkeypatch.setattr(module, "TOTAL_TOKENS", 150_000)


WORDS = 2 + TOPICS * OF_A_TOPIC + 1


@pytest.mark.usefixtures("few_tokens")
def test_regions_of_one_topic_are_alike_and_words_that_do_not_occur_have_no_vector(topical):
    vectors = region_vectors([topical], WORDS, 16, 5)
    assert vectors.shape == (WORDS, 16)
    assert not vectors[[0, 1, WORDS - 1]].any()
    regions = np.array(
        [
            np.maximum(vectors[topical.ids[start : start + 5]].sum(axis=0), 0)
            for start in topical.offsets[:-1]
        ]
    )
    regions /= np.linalg.norm(regions, axis=1, keepdims=True)
    topics = (topical.ids[topical.offsets[:-1]] - 2) // OF_A_TOPIC
    alike = regions @ regions.T
    same = topics[:, None] == topics
    assert alike[same].mean() > alike[~same].mean() + 0.3


@pytest.mark.usefixtures("few_tokens")
def test_equal_calls_learn_the_same_and_read_it_from_the_cache(topical, tmp_path, monkeypatch):
    given = ([topical], WORDS, 4, 3, 7)
    found = region_vectors(*given, cache=tmp_path)
    np.testing.assert_allclose(found, region_vectors(*given), atol=1e-5)
    monkeypatch.setattr(_Learner, "learn", lambda *given: pytest.fail("was learnt again"))
    np.testing.assert_array_equal(found, region_vectors(*given, cache=tmp_path))


def test_few_tokens_or_little_time_teach_nothing(topical, monkeypatch):
    assert region_vectors([topical], WORDS, 4, 3) is None
    monkeypatch.setattr(module, "FEW_TOKENS", 1_000)
    assert region_vectors([topical], WORDS, 4, 3, seconds=1.0) is None


@pytest.mark.usefixtures("few_tokens")
def test_texts_of_unknown_words_alone_teach_nothing():
    assert region_vectors([store_of([np.ones(2_000, "int32")])], 5, 4, 3) is None


@pytest.mark.usefixtures("few_tokens")
def test_learning_ends_with_its_time(topical, monkeypatch):
    steps = []
    monkeypatch.setattr(module, "TOKENS_PER_SECOND", 10**9)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: float(len(steps))))
    monkeypatch.setattr(_Learner, "_step", lambda self, ids, rate: steps.append(rate))
    region_vectors([topical], WORDS, 4, 3, seconds=4.0)
    np.testing.assert_allclose(steps, module.RATE * (1 - np.arange(4) / 4), rtol=0.05)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(1, 30))
def test_a_region_tells_words_of_its_own_text_that_it_does_not_hold(seed, side, length):
    words = 2 + 40 * length
    texts = [first + np.arange(length, dtype="int32") for first in range(2, words, length)]
    learner = _Learner([*texts, np.ones(5, "int32")], words, 4, side, seed)
    learner.told[:] = 1  # No word is too frequent.
    learner.told[[0, 1]] = 0
    blocks, pairs = learner._blocks(), 0
    for _ in range(3):
        ids = next(blocks)
        at, told = learner._pairs(ids, ids != 0)
        away = np.abs(told - ids[at])
        assert ((told - 2) // length == (ids[at] - 2) // length).all()
        assert (away > side).all()
        assert (away <= side + module.FAR).all()
        pairs += len(at)
    assert (pairs > 0) == (length > side + 1)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 40), st.integers(1, 3))
def test_a_step_follows_the_slopes_of_the_loss(seed, steps, side):
    random = np.random.default_rng(seed)
    ids = random.integers(0, 6, steps).astype("int32")
    learner = _Learner([np.arange(1, 6)], 6, 4, side, seed)
    for table in (learner.words, learner.near):
        table.rows = random.normal(size=(6, 4))
    at = random.choice(steps, min(steps, 5), replace=False)
    at, told = at[ids[at] > 0], random.integers(2, 6, (ids[at] > 0).sum())
    if not len(at):
        return
    drawn = random.integers(2, 6, module.DRAWN)
    learner._pairs = lambda *given: (at, told)
    learner.random = SimpleNamespace(random=lambda count: (drawn - 1.5) / 4)
    learner.noise = np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    moved = {}
    for name in ("words", "near"):
        table = getattr(learner, name)

        def move(places, slopes, rate, name=name):
            total = np.zeros((6, 4))
            np.add.at(total, places, slopes)
            moved[name] = total

        table.move = move
    learner._step(ids, 1.0)
    for name in ("words", "near"):
        rows = getattr(learner, name).rows
        for place in [(2, 0), (3, 1), (5, 3)]:
            sides = []
            for shift in (1e-5, -1e-5):
                rows[place] += shift
                sides.append(loss(learner, ids, at, told, drawn))
                rows[place] -= shift
            assert moved[name][place] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=2e-4)


def loss(learner, ids, at, told, drawn):
    """The loss of the docstring, step by step."""
    total, words, near = 0.0, learner.words.rows, learner.near.rows
    for step, word in zip(at, told, strict=True):
        around = range(max(step - learner.side, 0), min(step + learner.side + 1, len(ids)))
        region = np.maximum(sum(words[ids[place]] for place in around if ids[place]), 0)
        total += np.logaddexp(0, -near[word] @ region)
        others = [np.logaddexp(0, near[other] @ region) for other in drawn]
        total += module.NEGATIVE * np.mean(others)
    return total

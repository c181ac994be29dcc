"""Changed copies of texts stay close to the texts they come from."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.distilling.variants import CUT, LONGEST_CUT, MASKED, variants
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore

TEXTS = st.lists(st.lists(st.integers(2, 30), max_size=12), min_size=1, max_size=12)


def store_of(texts):
    ids = np.array([each for text in texts for each in text], "int32")
    offsets = np.cumsum([0, *map(len, texts)])
    return TokenStore(ids, offsets, np.zeros(len(texts), "int32"), 31, 4.0)


def stretch_of(found, text):
    """Whether `found` is a stretch of `text` with some tokens unknown."""
    return any(
        all(each in (UNKNOWN, own) for each, own in zip(found, text[start:], strict=False))
        for start in range(len(text) - len(found) + 1)
    )


@settings(deadline=None, max_examples=60)
@given(TEXTS, st.integers(1, 3), st.integers(0, 5))
def test_a_copy_is_the_text_or_a_few_words_of_it_in_a_row(texts, copies, seed):
    found = variants(store_of(texts), copies, seed)
    found.check()
    assert len(found) == copies * len(texts)
    for place in range(len(found)):
        copy, text = found[place].tolist(), texts[place % len(texts)]
        assert stretch_of(copy, text)
        assert len(copy) == len(text) or len(copy) <= LONGEST_CUT


def test_as_many_words_are_masked_and_texts_cut_as_it_says():
    texts = store_of([list(range(2, 22))] * 2_000)
    found = variants(texts, 1, seed=0)
    whole = found.lengths == 20
    assert abs((1 - whole.mean()) - CUT) < 0.03
    assert abs((found.ids == UNKNOWN).mean() - MASKED) < 0.01
    np.testing.assert_array_equal(found.ids, variants(texts, 1, seed=0).ids)

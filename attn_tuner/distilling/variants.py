"""Makes further texts for a teacher to answer, from training texts."""

import numpy as np

from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore

MASKED = 0.1  # Of the words.
CUT = 0.25  # Of the texts, to a few words in a row.
LONGEST_CUT = 5  # Words.


def variants(store: TokenStore, copies: int, seed: int) -> TokenStore:
    """Returns changed copies of texts: each word may be masked, and some texts are cut.

        id' = unknown with probability MASKED, else id
        text' = LONGEST_CUT words in a row at most with probability CUT, else the text

    Args:
        store: `TokenStore` of the texts.
        copies: int, changed copies of each text.
        seed: int, for all draws.

    Reference:
        Tang et al. 2019, section 3.4: masking and n-gram sampling. Replacing words by others of
        the same part of speech is left out, as that needs a tagger.
        https://arxiv.org/abs/1903.12136
    """
    random = np.random.default_rng(seed)
    rows = np.tile(np.arange(len(store)), copies)
    found = store.take(rows)
    ids, lengths = np.array(found.ids), found.lengths
    first, last = np.array(found.offsets[:-1]), np.array(found.offsets[1:])
    wanted = random.integers(1, LONGEST_CUT + 1, len(rows))
    cut = (random.random(len(rows)) < CUT) & (wanted < lengths)
    start = first + (random.random(len(rows)) * (lengths - wanted + 1)).astype(np.int64)
    first, last = np.where(cut, start, first), np.where(cut, start + wanted, last)
    places = np.arange(len(ids)) - np.repeat(found.offsets[:-1], lengths)
    begin, end = (np.repeat(each - found.offsets[:-1], lengths) for each in (first, last))
    kept = (places >= begin) & (places < end)
    ids[random.random(len(ids)) < MASKED] = UNKNOWN
    return TokenStore(
        ids[kept],
        np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64),
        np.asarray(found.labels),
        store.vocabulary_size,
        store.token_length,
    )

"""Batches of pairs: every pair once an epoch, of like lengths, in an order that can be resumed."""

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.sequence_search.pair_batches import IdRows, PairBatches


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    sides = [[[2, *random.integers(4, 99, n), 3] for n in random.integers(0, 30, 50)] for _ in "ab"]
    copied = [[each + 50 for each in row] for row in sides[0]]
    return sides, [*(IdRows.of(side) for side in [*sides, copied]), 99]


def seen(batches):
    return [
        (tuple(source[source > 0]), tuple(target[target > 0]))
        for x, _ in (batches[index] for index in range(len(batches)))
        for source, target in zip(x["source"], x["target"], strict=True)
    ]


def test_an_epoch_has_every_pair_once(rows):
    (sources, targets), given = rows
    # The target is read without its last token.
    wanted = sorted((tuple(s), tuple(t[:-1])) for s, t in zip(sources, targets, strict=True))
    found = sorted(
        (source, target if len(target) < 2 or target[-1] != 3 else target[:-1])
        for source, target in seen(PairBatches(*given, batch_size=8))
    )
    assert found == wanted


def test_each_epoch_has_another_order_and_the_same_seed_the_same(rows):
    batches = PairBatches(*rows[1], batch_size=8, seed=1)
    first = seen(batches)
    batches.begin(1)
    assert seen(batches) != first
    assert seen(PairBatches(*rows[1], batch_size=8, seed=1)) == first


def test_the_rest_of_an_epoch_is_what_was_not_read(rows):
    whole = seen(PairBatches(*rows[1], batch_size=8, seed=1))
    rest = PairBatches(*rows[1], batch_size=8, seed=1)
    rest.begin(0, 3)
    assert seen(rest) == whole[-len(seen(rest)) :]
    assert len(rest) == 4


def test_answers_come_back_in_the_order_of_the_pairs(rows):
    (sources, _), given = rows
    batches = PairBatches(*given, batch_size=8, measured=True)
    lengths = np.concatenate([(batches[at][0]["source"] > 0).sum(1) for at in range(len(batches))])
    assert batches.in_store_order(lengths).tolist() == [len(each) for each in sources]


def test_the_examples_differ_on_both_sides(rows):
    (one, _), (other, _) = PairBatches(*rows[1], batch_size=8).examples()
    assert one["source"].shape[1] != other["source"].shape[1]
    assert one["target"].shape[1] != other["target"].shape[1]


def test_copies_lie_beside_their_sources_and_the_decoder_reads_them_as_unknown():
    rows = [IdRows.of([ids]) for ids in ([2, 7, 8, 3], [2, 5, 11, 3], [2, 11, 4, 3])]
    ((x, y),) = [PairBatches(*rows, known=9)[0]]
    assert x["copied"].tolist() == [[2, 11, 4, 3]]
    assert x["target"].tolist() == [[2, 5, 1]]
    assert y.tolist() == [[5, 11, 3]]


def test_no_pairs_are_refused():
    with pytest.raises(DataError, match="no pairs"):
        PairBatches(IdRows.of([]), IdRows.of([]), IdRows.of([]), 9)

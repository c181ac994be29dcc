"""Batches of labelled texts with texts without labels behind them."""

import numpy as np

from attn_tuner.text import TokenStore
from attn_tuner.text.partly_labelled_batches import PartlyLabelledBatches


def store_of(lengths, first):
    """Texts of one repeated id each: `first` and those after it."""
    rows = [np.full(length, first + number) for number, length in enumerate(lengths)]
    ids = np.concatenate(rows).astype("int32")
    offsets = np.cumsum([0, *lengths])
    return TokenStore(ids, offsets, np.ones(len(lengths), "int32"), 1000, 5.0)


LENGTHS = [3, 5, 20, 21, 22, 4, 60]


def batches_of(lengths=(4,) * 30 + (19,) * 30 + (70,) * 30, **options):
    options = {"batch_size": 2, "max_length": 32, "bucket_count": 3, "seed": 4, **options}
    return PartlyLabelledBatches(store_of(LENGTHS, 2), store_of(lengths, 100), **options)


def test_each_batch_has_as_many_unlabelled_texts_of_like_length_and_no_weight():
    batches = batches_of()
    labelled = []
    for index in range(len(batches)):
        ids, labels, weights = batches[index]
        half = len(ids) // 2
        labelled += ids[:half, 0].tolist()
        assert (ids[:half, 0] < 100).all()
        assert (ids[half:, 0] >= 100).all()
        assert labels.tolist() == [1] * half + [0] * half
        assert weights.tolist() == [2.0] * half + [0.0] * half
        lengths = (ids[half:] > 0).sum(axis=1)
        shorter = batches.bucket_lengths[batches.bucket_lengths < ids.shape[1]]
        assert (lengths > shorter.max(initial=0)).all()
    assert sorted(labelled) == list(range(2, 2 + len(LENGTHS)))


def test_they_are_the_same_where_a_training_goes_on_and_others_in_the_next_epoch():
    whole, resumed = batches_of(), batches_of()
    resumed.begin(0, 2)
    for index in range(len(resumed)):
        for one, other in zip(resumed[index], whole[index + 2], strict=True):
            np.testing.assert_array_equal(one, other)
    first = [whole[index][0].tolist() for index in range(len(whole))]
    whole.begin(1)
    assert first != [whole[index][0].tolist() for index in range(len(whole))]


def test_texts_longer_than_all_labelled_ones_are_cut_and_weights_are_kept():
    weights = np.arange(7) + 1.0
    batches = batches_of([200, 300], max_length=None, sample_weight=weights, batch_size=7)
    ids, _, found = batches[0]
    assert ids.shape[0] == 14
    assert sorted(found.tolist()) == [0.0] * 7 + (2 * weights).tolist()
    assert (ids[7:] >= 100).all()

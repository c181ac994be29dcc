"""What heads promise."""

import keras
import numpy as np

from attn_tuner.registry import Variant
from attn_tuner.testing.parts import BATCH, FEATURES, STEPS, TOLERANCE, close, example, make, run
from attn_tuner.testing.shared import SHARED_CHECKS, answers_alike_with_more_padding


def more_padding_changes_nothing(variant: Variant, dtype: str = "float32") -> None:
    """The context is the same with further padding in front or behind."""
    answers_alike_with_more_padding(make(variant, dtype), dtype)


def weights_are_a_distribution(variant: Variant, dtype: str = "float32") -> None:
    """Weights are at least 0, sum to 1, and are exactly 0 at padding and in an empty row."""
    head = make(variant, dtype)
    states, mask = example()
    context, weights = run(head, states, mask, return_attention_scores=True)
    assert weights.shape == (BATCH, head.hops, STEPS)
    assert (weights >= 0).all(), "A weight is negative."
    assert (weights[np.broadcast_to(~mask[:, None], weights.shape)] == 0).all(), "Padding weighs."
    close(weights[:3].sum(-1), 1.0, max(1e-5, TOLERANCE[dtype]), "Sums of weights")
    assert np.array_equal(context, run(head, states, mask)), "Asking for weights changes it."


def empty_row_gives_zeros(variant: Variant, dtype: str = "float32") -> None:
    """A row without text gives zeros, and leaves its neighbours alone."""
    head = make(variant, dtype)
    states, mask = example()
    context = run(head, states, mask)
    assert (context[3] == 0).all(), "A row without text gives something."
    filled = mask.copy()
    filled[3] = True
    others = run(head, states, filled)[:3]
    close(context[:3], others, TOLERANCE[dtype], "Neighbours of an empty row")


def averages_are_averages(variant: Variant, dtype: str = "float32") -> None:
    """Where a head averages states, its weights say how, and one step comes out as it is."""
    head = make(variant, dtype)
    if not head.averages:
        return
    states, mask = example()
    context, weights = run(head, states, mask, return_attention_scores=True)
    wanted = np.einsum("bt,btd->bd", weights[:, 0].astype("float64"), states)
    close(context, wanted, 4 * TOLERANCE[dtype], "The average by the weights")
    close(context[2], states[2, 0], TOLERANCE[dtype] * 4, "The only state")


def order_counts_where_it_says_so(variant: Variant) -> None:
    """Shuffled steps change the context of an ordered head, and of no other."""
    head = make(variant)
    states, _ = example()
    mask = np.ones((BATCH, STEPS), "bool")
    shuffled = states[:, np.random.default_rng(1).permutation(STEPS)]
    apart = np.max(np.abs(run(head, shuffled, mask) - run(head, states, mask)))
    assert (apart > 1e-3) == head.ordered, f"ordered={head.ordered}, but {apart:.2g} apart."


def equal_states_weigh_the_same(variant: Variant) -> None:
    """Where all states are equal, so are their weights."""
    head = make(variant)
    if not head.even:
        return
    states, mask = example()
    states = np.repeat(states[:, :1], STEPS, axis=1)
    _, weights = run(head, states, mask, return_attention_scores=True)
    wanted = mask[:, None] / np.maximum(mask.sum(1), 1)[:, None, None]
    close(weights, np.broadcast_to(wanted, weights.shape), 1e-5, "Weights of equal states")


def weights_are_foretold(variant: Variant) -> None:
    """A symbolic call with return_attention_scores=True says the shapes of both results."""
    head = make(variant)
    states = keras.Input((None, FEATURES))
    context, weights = head(states, return_attention_scores=True)
    assert tuple(context.shape) == tuple(head.compute_output_shape(states.shape))
    assert tuple(weights.shape) == (None, head.hops, None)
    assert weights.dtype == "float32"


def mask_ends_here(variant: Variant) -> None:
    """No mask is handed on: Keras would multiply the loss by it."""
    assert make(variant).compute_mask(None, None) is None


HEAD_CHECKS = SHARED_CHECKS | {
    check.__name__: check
    for check in (
        more_padding_changes_nothing,
        weights_are_a_distribution,
        empty_row_gives_zeros,
        averages_are_averages,
        order_counts_where_it_says_so,
        equal_states_weigh_the_same,
        weights_are_foretold,
        mask_ends_here,
    )
}


def check_head(variant: Variant) -> None:
    """Runs every check of a head; AssertionError says which promise is broken."""
    for check in HEAD_CHECKS.values():
        check(variant)

"""How fast to learn and when, and whether classes need weights.

rate = warmed_cosine(2e-3, steps=len(batches) * epochs)
optimizer = RowAdamW(rate, average=ema_momentum(steps))
"""

import math

import keras

from attn_tuner.errors import SpaceError

WARMUP = 0.05
USUAL_BATCH = 64  # Texts in the batch for which a learning rate is named.


def warmed_cosine(
    peak: float, steps: int, warmup: float = WARMUP, last: float = 0.0
) -> keras.optimizers.schedules.CosineDecay:
    """A learning rate that rises in a line, then falls along half a cosine.

        rate_s = peak (1/w + (1 - 1/w) s / w)             while s < w, the steps that rise
        rate_s = peak (last + (1 - last) (1 + cos(pi (s - w) / (steps - w))) / 2)

    A Keras schedule, so that the optimiser saves it, and its own step count goes on after a
    resume. Behind `steps` it stays at the last rate; so `steps` must be what training will really
    take. Where a pass or two may be cut by the clock, `last=0.05` keeps the rest useful.

    Args:
        peak: the highest rate.
        steps: of the whole training, the batches of all epochs.
        warmup: share of the steps that rise.
        last: the rate at the end, as a share of `peak`.

    Raises:
        SpaceError: a value is out of its range.

    Reference:
        Loshchilov & Hutter 2017, eq. 5. https://arxiv.org/abs/1608.03983
    """
    if not (peak > 0 and steps >= 1 and 0 <= warmup < 1 and 0 <= last <= 1):
        raise SpaceError(
            f"A learning rate that rises and falls needs peak > 0, steps >= 1, 0 <= warmup < 1 and "
            f"0 <= last <= 1; got {peak!r}, {steps!r}, {warmup!r} and {last!r}."
        )
    rising = int(warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        peak / rising if rising else peak,  # Not quite from 0: that step would teach nothing.
        max(1, int(steps) - rising),
        alpha=last,
        warmup_target=peak if rising else None,
        warmup_steps=rising,
    )


def rate_for(batch_size: int, rate: float) -> float:
    """The learning rate for batches of this size, given that for batches of `USUAL_BATCH`.

        rate sqrt(batch_size / 64)

    so that Adam's steps stay as noisy whatever the size of a batch, and the two can be searched
    apart.

    Reference:
        Malladi et al. 2022, section 4. https://arxiv.org/abs/2205.10287
    """
    return rate * math.sqrt(batch_size / USUAL_BATCH)


def ema_momentum(steps: int, share: float = 0.1) -> float:
    """The momentum at which an average of the weights reaches over a share of the training.

        m = 1 - 1 / max(share steps, 1)

    so that about the last `share` of the steps count, whatever their number.

    Args:
        steps: of the whole training.
        share: of them that the average spans.
    """
    return float(1 - 1 / max(share * steps, 1.0))

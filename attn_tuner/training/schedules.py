"""Learning rate schedules, and the momentum of averaged weights.

rate = warmed_cosine(2e-3, steps=len(batches) * epochs)
optimizer = RowAdamW(rate, average=ema_momentum(steps))
"""

import math

import keras

from attn_tuner.errors import SpaceError

WARMUP = 0.05
USUAL_BATCH = 64  # Texts in the batch for which learning rates are given.


def warmed_cosine(
    peak: float, steps: int, warmup: float = WARMUP, last: float = 0.0
) -> keras.optimizers.schedules.CosineDecay:
    """Makes a learning rate schedule: linear warmup, then cosine decay.

        rate_s = peak (1/w + (1 - 1/w) s / w)             while s < w, the warmup
        rate_s = peak (last + (1 - last) (1 + cos(pi (s - w) / (steps - w))) / 2)

    It is a Keras schedule, so the optimizer saves it and its step count with the weights. After
    `steps` the rate stays at its last value, so `steps` should be the true number. If a training
    may be cut early by the time limit, `last=0.05` keeps its last steps useful.

    Args:
        peak: float, the highest rate.
        steps: int, batches of all epochs.
        warmup: float in [0, 1), share of the steps for the warmup.
        last: float in [0, 1], the rate at the end as a share of `peak`.

    Raises:
        SpaceError: a value is out of range.

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
        peak / rising if rising else peak,  # At a rate of 0 the first step would change nothing.
        max(1, int(steps) - rising),
        alpha=last,
        warmup_target=peak if rising else None,
        warmup_steps=rising,
    )


def rate_for(batch_size: int, rate: float) -> float:
    """Scales a learning rate for batches of `USUAL_BATCH` texts to another batch size.

        rate sqrt(batch_size / 64)

    This keeps the noise of Adam's steps constant, so that both can be searched independently.

    Args:
        batch_size: int, texts in a batch.
        rate: float, for batches of 64 texts.

    Reference:
        Malladi et al. 2022, section 4. https://arxiv.org/abs/2205.10287
    """
    return rate * math.sqrt(batch_size / USUAL_BATCH)


def ema_momentum(steps: int, share: float = 0.1) -> float:
    """Returns the momentum of an average of the weights over the last share of the steps.

        m = 1 - 1 / max(share steps, 1)

    Args:
        steps: int, steps of the whole training.
        share: float in (0, 1], share of them that the average spans.
    """
    return float(1 - 1 / max(share * steps, 1.0))

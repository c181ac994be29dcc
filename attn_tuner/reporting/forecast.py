"""Forecasts what a longer search would gain."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from attn_tuner.tuning.duration import format_duration


@dataclass(frozen=True)
class Forecast:
    """What a longer search would probably find.

    Args:
        trials: finished trials that this rests on.
        more_seconds: the extra time that was asked about.
        more_trials: how many trials would end within it.
        gain: expected rise of the best score; None where too few trials have finished.
    """

    trials: int
    more_seconds: float
    more_trials: float
    gain: float | None

    def __str__(self) -> str:
        if self.gain is None:
            return (
                f"{self.trials} finished trial{'s' * (self.trials != 1)} cannot tell what more "
                f"time would buy; {_FEWEST} can."
            )
        return (
            f"Another {format_duration(self.more_seconds)} (about {self.more_trials:.0f} trials) "
            f"would better the best score by at most about {self.gain:.4f}."
        )


_FEWEST = 10


def what_more_time_would_buy(
    finished: Iterable[tuple[float, float]], more_seconds: float | None = None
) -> Forecast:
    """Expected rise of the best score if the search went on.

        gain = tail (H[n + m] - H[n]),   H[k] = 1 + 1/2 + ... + 1/k
        tail = mean over i = 1..k of i (x_(i) - x_(i+1)),   x_(1) >= x_(2) >= ... the scores

    Where the upper tail of the scores falls off exponentially, the i-th spacing from the top has
    mean tail / i, so the spacings among the best k = sqrt(n) scores give the tail, and the
    expected maximum grows by tail / j with the j-th trial. Accuracies have a bound, hence a
    lighter tail: the gain is rather an upper estimate, while an oracle that learns may beat it.

    Args:
        finished: (seconds since the start, score) of every finished trial; bigger is better.
        more_seconds: the extra time; as much as was spent when not given.

    Reference:
        Renyi 1953, On the theory of order statistics, for the spacings.
    """
    ended = sorted((seconds, score) for seconds, score in finished if math.isfinite(score))
    spent = ended[-1][0] if ended else 0.0
    more = spent if more_seconds is None else more_seconds
    count = len(ended)
    more_trials = count * more / spent if spent > 0 else 0.0
    if count < _FEWEST or spent <= 0:
        return Forecast(count, more, more_trials, None)
    best_first = sorted((score for _, score in ended), reverse=True)
    top = math.isqrt(count)
    tail = sum(i * (best_first[i - 1] - best_first[i]) for i in range(1, top + 1)) / top
    growth = sum(1 / j for j in range(count + 1, count + round(more_trials) + 1))
    return Forecast(count, more, more_trials, tail * growth)

"""Estimates what a longer search would gain, from the scores of the trials so far."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from attn_tuner.storage.trial_text import plural
from attn_tuner.tuning.duration import format_duration

MIN_TRIALS_TO_FORECAST = 10


@dataclass(frozen=True)
class Forecast:
    """The expected gain of a longer search.

    Args:
        trials: number of ended trials that the estimate rests on.
        more_seconds: the extra time, in seconds.
        more_trials: number of trials that would end within it.
        gain: expected rise of the best score; None after too few trials.
    """

    trials: int
    more_seconds: float
    more_trials: float
    gain: float | None

    def __str__(self) -> str:
        if self.gain is None:
            return (
                f"{plural(self.trials, 'trial')} ended; a forecast needs {MIN_TRIALS_TO_FORECAST}."
            )
        return (
            f"Another {format_duration(self.more_seconds)} (about {self.more_trials:.0f} trials) "
            f"would raise the best score by about {self.gain:.4f} at most."
        )


def forecast_gain(
    ended: Iterable[tuple[float, float]], more_seconds: float | None = None
) -> Forecast:
    """Estimates how much the best score would rise if the search went on.

        gain = tail (H[n + m] - H[n]),   H[k] = 1 + 1/2 + ... + 1/k
        tail = mean over i = 1..k of i (x_(i) - x_(i+1)),   x_(1) >= x_(2) >= ... the scores

    Where the upper tail of the scores falls off exponentially, the i-th spacing from the top has
    mean tail / i. So the spacings among the best k = sqrt(n) scores estimate the tail, and the
    j-th trial raises the expected maximum by tail / j. Accuracies have a bound, hence a lighter
    tail: the gain is rather an upper estimate. An oracle that learns may beat it.

    Args:
        ended: pairs (seconds since the start, score) of the ended trials; higher is better.
        more_seconds: the extra time, in seconds; if not given, as much as was spent.

    Reference:
        Renyi 1953, On the theory of order statistics, for the spacings.
    """
    trials = sorted((seconds, score) for seconds, score in ended if math.isfinite(score))
    spent = trials[-1][0] if trials else 0.0
    more = spent if more_seconds is None else more_seconds
    count = len(trials)
    more_trials = count * more / spent if spent > 0 else 0.0
    if count < MIN_TRIALS_TO_FORECAST or spent <= 0:
        return Forecast(count, more, more_trials, None)
    best_first = sorted((score for _, score in trials), reverse=True)
    top = math.isqrt(count)
    tail = sum(i * (best_first[i - 1] - best_first[i]) for i in range(1, top + 1)) / top
    growth = sum(1 / j for j in range(count + 1, count + round(more_trials) + 1))
    return Forecast(count, more, more_trials, tail * growth)

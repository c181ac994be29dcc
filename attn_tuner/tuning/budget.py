"""The time a search may take: how it is written, how it is kept, what more of it would buy.

budget = Budget(parse_duration("20m"), spent_before=run.seconds_spent)
budget.set_reserve(90)                       # for refit, calibration and export
while budget.fits("epoch"):
    with budget.measure("epoch"):
        ...
"""

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low

from attn_tuner.errors import BudgetError

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_DURATION = re.compile(
    r"(?:(?P<d>\d+(?:\.\d*)?)d)?(?:(?P<h>\d+(?:\.\d*)?)h)?"
    r"(?:(?P<m>\d+(?:\.\d*)?)m)?(?:(?P<s>\d+(?:\.\d*)?)s)?"
)

_GRACE = 30.0
_GRACE_SHARE = 0.2  # Of what is kept back: the rest is for the export.


def parse_duration(given) -> float:
    """Seconds meant by `"90s"`, `"20m"`, `"2h"`, `"1h30m"`, `"1.5h"`, a number or a timedelta.

    Raises:
        BudgetError: it is none of these, or not above zero.
    """
    seconds = _seconds(given)
    if seconds is None or not math.isfinite(seconds):
        raise BudgetError(
            f"A duration of {given!r} cannot be read. Write '90s', '20m', '2h', '1h30m' or a "
            "number of seconds."
        )
    if seconds <= 0:
        raise BudgetError(f"A duration must be above zero; got {given!r}. Try '20m'.")
    return seconds


def format_duration(seconds: float) -> str:
    """The duration as `parse_duration` reads it, in whole seconds: `"1h30m"`, `"45s"`."""
    rest = round(seconds)
    parts = []
    for unit, size in (("h", 3_600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(given) -> float | None:
    if isinstance(given, timedelta):
        return given.total_seconds()
    if isinstance(given, str):
        text = re.sub(r"\s", "", given.lower())
        found = _DURATION.fullmatch(text)
        if text and found:
            return sum(float(found[unit]) * size for unit, size in _SECONDS.items() if found[unit])
        given = text
    try:
        return None if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        return None


class Budget:
    """A span of wall-clock time, of which a part is kept back for what follows the search.

        search_left = seconds - spent_before - (now - start) - reserve

    Args:
        seconds: how much there is over all sittings; None for no limit.
        spent_before: seconds that earlier sittings of the same run used up.
        reserve: seconds kept back for refit, calibration and export, or a function that is given
            this budget and returns them, so that it may ask `estimate`.
        clock: returns seconds that never run backwards.
        slowdown: how many times slower than alone this process is at the moment.
    """

    def __init__(
        self,
        seconds: float | None,
        spent_before: float = 0.0,
        reserve: float | Callable[["Budget"], float] = 0.0,
        clock: Callable[[], float] = time.monotonic,
        slowdown: Callable[[], float] = lambda: 1.0,
    ):
        if seconds is not None and not seconds > 0:
            raise BudgetError(f"A budget must be above zero seconds; got {seconds!r}.")
        if spent_before < 0:
            raise BudgetError(f"The time spent before cannot be negative; got {spent_before!r}.")
        self.seconds = seconds
        self._spent_before = float(spent_before)
        self.slowdown = slowdown
        self._clock = clock
        self._start = clock()
        self._costs: dict[str, list[float]] = {}
        self._slowdowns: deque[float] = deque(maxlen=100)
        self.set_reserve(reserve)

    def elapsed(self) -> float:
        """Seconds spent by this and all earlier sittings."""
        return self._spent_before + (self._clock() - self._start)

    def left(self) -> float | None:
        """Seconds until the whole budget is used up, never below zero; None when unlimited."""
        return None if self.seconds is None else max(0.0, self.seconds - self.elapsed())

    def reserve(self) -> float:
        """Seconds kept back for what follows the search, as known now."""
        return float(self._reserve(self) if callable(self._reserve) else self._reserve)

    def set_reserve(self, reserve: float | Callable[["Budget"], float]):
        """Replaces what is kept back: seconds, or a function from this budget to seconds."""
        if not callable(reserve) and not reserve >= 0:
            raise BudgetError(f"A reserve cannot be negative; got {reserve!r}.")
        self._reserve = reserve

    def search_left(self) -> float | None:
        """Seconds that the search itself may still use, never below zero; None when unlimited."""
        left = self.left()
        return None if left is None else max(0.0, left - self.reserve())

    def expired(self) -> bool:
        """Whether nothing at all is left."""
        return self.left() == 0

    def search_over(self) -> bool:
        """Whether only the reserve is left, so that the search has to end now."""
        return self.search_left() == 0

    def grace(self) -> float:
        """Seconds that what trains may take to notice that the search is over."""
        left = self.left()
        share = _GRACE if left is None else min(_GRACE, _GRACE_SHARE * left)
        return max(share, 2 * self.estimate("validation", 2.0))

    @contextmanager
    def measure(self, name: str, amount: float = 1.0):
        """Times the block and keeps its cost per unit under `name`.

        Args:
            name: what is done, `"export"` or `"epoch"`.
            amount: how many units the block does, so that half an epoch counts as half. A block
                that raises is not counted: it may have ended early.
        """
        began = self._clock()
        yield
        self.record(name, self._clock() - began, amount)

    def record(self, name: str, seconds: float, amount: float = 1.0):
        """Keeps a cost that was measured elsewhere."""
        if amount > 0:
            slowdown = self.slowdown()
            self._slowdowns.append(slowdown)
            self._costs.setdefault(name, []).append(seconds / amount / slowdown)

    def record_all(self, costs: Mapping[str, float]):
        """Keeps costs that were measured elsewhere, by their names."""
        for name, seconds in costs.items():
            self.record(name, seconds)

    def estimate(self, name: str, default: float = 0.0) -> float:
        """Seconds that one more unit of `name` will take; `default` where none was measured.

        The largest of the last three costs: a budget is missed by what is underrated, while the
        very first measurement, with its compilation, should not count for ever. Costs are kept as
        they would be without other work on the machine, and grow with what there is now.
        """
        return self.slowdown() * max(self._costs.get(name, [])[-3:], default=default)

    def usual(self, name: str, default: float = 0.0) -> float:
        """The lower median of the last three costs, of which one may have compiled as well."""
        costs = self._costs.get(name, [])[-3:]
        return self.slowdown() * (median_low(costs) if costs else default)

    def rise(self) -> float:
        """How much slower everything is now than when costs were usually measured, at least 1."""
        if not self._slowdowns:
            return 1.0
        return max(1.0, self.slowdown() / median_low(self._slowdowns))

    def fits(self, name: str, amount: float = 1.0, default: float = 0.0) -> bool:
        """Whether that many more units of `name` end before the reserve is touched."""
        left = self.search_left()
        return left is None or (left > 0 and self.estimate(name, default) * amount <= left)

    def get_state(self) -> dict:
        """What a later sitting needs, for JSON."""
        return {"spent": self.elapsed(), "costs": {k: v[-3:] for k, v in self._costs.items()}}

    @classmethod
    def resumed(cls, seconds: float | None, state: dict, **options) -> "Budget":
        """The budget of a further sitting, from what `get_state` returned in the last."""
        budget = cls(seconds, spent_before=state["spent"], **options)
        budget._costs = {name: list(costs) for name, costs in state["costs"].items()}
        return budget


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

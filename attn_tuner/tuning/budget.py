"""Keeps the time that a search may take.

budget = Budget(parse_duration("20m"), spent_before=run.seconds_spent)
budget.set_reserve(90)                       # for refit, calibration and export
while budget.fits("epoch"):
    with budget.measure("epoch"):
        ...
"""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from statistics import median_low

from attn_tuner.errors import BudgetError, DamagedFile
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import finite, read_object, reading
from attn_tuner.storage.layout import CLOCK, RECORD, in_trials
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.machine_load import MachineLoad

_GRACE = 30.0  # Seconds.
_GRACE_SHARE = 0.2  # Of what is kept back: the rest is for the export.


class Budget:
    """Measures a span of wall-clock time, of which a part is kept back for the end of the search.

        search_left = seconds - spent_before - (now - start) - reserve

    Args:
        seconds: float, how much there is over all sittings; None for no limit.
        spent_before: float, seconds that earlier sittings of the same run used up.
        reserve: seconds kept back for refit, calibration and export, or a function that is given
            this budget and returns them, so that it may ask `estimate`.
        clock: returns seconds that never run backwards.
        slowdown: returns how many times slower than alone this process is at the moment.
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
        """Returns the seconds spent by this and all earlier sittings."""
        return self._spent_before + (self._clock() - self._start)

    def left(self) -> float | None:
        """Returns the seconds until all is used up, never below zero; None when unlimited."""
        return None if self.seconds is None else max(0.0, self.seconds - self.elapsed())

    def reserve(self) -> float:
        """Returns the seconds kept back for what follows the search, as known now."""
        return float(self._reserve(self) if callable(self._reserve) else self._reserve)

    def set_reserve(self, reserve: float | Callable[["Budget"], float]) -> None:
        """Replaces what is kept back: seconds, or a function from this budget to seconds."""
        if not callable(reserve) and not reserve >= 0:
            raise BudgetError(f"A reserve cannot be negative; got {reserve!r}.")
        self._reserve = reserve

    def search_left(self) -> float | None:
        """Returns the seconds that the search may still use, at least zero; None when unlimited."""
        left = self.left()
        return None if left is None else max(0.0, left - self.reserve())

    def expired(self) -> bool:
        """Returns whether nothing at all is left."""
        return self.left() == 0

    def search_over(self) -> bool:
        """Returns whether only the reserve is left, so that the search has to end now."""
        return self.search_left() == 0

    def grace(self) -> float:
        """Returns the seconds that a training may take to notice that the search is over."""
        left = self.left()
        share = _GRACE if left is None else min(_GRACE, _GRACE_SHARE * left)
        return max(share, 2 * self.estimate("validation", 2.0))

    @contextmanager
    def measure(self, name: str, amount: float = 1.0) -> Iterator[None]:
        """Times the block and keeps its cost per unit under `name`.

        Args:
            name: what is done, `"export"` or `"epoch"`.
            amount: how many units the block does, so that half an epoch counts as half. A block
                that raises is not counted: it may have ended early.
        """
        began = self._clock()
        yield
        self.record(name, self._clock() - began, amount)

    def record(self, name: str, seconds: float, amount: float = 1.0) -> None:
        """Keeps a cost that was measured elsewhere."""
        if amount > 0:
            slowdown = self.slowdown()
            self._slowdowns.append(slowdown)
            self._costs.setdefault(name, []).append(seconds / amount / slowdown)

    def record_all(self, costs: Mapping[str, float]) -> None:
        """Keeps costs that were measured elsewhere, by their names."""
        for name, seconds in costs.items():
            self.record(name, seconds)

    def estimate(self, name: str, default: float = 0.0) -> float:
        """Returns the seconds that one more unit of `name` will take, or `default`.

        The largest of the last three costs: a budget is missed by what is underrated, while the
        very first measurement, with its compilation, should not count for ever. Costs are kept as
        they would be without other work on the machine, and grow with what there is now.
        """
        return self.slowdown() * max(self._costs.get(name, [])[-3:], default=default)

    def usual(self, name: str, default: float = 0.0) -> float:
        """Returns the lower median of the last three costs, of which one may have compiled."""
        costs = self._costs.get(name, [])[-3:]
        return self.slowdown() * (median_low(costs) if costs else default)

    def rise(self) -> float:
        """Returns how much slower all is now than when costs were usually measured, at least 1."""
        if not self._slowdowns:
            return 1.0
        return max(1.0, self.slowdown() / median_low(self._slowdowns))

    def fits(self, name: str, amount: float = 1.0, default: float = 0.0) -> bool:
        """Returns whether that many more units of `name` end before the reserve is touched."""
        left = self.search_left()
        return left is None or (left > 0 and self.estimate(name, default) * amount <= left)

    def get_state(self) -> dict:
        """Returns what a later sitting needs, for JSON."""
        return {"spent": self.elapsed(), "costs": {k: v[-3:] for k, v in self._costs.items()}}

    @classmethod
    def resumed(cls, seconds: float | None, state: dict, **options) -> "Budget":
        """Makes the budget of a further sitting, from what `get_state` returned in the last."""
        budget = cls(seconds, spent_before=state["spent"], **options)
        budget._costs = {name: list(costs) for name, costs in state["costs"].items()}
        return budget


def clock_of(directory: str | PathLike, seconds: float | None, spent: float) -> Budget:
    """Makes the budget, less what earlier sittings and this one have used by now.

    Args:
        directory: the run's folder. Where its clock is damaged or missing, its trials say when
            the last of them ended.
        seconds: float, of the whole search; None without limit.
        spent: float, seconds of this sitting so far.
    """
    state = clock_state(directory)[0]
    state = {**state, "spent": state["spent"] + spent}
    return Budget.resumed(seconds, state, slowdown=MachineLoad())


def clock_state(directory: str | PathLike) -> tuple[dict, str]:
    """Reads the state of an earlier sitting's `Budget`, and says where that was lost.

    Returns:
        The state, and a sentence; empty where nothing was lost.
    """
    path = Path(directory) / CLOCK
    trials = in_trials(directory, RECORD)
    state = {"spent": 0.0, "costs": {}}
    if not path.exists() and not trials:
        return state, ""
    try:
        return _clock_state(path), ""
    except DamagedFile as error:
        for trial in trials:
            with contextlib.suppress(DamagedFile):
                state["spent"] = max(state["spent"], TrialRecord.load(trial.parent).ended)
        return state, (
            f"{path} {error.problem}. The time spent before is taken to be "
            f"{format_duration(state['spent'])}, when the last trial ended."
        )


def _clock_state(path: Path) -> dict:
    state = read_object(path, {"spent": float, "costs": dict[str, list[float]]})
    with reading(path):
        costs = [each for costs in state["costs"].values() for each in costs]
        if not all(finite(each) and each >= 0 for each in (state["spent"], *costs)):
            raise ValueError("its seconds are no lengths of time")
    return state


def save_clock(budget: Budget, directory: str | PathLike) -> None:
    """Writes the state of the budget to the run folder."""
    write_json(Path(directory) / CLOCK, budget.get_state())

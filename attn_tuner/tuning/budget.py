"""Measures and limits the time of a search.

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
from typing import Any

from attn_tuner.errors import BudgetError, DamagedFile
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import finite, read_object, reading
from attn_tuner.storage.layout import CLOCK, RECORD, in_trials
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.machine_load import MachineLoad

_GRACE = 30.0  # Seconds.
_GRACE_SHARE = 0.2  # Of the time left: the rest is for the export.


class Budget:
    """Limits wall-clock time, and reserves a part of it for the end of the search.

        search_left = seconds - spent_before - (now - start) - reserve

    Args:
        seconds: float, the limit over all sittings; None for no limit.
        spent_before: float, seconds that earlier sittings of the run took.
        reserve: seconds reserved for refit, calibration and export, or a function of this budget
            that returns them, for example from `estimate`.
        clock: function that returns monotonic seconds.
        slowdown: function that returns by what factor other work slows this process down now.
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
        """Returns the seconds until the limit, at least zero; None without limit."""
        return None if self.seconds is None else max(0.0, self.seconds - self.elapsed())

    def reserve(self) -> float:
        """Returns the seconds reserved for the steps after the trials, by current estimates."""
        return float(self._reserve(self) if callable(self._reserve) else self._reserve)

    def set_reserve(self, reserve: float | Callable[["Budget"], float]) -> None:
        """Replaces the reserve: seconds, or a function of this budget that returns seconds."""
        if not callable(reserve) and not reserve >= 0:
            raise BudgetError(f"A reserve cannot be negative; got {reserve!r}.")
        self._reserve = reserve

    def search_left(self) -> float | None:
        """Returns the seconds that trials may still take, at least zero; None without limit."""
        left = self.left()
        return None if left is None else max(0.0, left - self.reserve())

    def expired(self) -> bool:
        """Returns whether the limit is reached."""
        return self.left() == 0

    def search_over(self) -> bool:
        """Returns whether only the reserve is left, so that trials have to end now."""
        return self.search_left() == 0

    def grace(self) -> float:
        """Returns the seconds that a training may take to notice that the search is over."""
        left = self.left()
        share = _GRACE if left is None else min(_GRACE, _GRACE_SHARE * left)
        return max(share, 2 * self.estimate("validation", 2.0))

    @contextmanager
    def measure(self, name: str, amount: float = 1.0) -> Iterator[None]:
        """Times a `with` block and records its cost. A block that raises is not recorded.

        Args:
            name: str, kind of step, `"export"` or `"epoch"`.
            amount: float, number of units in the block, for example 0.5 for half an epoch.
        """
        began = self._clock()
        yield
        self.record(name, self._clock() - began, amount)

    def record(self, name: str, seconds: float, amount: float = 1.0) -> None:
        """Records a cost.

        Args:
            name: str, kind of step.
            seconds: float, time that it took.
            amount: float, number of units.
        """
        if amount > 0:
            slowdown = self.slowdown()
            self._slowdowns.append(slowdown)
            self._costs.setdefault(name, []).append(seconds / amount / slowdown)

    def record_all(self, costs: Mapping[str, float]) -> None:
        """Records several costs, a dict of kind of step to seconds."""
        for name, seconds in costs.items():
            self.record(name, seconds)

    def estimate(self, name: str, default: float = 0.0) -> float:
        """Estimates the seconds of one more unit: the largest of the last three costs.

        An estimate that is too low breaks the limit; the first measurement, which includes
        compilation, should not count for ever. Costs are recorded as they would be without other
        work on the machine, and multiplied by the current slowdown.

        Args:
            name: str, kind of step.
            default: float, returned, times the slowdown, if nothing was recorded.
        """
        return self.slowdown() * max(self._costs.get(name, [])[-3:], default=default)

    def usual(self, name: str, default: float = 0.0) -> float:
        """Returns the lower median of the last three costs; one may include compilation."""
        costs = self._costs.get(name, [])[-3:]
        return self.slowdown() * (median_low(costs) if costs else default)

    def trials_ended(self) -> None:
        """Measures the slowdown anew, since processes that train trials are a part of it."""
        if isinstance(self.slowdown, MachineLoad):
            self.slowdown.forget()

    def rise(self) -> float:
        """Returns by what factor the slowdown exceeds its usual value, at least 1."""
        return max(1.0, self.change())

    def change(self) -> float:
        """Returns by what factor the slowdown differs from its usual value, such as 0.5.

        It is below 1 when processes that trained trials side by side have ended.
        """
        return self.slowdown() / median_low(self._slowdowns) if self._slowdowns else 1.0

    def fits(self, name: str, amount: float = 1.0, default: float = 0.0) -> bool:
        """Returns whether `amount` more units of `name` end before the reserve begins."""
        left = self.search_left()
        return left is None or (left > 0 and self.estimate(name, default) * amount <= left)

    def get_state(self) -> dict:
        """Returns the state for a later sitting, for JSON."""
        return {"spent": self.elapsed(), "costs": {k: v[-3:] for k, v in self._costs.items()}}

    @classmethod
    def resumed(cls, seconds: float | None, state: dict, **options: Any) -> "Budget":
        """Makes the budget of a further sitting from the state of the last, see `get_state`."""
        budget = cls(seconds, spent_before=state["spent"], **options)
        budget._costs = {name: list(costs) for name, costs in state["costs"].items()}
        return budget


def clock_of(directory: str | PathLike, seconds: float | None, spent: float) -> Budget:
    """Makes the budget of a run, less the time of earlier sittings and of this one so far.

    Args:
        directory: the run folder. If its clock is damaged or missing, the end of the last trial
            counts.
        seconds: float, limit of the whole search; None for no limit.
        spent: float, seconds of this sitting so far.
    """
    state = clock_state(directory)[0]
    state = {**state, "spent": state["spent"] + spent}
    return Budget.resumed(seconds, state, slowdown=MachineLoad())


def clock_state(directory: str | PathLike) -> tuple[dict, str]:
    """Reads the state of an earlier sitting's `Budget`.

    Returns:
        The state, and a sentence if the file was damaged, else "".
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

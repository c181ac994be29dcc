"""Shows a running search: the trial, the epoch, the best so far, the time left."""

import logging
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.trial_text import describe_trial
from attn_tuner.system.terminal import escape_controls, to_single_line
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.events import (
    EpochProgress,
    Evaluated,
    Remark,
    TrialEnded,
    TrialEvent,
    TrialStarted,
)

_log = logging.getLogger(__name__)
REFRESH_INTERVAL = 0.25  # Seconds.


class ProgressPanel:
    """Shows the events of a search: a live panel on a terminal, plain lines anywhere else.

    Args:
        budget: whose time left is shown.
        objective: str, the metric of an evaluation to show, `"accuracy"`.
        sign: 1 where a greater score is better, -1 where a smaller one is.
        shown: False prints nothing at all.
        console: where to; standard error unless given, so that standard output stays data.
        goal: str, the name of a trial's score, where that is not the objective.
    """

    def __init__(
        self,
        budget: Budget,
        objective: str,
        sign: int = 1,
        shown: bool = True,
        console: Console | None = None,
        goal: str | None = None,
    ):
        self.budget = budget
        self.objective = objective
        self.goal = goal or objective
        self.sign = sign
        self.console = console or Console(stderr=True, quiet=not shown)
        self.best = None
        self.trial = ""
        self.describes = ""
        self.epoch = 0
        self.fraction = 0.0
        self.score = None
        self.ended = 0
        self._shown_at = 0.0
        self._live = None

    def __enter__(self):
        if self.console.is_terminal and not self.console.quiet:
            self._live = Live(self._panel(), console=self.console, auto_refresh=False)
            self._live.__enter__()
        return self

    def __exit__(self, *problem):
        if self._live:
            self._live.__exit__(*problem)
            self._live = None

    def say(self, sentence: str) -> None:
        """Prints a line that stays, and writes it to the log."""
        _log.info(sentence)
        self._print(sentence)

    def _print(self, sentence: str) -> None:
        self.console.print(Text(escape_controls(sentence)), soft_wrap=True)

    def on_event(self, event: TrialEvent) -> None:
        """Shows what has happened to a trial."""
        match event:
            case TrialStarted(trial_id, values):
                self.trial, self.score, self.epoch, self.fraction = trial_id, None, 0, 0.0
                self.describes = describe_trial(values)
            case EpochProgress(epoch=epoch, fraction=fraction):
                self.epoch, self.fraction = epoch, fraction
            case Evaluated(epoch=epoch, metrics=metrics):
                self.epoch, self.fraction = epoch, 0.0
                self.score = metrics[self.objective]
            case Remark(trial_id, text):
                self._print(f"trial {trial_id} {text}")
            case TrialEnded(record=record):
                self._trial_ended(record)
        self._refresh()

    def _trial_ended(self, record: TrialRecord):
        self.ended += 1
        if record.score is None:
            return self._print(f"trial {record.trial_id} {record.status}: {record.stopped}")
        better = self.best is None or self.sign * record.score > self.sign * self.best.score
        if better:
            self.best = record
        mark = " *" if better else "  "
        took = format_duration(record.seconds)
        self._print(
            f"trial {record.trial_id}  {self.goal} {record.score:.4f}{mark}  {took:>7}  "
            f"{describe_trial(record.values)}  ({record.stopped})"
        )

    def _refresh(self):
        now = time.monotonic()
        if self._live and now - self._shown_at >= REFRESH_INTERVAL:
            self._shown_at = now
            self._live.update(self._panel(), refresh=True)

    def _panel(self) -> Table:
        left = self.budget.left()
        best = f"{self.best.score:.4f} (trial {self.best.trial_id})" if self.best else "none yet"
        score = "" if self.score is None else f", {self.objective} {self.score:.4f}"
        panel = Table.grid(padding=(0, 2))
        panel.add_row("best", best, "trials done", str(self.ended))
        panel.add_row(
            "time left",
            "no limit" if left is None else format_duration(left),
            "spent",
            format_duration(self.budget.elapsed()),
        )
        panel.add_row("trial", Text(to_single_line(f"{self.trial} {self.describes}")))
        panel.add_row("epoch", f"{self.epoch + 1}, {self.fraction:4.0%} done{score}")
        return panel

"""What a person sees while a search runs: the trial, the epoch, the best so far, the time left."""

import time

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from attn_tuner.storage.trial_text import describe
from attn_tuner.system.terminal import harmless, one_line
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import format_duration

PACE = 0.25  # Seconds between two looks of a line that moves.


class ProgressPanel:
    """Shows news of a search: a live panel on a terminal, plain lines anywhere else.

    Args:
        budget: whose time left is shown.
        objective: what the scores are, `"accuracy"`.
        sign: 1 where it should grow.
        goal: what the score of a trial is called, where that is not the objective.
        shown: False prints nothing at all.
        console: where to; standard error unless given, so that standard output stays data.
    """

    def __init__(
        self,
        budget: Budget,
        objective: str,
        sign: int = 1,
        shown=True,
        console: Console = None,
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
        self.part = 0.0
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

    def say(self, sentence: str):
        """A line that stays."""
        self.console.print(Text(harmless(sentence)), soft_wrap=True)

    def heard(self, news: dict):
        """Takes in what the trial runner tells."""
        if "begins" in news:
            self.trial, self.score, self.epoch, self.part = news["trial"], None, 0, 0.0
            self.describes = describe(news["begins"])
        if "epoch" in news:
            self.epoch, self.part = news["epoch"], news["part"]
        if "measures" in news:
            self.score = news["measures"][self.objective]
        if "remark" in news:
            self.say(f"trial {news['trial']} keeps its score. {news['remark']}")
        if "ended" in news:
            self._trial_ended(news["ended"])
        self._refresh()

    def _trial_ended(self, record):
        self.ended += 1
        if record.score is None:
            return self.say(f"trial {record.trial_id} {record.status}: {record.stopped}")
        better = self.best is None or self.sign * record.score > self.sign * self.best.score
        if better:
            self.best = record
        mark = " *" if better else "  "
        took = format_duration(record.seconds)
        self.say(
            f"trial {record.trial_id}  {self.goal} {record.score:.4f}{mark}  {took:>7}  "
            f"{describe(record.values)}  ({record.stopped})"
        )

    def _refresh(self):
        now = time.monotonic()
        if self._live and now - self._shown_at >= PACE:
            self._shown_at = now
            self._live.update(self._panel(), refresh=True)

    def _panel(self):
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
        panel.add_row("trial", Text(one_line(f"{self.trial} {self.describes}")))
        panel.add_row("epoch", f"{self.epoch + 1}, {self.part:4.0%} done{score}")
        return panel

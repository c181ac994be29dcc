"""Shows a running search: data, plan, a line for each trial, and a bar for what runs."""

import logging
import time
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from attn_tuner.monitoring.notebook_display import NotebookDisplay, notebook_html
from attn_tuner.monitoring.trial_lines import TrialRow, header, trial_line, trial_row
from attn_tuner.reporting.outcome_text import LABEL_WIDTH, hang
from attn_tuner.storage.trial_record import TrialRecord, rank
from attn_tuner.storage.trial_text import describe_model, plural
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
from attn_tuner.verbosity import verbosity

_log = logging.getLogger(__name__)
REFRESH_INTERVAL = 0.25  # Seconds.
MAX_SHOWN = 4  # Trials that run at once.
MAX_WIDTH = 110  # Columns of the bars; wider ones are hard to read.


@dataclass
class RunningTrial:
    """A trial in training.

    Args:
        model: str, encoder and head.
        epochs: float, epochs that it may train.
        done: float, epochs that it has trained.
        score: float, of its last evaluation; None before the first.
    """

    model: str
    epochs: float
    done: float = 0.0
    score: float | None = None


def make_console(shown: bool = True) -> Console:
    """Makes the console of a search: standard error, so that standard output stays data."""
    return Console(stderr=True, quiet=not shown)


class ProgressPanel:
    """Shows the events of a search.

    On a terminal the trials that run have bars below the lines of those that have ended. In a
    notebook one output is updated. Anywhere else the lines come alone.

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
        self.console = console or make_console(shown)
        self.headlines: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.rows: list[TrialRow] = []
        self.running: dict[str, RunningTrial] = {}
        self.best: TrialRecord | None = None
        self.phase = "reading the texts"
        self.epochs = 0
        self.expected: int | None = None
        self.at_once = 1
        self._seconds = 0.0
        self._shown_at = 0.0
        self._live: Live | None = None
        self._notebook: NotebookDisplay | None = None

    def __enter__(self):
        if self.console.quiet:
            return self
        if self.console.is_jupyter:
            self._notebook = NotebookDisplay()
        elif self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                self._bars(), console=self.console, auto_refresh=False, transient=True
            )
            self._live.__enter__()
        return self

    def __exit__(self, *problem):
        self.running.clear()
        if self._live:
            self._live.__exit__(*problem)
            self._live = None
        if self._notebook:
            self._notebook.update(notebook_html(self, ended=True))
            self._notebook = None

    def say(self, sentence: str) -> None:
        """Prints a line that stays, and writes it to the log."""
        _log.info(sentence)
        self.said.append(sentence)
        self._show(Text(escape_controls(sentence)))

    def headline(self, label: str, text: str) -> None:
        """Prints a line with a label, and writes it to the log.

        Args:
            label: str, one word: "Data".
            text: str, what there is to say of it.
        """
        _log.info(f"{label}: {text}")
        self.headlines.append((label, text))
        line = f"{label:<{LABEL_WIDTH}}{escape_controls(text)}"
        shown = Text(hang(line, self.console.width) if self._live else line)
        shown.stylize("bold", 0, len(label))
        self._show(shown)

    def expect(self, trials: int | None, epochs: int, at_once: int = 1) -> None:
        """Sets what the bars are measured against.

        Args:
            trials: how many are expected to end; None where that is not known.
            epochs: of a trial at most.
            at_once: trials that run at once.
        """
        self.expected, self.epochs, self.at_once = trials, epochs, at_once

    def begin(self, phase: str) -> None:
        """Shows what the search does between and after the trials, and writes it to the log.

        Args:
            phase: str, such as "testing and exporting trial 0003".
        """
        _log.info(phase)
        self.phase = phase
        if verbosity():
            self._show(Text(escape_controls(phase), "dim"))
        self._refresh(at_once=True)

    def on_event(self, event: TrialEvent) -> None:
        """Shows what has happened to a trial."""
        match event:
            case TrialStarted(trial_id, values):
                epochs = values.get("tuner/epochs") or values.get("epochs") or self.epochs
                self.running[trial_id] = RunningTrial(describe_model(values), epochs)
            case EpochProgress(trial_id, epoch, fraction):
                self._running(trial_id).done = epoch + fraction
            case Evaluated(trial_id, epoch, metrics):
                running = self._running(trial_id)
                running.done = metrics.get("epochs", epoch)
                running.score = metrics[self.objective]
            case Remark(trial_id, text):
                self.running.pop(trial_id, None)
                sentence = f"trial {trial_id} {text}"
                self.said.append(sentence)
                self._show(Text(escape_controls(sentence)))
            case TrialEnded(trial_id, record):
                self.running.pop(trial_id, None)
                self._trial_ended(record)
        self._refresh()

    def remaining(self) -> str:
        """Says how many trials have ended of how many, and the time left."""
        left = self.budget.left()
        ended = len(self.rows)
        expected = self.expected if self.expected is None else max(self.expected, ended)
        trials = plural(ended, "trial") if expected is None else f"{ended} of about {expected}"
        return f"{trials}, {format_duration(left)} left" if left is not None else trials

    def share_done(self) -> float:
        """Returns how much of the time, or else of the trials, is used up, from 0 to 1."""
        if self.budget.seconds:
            return min(1.0, self.budget.elapsed() / self.budget.seconds)
        return min(1.0, len(self.rows) / self.expected) if self.expected else 0.0

    def _running(self, trial_id: str) -> RunningTrial:
        return self.running.setdefault(trial_id, RunningTrial("", self.epochs))

    def _trial_ended(self, record: TrialRecord):
        better = record.score is not None and (
            # Equal only for a trial that an earlier sitting began.
            self.best is None or rank(record, self.sign) <= rank(self.best, self.sign)
        )
        if better:
            self.best = record
        row = trial_row(record, better)
        self.rows.append(row)
        self.phase = "starting the next trial"
        if len(self.rows) == 1 and not self._notebook:
            self._show(Text(header(self.goal), "dim"), crop=True)
        self._seconds += record.seconds
        if (left := self.budget.search_left()) is not None and self._seconds:
            mean = self._seconds / len(self.rows)
            self.expected = len(self.rows) + round(self.at_once * left / mean)
        line = Text(to_single_line(trial_line(row, self.goal, bool(verbosity()))))
        line.stylize("dim" if row.quiet else "")
        line.highlight_words(["best"] if better else [], "bold green")
        self._show(line, crop=not verbosity())

    def _show(self, line: Text, crop: bool = False):
        """Prints a line: on a terminal wrapped, or cropped at the edge; elsewhere whole."""
        if self._notebook:
            return self._notebook.update(notebook_html(self))
        if crop and self._live:
            line.truncate(self.console.width, overflow="crop")
        self.console.print(line, soft_wrap=not self._live, highlight=False)

    def _refresh(self, at_once: bool = False):
        now = time.monotonic()
        if at_once or now - self._shown_at >= REFRESH_INTERVAL:
            self._shown_at = now
            if self._live:
                self._live.update(self._bars(), refresh=True)
            if self._notebook:
                self._notebook.update(notebook_html(self))

    def _bars(self) -> RenderableType:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(ratio=3, no_wrap=True, overflow="crop")
        grid.add_column(ratio=2)
        grid.add_column(no_wrap=True, overflow="crop")
        for trial_id, each in list(self.running.items())[:MAX_SHOWN]:
            score = "" if each.score is None else f", {self.objective} {each.score:.4f}"
            grid.add_row(
                Text(to_single_line(f"{trial_id}  {each.model}")),
                ProgressBar(total=max(each.epochs, 1), completed=each.done),
                Text(f"epoch {each.done:.1f} of {each.epochs:g}{score}"),
            )
        best = f", best {self.best.score:.4f}" if self.best else ""
        grid.add_row(
            Text(self.remaining()),
            ProgressBar(total=1.0, completed=self.share_done()),
            Text(f"{format_duration(self.budget.elapsed())} spent{best}"),
        )
        phase = Text(to_single_line(self.phase), "dim", no_wrap=True, overflow="crop")
        return _Narrow(grid if self.running else Group(phase, grid))


class _Narrow:
    """Renders at most `MAX_WIDTH` columns wide."""

    def __init__(self, inside: RenderableType):
        self.inside = inside

    def __rich_console__(self, console, options):
        yield from console.render(
            self.inside, options.update(width=min(options.max_width, MAX_WIDTH))
        )

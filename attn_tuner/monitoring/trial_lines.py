"""Lays out the first screen of a search: the data, the plan, a line for each trial.

Data    demo: 3,600 texts, 2 classes, 2,400 train / 400 validation / 800 test, median 64 tokens
Plan    2m, about 3 trials of up to 10 epochs, 2 cores, scored by validation accuracy
trial  accuracy                  time  model
0000     0.9850  best             12s  bigru + additive
0001     0.5300  pruned            4s  gru + pooling
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.inputs.dataset import Dataset
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.metrics import kind_of
from attn_tuner.storage.trial_record import DISTILLED, PRETRAINED, TrialRecord
from attn_tuner.storage.trial_text import (
    describe_model,
    describe_status,
    describe_trial,
    plural,
    stop_reason,
)
from attn_tuner.tuning.duration import format_duration

SETUP_SECONDS = 8.0  # Building and tracing a model.
TOKENS_PER_SECOND = 60_000  # One epoch of a bidirectional GRU on two cores, benchmarks/epoch.py.
UNEVEN = 1.3  # Times its even share, from which the largest class is named.
SHARE_OF_EPOCHS = 0.6  # Of a full training: pruning and patience end most trials early.


@dataclass(frozen=True)
class TrialRow:
    """What one line says of a trial.

    Args:
        trial: str, its number.
        score: str, "-" where it has none.
        mark: str, "best" where it ranks before all others so far; "pruned", "failed" and so on; or
            "".
        seconds: str, how long it took.
        model: str, encoder and head.
        detail: str, learning rate, size, and why it ended.
    """

    trial: str
    score: str
    mark: str
    seconds: str
    model: str
    detail: str

    @property
    def quiet(self) -> bool:
        """Whether the line is one to pass over: a trial that was pruned or failed."""
        return self.mark not in ("", "best")


def trial_row(record: TrialRecord, better: bool = False) -> TrialRow:
    """Describes a trial that has ended.

    Args:
        record: of the trial.
        better: bool, whether it is the best so far.
    """
    mark = describe_status(record.status) if record.status != "completed" else ""
    if record.derived:
        mark = "distilled" if record.distilled else "pretrained"
    rate = describe_trial(record.values).removeprefix(describe_model(record.values)).strip(", ")
    size = plural(record.parameters, "parameter") if record.parameters else ""
    facts = (rate, size, stop_reason(record.stopped))
    return TrialRow(
        trial=record.trial_id.removesuffix(DISTILLED).removesuffix(PRETRAINED),
        score="-" if record.score is None else f"{record.score:.4f}",
        mark="best" if better else mark,
        seconds=format_duration(record.seconds),
        model=describe_model(record.values),
        detail=", ".join(filter(None, facts)),
    )


def header(goal: str) -> str:
    """Returns the line above the trials.

    Args:
        goal: str, the name of a trial's score.
    """
    return _columns("trial", goal, "", "time", "model", len(goal))


def trial_line(row: TrialRow, goal: str, details: bool = False) -> str:
    """Writes a trial on one line, its numbers under those of the others.

    Args:
        row: the trial.
        goal: str, the name of a trial's score.
        details: bool, whether to add learning rate, size, and why it ended.
    """
    more = f"  ({row.detail})" if details and row.detail else ""
    cells = (row.trial, row.score, row.mark, row.seconds, row.model)
    return _columns(*cells, len(goal)) + more


def _columns(trial: str, score: str, mark: str, seconds: str, model: str, goal: int) -> str:
    return f"{trial:<5}  {score:>{max(goal, 8)}}  {mark:<10}  {seconds:>8}  {model}".rstrip()


def data_line(dataset: Dataset, lengths: Sequence[int] | np.ndarray) -> str:
    """Says in one line what the models learn from.

    Args:
        dataset: the data.
        lengths: tokens or steps of each training input.
    """
    parts = dataset.parts()
    total = sum(map(len, parts.values()))
    split = " / ".join(f"{len(part):,} {role}" for role, part in parts.items())
    kind = kind_named(dataset.input)
    return (
        f"{dataset.name}: {kind.counted(total)}, {_answers(dataset)}, {split}, "
        f"median {plural(int(np.median(lengths)), kind.unit)}"
    )


def _answers(dataset: Dataset) -> str:
    """Says what a model answers: one of some classes, any of some labels, or a number."""
    labels = np.asarray(dataset.train.labels)
    kind = kind_of(labels)
    if kind == "number":
        return f"numbers from {labels.min():g} to {labels.max():g}"
    if kind == "labels":
        return f"{len(dataset.classes)} labels"
    count = len(dataset.classes)
    largest = dataset.train.counts(count).max() / len(labels)
    uneven = largest > UNEVEN / count
    return f"{count} classes" + (f" (the largest {largest:.0%})" if uneven else "")


def plan_line(
    seconds: float | None,
    max_trials: int | None,
    expected: int | None,
    epochs: int,
    cores: int,
    workers: int,
    goal: str,
) -> str:
    """Says in one line how long and how the models are searched.

    Args:
        seconds: time limit; None for none.
        max_trials: trials at most; None for no limit.
        expected: trials that are expected to end in time; None where that is not known.
        epochs: of a trial at most.
        cores: processor cores of this process.
        workers: trials at once.
        goal: name of a trial's score.
    """
    if max_trials and expected and expected < max_trials:
        trials = f"about {expected} of at most {plural(max_trials, 'trial')}"
    elif max_trials:
        trials = f"at most {plural(max_trials, 'trial')}"
    else:
        trials = f"about {plural(expected, 'trial')}" if expected else "trials"
    facts = (
        format_duration(seconds) if seconds else "no time limit",
        f"{trials} of up to {plural(epochs, 'epoch')}",
        plural(cores, "core") + (f", {workers} trials at once" if workers > 1 else ""),
        f"scored by validation {goal}",
    )
    return ", ".join(facts)


def expected_trials(
    seconds: float | None,
    tokens: float,
    epochs: float,
    workers: int = 1,
    known: float = 0.0,
    slowdown: float = 1.0,
) -> int | None:
    """Estimates how many trials will end in the time for the search; at least 1.

        trials = workers * seconds / trial
        trial  = slowdown * (setup + share of epochs * epochs * tokens / tokens per second)

    Args:
        seconds: time for the search; None for no limit.
        tokens: in one epoch.
        epochs: of a trial that is not ended early.
        workers: trials at once.
        known: seconds of a trial as measured before; 0 where none has been.
        slowdown: how many times slower than alone this process is, by other work on the machine.

    Returns:
        The number; None where the time has no limit.
    """
    if seconds is None:
        return None
    trial = SETUP_SECONDS + SHARE_OF_EPOCHS * epochs * tokens / TOKENS_PER_SECOND
    return max(1, round(workers * seconds / (known or slowdown * trial)))

"""Describes how a trial ended, and keeps that in the trial's folder."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median_low

from attn_tuner.space.renamed import current_names, current_values
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import read_dataclass, reading
from attn_tuner.storage.layout import RECORD, TRIAL_PREFIX, in_trials

# End the ID of a trial; before them stands that of the trial that it goes on from.
PRETRAINED = "-pretrained"
DISTILLED = "-distilled"
# Stand for baselines among the IDs of trials.
LINEAR_NAME = "linear"
MINIROCKET_NAME = "MiniRocket and ridge"
BASELINE_NAMES = (LINEAR_NAME, MINIROCKET_NAME)
FORMER_NAMES = {"measures": "metrics"}  # Keys of format 1.
STATES = ("completed", "pruned", "cut", "failed", "infeasible")
LOST = (
    "Restore it from a copy. Without one, delete this file: the trial is then ignored, and the "
    "search can continue."
)


@dataclass(frozen=True)
class TrialRecord:
    """One trial as it ended.

    Args:
        trial_id: KerasTuner's name of it.
        status: "completed", "pruned", "cut" (by the time limit or by hand), "failed", or
            "infeasible" (not trained, because the model breaks a limit).
        values: name of a dimension to its value, as the oracle drew them.
        score: the objective at the best evaluation; None for a failed trial.
        metrics: all metrics at the best evaluation, with the other keys of `history`.
        history: every evaluation, as in `TrainingProgress`.
        stopped: why it ended, in words.
        seconds: training time, all attempts together.
        parameters: number of weights of the model.
        seed: int, for the initial weights and the order of the data.
        ended: seconds since the search began, over all sittings.
        message: the traceback of a failed trial, or of what `remark` is about.
        repeats: scores of further trainings with other seeds.
        latency_ms: milliseconds for one text; measured only where they are limited.
        share: what its rung gave it, of the most that a trial gets; 1 without rungs.
        used: values that the rung replaced, by name; see `fidelity.RungAllocation`.
        remark: what went wrong in a trial that has a score: why it could not go on, or why a repeat
            failed; else empty.
    """

    trial_id: str
    status: str
    values: dict = field(hash=False)
    score: float | None = None
    metrics: dict = field(default_factory=dict, hash=False)
    history: list = field(default_factory=list, hash=False)
    stopped: str = ""
    seconds: float = 0.0
    parameters: int = 0
    seed: int = 0
    ended: float = 0.0
    message: str = ""
    repeats: list = field(default_factory=list, hash=False)
    latency_ms: float | None = None
    share: float = 1.0
    used: dict = field(default_factory=dict, hash=False)
    remark: str = ""

    @property
    def trained(self) -> dict:
        """The values with which it was trained: those of the oracle, or what the rung used."""
        return {**self.values, **self.used}

    @property
    def judging(self) -> float | None:
        """Seconds for one evaluation; None where none was timed.

        This is the lower median of the last three, as the first one compiles.
        """
        last = self._judged()[-3:]
        return median_low(last) if last else None

    @property
    def tracing(self) -> float | None:
        """Seconds for tracing the model; None where that is not known.

        This is what the first evaluation takes longer than a later one.
        """
        timed, usual = self._judged(), self.judging
        return max(0.0, timed[0] - usual) if len(timed) > 1 and usual is not None else None

    @property
    def costs(self) -> dict[str, float]:
        """Seconds by the kinds of step that a `Budget` records."""
        known = {"trial": self.seconds, "tracing": self.tracing}
        return {name: each for name, each in known.items() if each is not None}

    @property
    def pretrained(self) -> bool:
        """Whether its encoder was pretrained on texts without labels."""
        return self.trial_id.endswith(PRETRAINED)

    @property
    def distilled(self) -> bool:
        """Whether it learnt from the answers of a teacher."""
        return self.trial_id.endswith(DISTILLED)

    @property
    def derived(self) -> bool:
        """Whether it goes on from another trial, so that the oracle does not know it."""
        return self.pretrained or self.distilled

    def _judged(self) -> list[float]:
        """Seconds of each evaluation that was timed."""
        return [each["judging"] for each in self.history if "judging" in each]

    def save(self, folder: str | Path) -> None:
        """Writes the record into the trial's folder."""
        write_json(Path(folder) / RECORD, asdict(self))

    @classmethod
    def load(cls, folder: str | Path) -> "TrialRecord":
        """Reads the record in a trial's folder.

        Raises:
            DamagedFile: it is not one, or belongs to another trial than the folder.
        """
        path = Path(folder) / RECORD
        record = read_dataclass(cls, path, LOST, FORMER_NAMES)
        with reading(path, LOST):
            record.check(Path(folder).absolute().name)
        return replace(
            record, values=current_values(record.values), used=current_names(record.used)
        )

    def check(self, folder: str) -> None:
        """Raises ValueError where the record cannot belong in a trial folder of this name."""
        # Paths are made of the ID, so that an ID from a file must not lead out of the run folder.
        if f"{TRIAL_PREFIX}{self.trial_id}" != folder:
            raise ValueError(f"its trial_id is {self.trial_id[:40]!r}, in the folder {folder}")
        if self.status not in STATES:
            raise ValueError(f"its status is {self.status[:40]!r}")
        for metrics in (self.metrics, *self.history):
            wrong = not isinstance(metrics, dict) or not all(
                each is None or isinstance(each, int | float) for each in metrics.values()
            )
            if wrong:
                raise ValueError("its metrics are no numbers")
        if self.score is not None and "epochs" not in self.metrics:
            raise ValueError("it has a score, but no metrics")


def recorded(run: str | Path) -> dict[str, TrialRecord]:
    """Reads the records of all ended trials in a run folder, by trial ID."""
    found = [TrialRecord.load(path.parent) for path in in_trials(run, RECORD)]
    return {record.trial_id: record for record in found}


def rank(record: TrialRecord, sign: int) -> tuple[float, str]:
    """Returns the key by which scored trials are ordered everywhere, the best first.

    Of equal scores the trial with the lower number comes first, whichever ended first.

    Args:
        record: of a trial with a score.
        sign: 1 where a greater score is better, -1 where a smaller one is.
    """
    return -sign * (record.score or 0.0), record.trial_id


def ranked(records: Iterable[TrialRecord], sign: int) -> list[TrialRecord]:
    """Returns the records that have a score, best first.

    Args:
        records: of trials.
        sign: 1 where a greater score is better, -1 where a smaller one is.
    """
    scored = [each for each in records if each.score is not None]
    return sorted(scored, key=lambda record: rank(record, sign))

"""What a trial leaves in its folder: its record, its best weights, its resume point."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median_low

from attn_tuner.space.renamed import current_names, current_values
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import read_dataclass, reading

RECORD = "record.json"
PRETRAINED = "-pretrained"  # Behind the name of the trial whose values it has.
LINEAR_NAME = "linear"  # Of the linear baseline, where trials have their number.
STATES = ("completed", "pruned", "cut", "failed", "infeasible")
_LOST = (
    "Put back a copy. Without one, remove this file: the trial then counts no more, and the search "
    "can go on."
)


@dataclass(frozen=True)
class TrialRecord:
    """One trial as it ended.

    Args:
        trial_id: KerasTuner's name of it.
        status: "completed", "pruned", "cut" (by the clock or by hand), "failed", or "infeasible"
            where it was not trained because it breaks a limit.
        values: path to value, as the oracle gave them.
        score: of the objective at the best evaluation; None for a failed trial.
        measures: all of `measures.measure` at the best evaluation, with the rest of `history`.
        history: every evaluation, as in `TrainingProgress`.
        stopped: why it ended.
        seconds: wall time of its training.
        parameters: weights of the model.
        seed: of its weights and its order of data.
        ended: seconds since the search began, over all sittings.
        message: the traceback of a failed trial, or of its attempt to go on.
        repeats: scores of further trainings with other seeds.
        latency_ms: milliseconds for one text, where they are limited.
        share: of the most that a trial is given, what its rung gave it; 1 without rungs.
        used: by name, what the rung put in the place of values, see `fidelity.Ration`.
        remark: why a trial that has a score could not go on; empty where it could.
    """

    trial_id: str
    status: str
    values: dict = field(hash=False)
    score: float | None = None
    measures: dict = field(default_factory=dict, hash=False)
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
        """The values by which the model was made and trained, and reads texts."""
        return {**self.values, **self.used}

    @property
    def judging(self) -> float | None:
        """Seconds that an answer to all validation texts takes; None where nothing is known.

        The lower median of the last three: the first one compiles.
        """
        last = self._judged()[-3:]
        return median_low(last) if last else None

    @property
    def tracing(self) -> float | None:
        """Seconds that tracing the model's answers takes; None where nothing is known.

        What the first evaluation took and a later one does not.
        """
        told = self._judged()
        return max(0.0, told[0] - self.judging) if len(told) > 1 else None

    @property
    def costs(self) -> dict[str, float]:
        """Seconds by what a `Budget` knows them as."""
        known = {"trial": self.seconds, "tracing": self.tracing}
        return {name: each for name, each in known.items() if each is not None}

    @property
    def pretrained(self) -> bool:
        """Whether its encoder began with what texts without labels had taught it."""
        return self.trial_id.endswith(PRETRAINED)

    def _judged(self) -> list[float]:
        """Seconds of each evaluation that says what it took."""
        return [each["judging"] for each in self.history if "judging" in each]

    def save(self, folder):
        write_json(Path(folder) / RECORD, asdict(self))

    @classmethod
    def load(cls, folder) -> "TrialRecord":
        """The record in a trial's folder.

        Raises:
            DamagedFile: it is none, or is of another trial than the folder's name says.
        """
        path = Path(folder) / RECORD
        record = read_dataclass(cls, path, _LOST)
        with reading(path, _LOST):
            record.check(Path(folder).absolute().name)
        return replace(
            record, values=current_values(record.values), used=current_names(record.used)
        )

    def check(self, folder: str):
        """Raises ValueError where the record cannot be of the trial in the folder of that name."""
        # Paths are made of the name, so what stands in the file may not lead elsewhere.
        if f"trial_{self.trial_id}" != folder:
            raise ValueError(f"its trial_id is {self.trial_id[:40]!r}, in the folder {folder}")
        if self.status not in STATES:
            raise ValueError(f"its status is {self.status[:40]!r}")
        for measures in (self.measures, *self.history):
            wrong = not isinstance(measures, dict) or not all(
                each is None or isinstance(each, int | float) for each in measures.values()
            )
            if wrong:
                raise ValueError("its measures are no numbers")
        if self.score is not None and "epochs" not in self.measures:
            raise ValueError("it has a score, and no measures of it")


def recorded(run) -> dict[str, TrialRecord]:
    """The records of a run folder by trial."""
    found = [TrialRecord.load(path.parent) for path in sorted(Path(run).glob(f"trial_*/{RECORD}"))]
    return {record.trial_id: record for record in found}


def ranked(records: Iterable[TrialRecord], sign: int) -> list[TrialRecord]:
    """Returns the records that have a score, best first.

    Args:
        records: of trials.
        sign: 1 where a greater score is better, -1 where a smaller one is.
    """
    scored = [record for record in records if record.score is not None]
    return sorted(scored, key=lambda record: (-sign * record.score, record.trial_id))

"""Reads a run folder: the plan, the trials, the baselines, the outcome."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.metrics import sign_of
from attn_tuner.storage.atomic_files import read_json
from attn_tuner.storage.checked_files import AGAIN, check_kinds, is_a, read_object, reading
from attn_tuner.storage.layout import BASELINES, EXPORT, LEARNT_FROM, OUTCOME, PLAN
from attn_tuner.storage.plan import SEQUENCE, Plan
from attn_tuner.storage.trial_record import BASELINE_NAMES, TrialRecord, ranked, recorded

_METRICS = dict[str, float | None]
_OUTCOME = {
    "members": dict[str, float],
    "logarithms": bool,
    "calibration": dict | None,
    "thresholds": dict | None,
    "conformal": dict | None,
    "known": dict | None,
    "refit": bool,
    "alone": float | None,
    "validation": _METRICS,
    "test": _METRICS,
    "test_texts": int,
    "megabytes": float,
    "difference": float,
    "remarks": list[str],
}
_LEARNT = {  # From a teacher.
    "run": str,
    "teacher": str,
    "student": str,
    "training_texts": int,
    "unlabelled_texts": int,
    "changed_texts": int,
    "teacher_score": float | None,
    "before": float,
    "after": float,
    "seconds": float,
}

_OF_PAIRS = {  # Besides the winner and the seconds.
    "validation": _METRICS,
    "test": _METRICS,
    "test_texts": int,
    "width": dict[str, float],
    "by_length": list[dict],
    "examples": list[dict],
    "megabytes": float,
    "difference": float,
    "proved": int,
}


@dataclass(frozen=True)
class Run:
    """A search as its run folder held it at the moment of reading.

    Args:
        directory: the folder.
        plan: the options of the search.
        records: the trials that have ended, in the order of their numbers.
        baselines: a `Baseline.row` each; empty until they are measured.
        outcome: `winner`, `members`, `test`, `export`, `seconds` and more; empty until the search
            has ended.
        notes: sentences on files that are damaged and were left out.
    """

    directory: Path
    plan: Plan
    records: tuple[TrialRecord, ...] = ()
    baselines: tuple[dict, ...] = ()
    outcome: dict = field(default_factory=dict, hash=False)
    notes: tuple[str, ...] = ()

    @property
    def export(self) -> Path:
        """The folder of the exported SavedModel, wherever the run folder lies now."""
        return self.directory / EXPORT

    @classmethod
    def read(cls, directory: str | Path) -> "Run":
        """Reads the run folder.

        Raises:
            RunError: it is not a run folder, or a later version wrote it.
            DamagedFile: the plan or a record cannot be read.
        """
        directory = Path(directory)
        if not (directory / PLAN).exists():
            raise RunError(_no_run(directory))
        plan = Plan.load(directory)
        records = tuple(recorded(directory).values())
        baselines, outcome, notes = (), {}, []
        try:
            baselines = read_baselines(directory, plan)
        except DamagedFile as error:
            notes.append(f"{error} Until then the baselines are left out.")
        try:
            outcome = read_outcome(directory, plan, records)
        except DamagedFile as error:
            notes.append(f"{error} Until then the search counts as one that has not ended.")
        return cls(directory, plan, records, baselines, outcome, tuple(notes))

    @property
    def sign(self) -> int:
        """1 where a larger score is better, -1 where a smaller one is."""
        return sign_of(self.plan.objective)

    @property
    def members(self) -> dict[str, float]:
        """The trials in the exported model, with their weights in its average."""
        winner = self.outcome.get("winner")
        return self.outcome.get("members", {winner: 1.0} if winner else {})

    @property
    def logarithms(self) -> bool:
        """Whether the exported model averages logarithms of probabilities, and not these."""
        return self.outcome.get("logarithms", False)

    def ranked(self) -> list[TrialRecord]:
        """Returns the trials that have a score, best first."""
        return ranked(self.records, self.sign)


def _no_run(directory: Path) -> str:
    said = f"{directory} is not a run folder: it holds no {PLAN}."
    around = directory.absolute().parent
    if (around / PLAN).exists():
        return f"{said} It lies in one: give {around}."
    return (
        f"{said} Give the folder that search() wrote, or start one with attn-tuner search DATA "
        "--out FOLDER."
    )


def read_baselines(directory: str | Path, plan: Plan) -> tuple[dict, ...]:
    """Reads the rows of the baselines; none before they are measured.

    Raises:
        DamagedFile: the file does not hold them.
    """
    path = Path(directory) / BASELINES
    if not path.exists():
        return ()
    with reading(path, AGAIN):
        rows = read_json(path)
        if not is_a(rows, list[dict]) or not rows:
            raise ValueError("it is not a list of baselines")
        for row in rows:
            kinds = {"name": str, "seconds": float, "validation": _METRICS, "test": _METRICS}
            check_kinds(row, kinds)
            for part in filter(None, (row["validation"], row["test"])):
                check_kinds(part, {plan.objective: float | None})
        return tuple(rows)


def read_outcome(directory: str | Path, plan: Plan, records: Iterable[TrialRecord]) -> dict:
    """Reads the outcome of a search that has ended; empty before.

    Raises:
        DamagedFile: the file does not hold one, or one of other trials.
    """
    path = Path(directory) / OUTCOME
    if not path.exists():
        return {}
    found = read_object(path, {"winner": str, "seconds": float}, AGAIN)
    with reading(path, AGAIN):
        check_kinds(found, {name: kind for name, kind in _OUTCOME.items() if name in found})
        known = {record.trial_id for record in records}
        for trial in {found["winner"], *found.get("members", {})} - {*BASELINE_NAMES}:
            if trial not in known:
                raise ValueError(f"it names the trial {trial[:40]!r}, which has no record")
        for part in filter(None, (found.get("validation"), found.get("test"))):
            check_kinds(part, {plan.objective: float | None})
        if found.get("test"):
            check_kinds(found, {"test_texts": int})
        if found.get("calibration"):
            kinds = ("temperature", "error_before", "error_after")
            check_kinds(found["calibration"], dict.fromkeys(kinds, float))
        if found.get("thresholds"):
            kinds = {"at": list[float], "objective": str, "before": float, "after": float}
            check_kinds(found["thresholds"], kinds)
        if plan.task == SEQUENCE:
            check_kinds(found, _OF_PAIRS)
        if found.get("conformal"):
            check_kinds(found["conformal"], {"coverage": float, "at": list[float]})
            if len(found["conformal"]["at"]) != (len(plan.classes) or 1):
                raise ValueError("its prediction sets are of other classes")
        if found.get("quantiles"):
            kinds = {"levels": list[float], "below": list[float], "between": float, "series": int}
            check_kinds(found["quantiles"], kinds)
            if len(found["quantiles"]["below"]) != len(found["quantiles"]["levels"]):
                raise ValueError("its quantiles were measured at other levels")
        if "teacher" in (found.get(LEARNT_FROM) or ()):
            check_kinds(found[LEARNT_FROM], _LEARNT)
        if found.get("known"):
            check_kinds(found["known"], {"kept": float, "entropy": float})
        if len(found.get("members", ())) > 1:
            check_kinds(found, {"validation": dict, "alone": float})
    return found

"""A run folder, read: the plan, the trials, the baselines, the outcome."""

import statistics
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.metrics import MEASURES, sign_of
from attn_tuner.reporting.pareto import pareto
from attn_tuner.storage.atomic_files import read_json
from attn_tuner.storage.checked_files import AGAIN, check_kinds, is_a, read_object, reading
from attn_tuner.storage.plan import PLAN, Plan
from attn_tuner.storage.trial_record import LINEAR_NAME, RECORD, TrialRecord, ranked
from attn_tuner.storage.trial_text import describe_head, given_by_rung, members

BASELINES, OUTCOME = "baselines.json", "outcome.json"
BUNDLE = "model"  # The winner as a Bundle, inside the run's folder.
EXPORT = "best"  # The winner as a SavedModel, there too.
_MEASURES = dict[str, float | None]
_OUTCOME = {
    "members": dict[str, float],
    "calibration": dict | None,
    "thresholds": dict | None,
    "refit": bool,
    "alone": float | None,
    "validation": _MEASURES,
    "test": _MEASURES,
    "test_texts": int,
    "megabytes": float,
    "difference": float,
    "remarks": list[str],
}


@dataclass(frozen=True)
class Run:
    """All that a run folder tells, at the moment of reading.

    Args:
        directory: the folder.
        plan: what the search was to do.
        records: its trials, in the order of their numbers.
        baselines: rows of `baselines.Baseline.row`; empty until they are measured.
        outcome: of the finished search: `winner`, `members`, `test`, `export`, `seconds` and
            more; empty before.
        notes: sentences on what is damaged and was left out.
    """

    directory: Path
    plan: Plan
    records: tuple[TrialRecord, ...] = ()
    baselines: tuple[dict, ...] = ()
    outcome: dict = field(default_factory=dict, hash=False)
    notes: tuple[str, ...] = ()

    @property
    def export(self) -> Path:
        """The folder of the exported model, wherever the run's folder lies now."""
        return self.directory / EXPORT

    @classmethod
    def read(cls, directory) -> "Run":
        directory = Path(directory)
        if not (directory / PLAN).exists():
            raise RunError(
                f"{directory} is not a run folder: it holds no {PLAN}. Give the folder that "
                "search() wrote, or start one with attn-tuner search DATA --out FOLDER."
            )
        plan = Plan.load(directory)
        files = sorted(directory.glob(f"trial_*/{RECORD}"))
        records = tuple(TrialRecord.load(file.parent) for file in files)
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
        return sign_of(self.plan.objective)

    @property
    def members(self) -> dict[str, float]:
        """The trials that the exported model averages, with their weights; most often one."""
        winner = self.outcome.get("winner")
        return self.outcome.get("members", {winner: 1.0} if winner else {})

    def ranked(self) -> list[TrialRecord]:
        """The trials that have a score, best first."""
        return ranked(self.records, self.sign)

    def leaderboard(self) -> pd.DataFrame:
        """One row a trial or baseline, the best on validation first.

        Columns: name, encoder, head, the validation measures, `test_<objective>` where the test
        part was used, `runs`, `mean_<objective>` and `sd_<objective>` where trials were repeated,
        `rung`, what the rung of a trial gave it, where there are rungs, epochs to the best,
        seconds, parameters, status.
        """
        rows = [self._trial_row(record) for record in self.records]
        if len(self.members) > 1:
            rows.append(self._ensemble_row())
        rows += [self._baseline_row(baseline) for baseline in self.baselines]
        objective = f"val_{self.plan.goal}"
        table = pd.DataFrame(rows, columns=self._columns())
        order = table[objective].sort_values(
            ascending=self.sign < 0, na_position="last", kind="stable"
        )
        return table.loc[order.index].reset_index(drop=True)

    def front(self) -> pd.DataFrame:
        """The trials that no other beats in objective, parameters and, where it was measured,
        latency: none is as good in all of them and better in one. The best objective first.
        """
        ranked = self.ranked()
        points = [
            (record.score, record.parameters, record.latency_ms or float("nan"))
            for record in ranked
        ]
        kept = pareto(points, larger=(self.sign > 0, False, False))
        rows = [
            {**self._trial_row(record), "latency_ms": record.latency_ms}
            for record, stays in zip(ranked, kept, strict=True)
            if stays
        ]
        return pd.DataFrame(rows, columns=[*self._columns(), "latency_ms"])

    def _spread_columns(self):
        """Of trials that were repeated: how often they ran, mean and standard deviation."""
        if not any(record.repeats for record in self.records):
            return []
        return ["runs", f"mean_{self.plan.goal}", f"sd_{self.plan.goal}"]

    def _spread(self, record) -> dict:
        scores = [record.score, *record.repeats]
        figures = [len(scores), statistics.mean(scores), statistics.stdev(scores)]
        return dict(zip(self._spread_columns(), figures, strict=True))

    def _columns(self):
        measures = [f"val_{name}" for name in self._measures()]
        first = f"val_{self.plan.goal}"
        measures.sort(key=lambda name: name != first)
        test = [f"test_{self.plan.objective}"]
        return [
            *("name", "encoder", "head", *measures, *test),
            *self._spread_columns(),
            *(["rung"] if any(record.used for record in self.records) else []),
            *("epochs", "seconds", "parameters", "status"),
        ]

    def _trial_row(self, record):
        row = {
            "name": f"trial {record.trial_id}",
            "encoder": record.values.get("encoder"),
            "head": describe_head(record.values),
            "rung": given_by_rung(record),
            "epochs": record.measures.get("epochs"),
            "seconds": record.seconds,
            "parameters": record.parameters,
            "status": record.status,
        }
        row |= {f"val_{name}": record.measures.get(name) for name in self._measures()}
        if record.repeats:
            row |= self._spread(record)
        if list(self.members) == [record.trial_id]:
            row |= self._exported()
        return row

    def _ensemble_row(self):
        row = {"name": f"ensemble of {len(self.members)}", "head": members(self.members)}
        row |= {f"val_{name}": value for name, value in self.outcome["validation"].items()}
        own = [record for record in self.records if record.trial_id in self.members]
        row["seconds"] = sum(record.seconds for record in own)
        row["parameters"] = sum(record.parameters for record in own)
        return row | self._exported()

    def _exported(self):
        test = self.outcome.get("test")
        found = {f"test_{self.plan.objective}": test[self.plan.objective]} if test else {}
        return {**found, "status": "exported"}

    def _measures(self):
        faithful = [self.plan.goal, "faithfulness"] if self.plan.faithful else []
        return [*MEASURES[self.plan.kind], *faithful]

    def _baseline_row(self, baseline):
        row = {"name": baseline["name"], "seconds": baseline["seconds"], "status": "baseline"}
        row |= {f"val_{name}": value for name, value in baseline["validation"].items()}
        if baseline["test"]:
            row[f"test_{self.plan.objective}"] = baseline["test"][self.plan.objective]
        return row


def read_baselines(directory, plan: Plan) -> tuple[dict, ...]:
    """The rows of the baselines; none before they are measured.

    Raises:
        DamagedFile: the file does not hold them.
    """
    path = Path(directory) / BASELINES
    if not path.exists():
        return ()
    with reading(path, AGAIN):
        rows = read_json(path)
        if not is_a(rows, list[dict]) or not rows:
            raise ValueError("it is no list of baselines")
        for row in rows:
            kinds = {"name": str, "seconds": float, "validation": _MEASURES, "test": _MEASURES}
            check_kinds(row, kinds)
            for part in filter(None, (row["validation"], row["test"])):
                check_kinds(part, {plan.objective: float | None})
        return tuple(rows)


def read_outcome(directory, plan: Plan, records) -> dict:
    """The outcome of a search that has ended; empty before.

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
        for trial in {found["winner"], *found.get("members", {})} - {LINEAR_NAME}:
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
        if len(found.get("members", ())) > 1:
            check_kinds(found, {"validation": dict, "alone": float})
    return found

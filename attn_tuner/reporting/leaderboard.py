"""Tables of the trials of a run: the leaderboard, and the Pareto front."""

import statistics

import pandas as pd

from attn_tuner.reporting.pareto import pareto
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.trial_text import (
    describe_head,
    describe_members,
    describe_rung,
    describe_status,
)


def leaderboard(run: Run) -> pd.DataFrame:
    """Makes a table of the trials and baselines, the best on validation first.

    Returns:
        One row for each trial, for each baseline, and for the average where one is exported.
        Columns: name, encoder, head, the validation metrics, `test_<objective>` where the test
        part was used, `runs`, `mean_<objective>` and `sd_<objective>` where trials were repeated,
        `rung` (what the rung of a trial gave it) where there are rungs, epochs to the best
        evaluation, seconds, parameters, status.
    """
    rows = [_trial_row(run, record) for record in run.records]
    if len(run.members) > 1:
        rows.append(_ensemble_row(run))
    rows += [_baseline_row(run, baseline) for baseline in run.baselines]
    table = pd.DataFrame(rows, columns=_columns(run))
    order = table[f"val_{run.plan.goal}"].sort_values(
        ascending=run.sign < 0, na_position="last", kind="stable"
    )
    return table.loc[order.index].reset_index(drop=True)


def front(run: Run) -> pd.DataFrame:
    """Makes a table of the trials on the Pareto front, the best objective first.

    Returns:
        The rows and columns of the leaderboard, and `latency_ms`, for the trials that no other
        trial beats: none is as good in objective, parameters and latency, where that was
        measured, and better in one of them.
    """
    ranked = run.ranked()
    points = [
        (record.score, record.parameters, record.latency_ms or float("nan")) for record in ranked
    ]
    kept = pareto(points, larger=(run.sign > 0, False, False))
    rows = [
        {**_trial_row(run, record), "latency_ms": record.latency_ms}
        for record, stays in zip(ranked, kept, strict=True)
        if stays
    ]
    return pd.DataFrame(rows, columns=[*_columns(run), "latency_ms"])


def _columns(run: Run) -> list[str]:
    metrics = [f"val_{name}" for name in _metrics(run)]
    metrics.sort(key=lambda name: name != f"val_{run.plan.goal}")
    return [
        *("name", "encoder", "head", *metrics, f"test_{run.plan.objective}"),
        *_spread_columns(run),
        *(["rung"] if any(record.used for record in run.records) else []),
        *("epochs", "seconds", "parameters", "status"),
    ]


def _metrics(run: Run) -> list[str]:
    faithful = [run.plan.goal, "faithfulness"] if run.plan.faithful else []
    return [*run.plan.measures, *faithful]


def _spread_columns(run: Run) -> list[str]:
    """Names the columns of repeated trials: number of trainings, mean, standard deviation."""
    if not any(record.repeats for record in run.records):
        return []
    return ["runs", f"mean_{run.plan.goal}", f"sd_{run.plan.goal}"]


def _spread(run: Run, record: TrialRecord) -> dict:
    scores = [record.score, *record.repeats]
    figures = [len(scores), statistics.mean(scores), statistics.stdev(scores)]
    return dict(zip(_spread_columns(run), figures, strict=True))


def _trial_row(run: Run, record: TrialRecord) -> dict:
    row = {
        "name": f"trial {record.trial_id}",
        "encoder": record.values.get("encoder"),
        "head": describe_head(record.values),
        "rung": describe_rung(record),
        "epochs": record.metrics.get("epochs"),
        "seconds": record.seconds,
        "parameters": record.parameters,
        "status": describe_status(record.status),
    }
    row |= {f"val_{name}": record.metrics.get(name) for name in _metrics(run)}
    if record.repeats:
        row |= _spread(run, record)
    if list(run.members) == [record.trial_id]:
        row |= _exported(run)
    return row


def _ensemble_row(run: Run) -> dict:
    row = {"name": f"ensemble of {len(run.members)}", "head": describe_members(run.members)}
    row |= {f"val_{name}": value for name, value in run.outcome["validation"].items()}
    own = [record for record in run.records if record.trial_id in run.members]
    row["seconds"] = sum(record.seconds for record in own)
    row["parameters"] = sum(record.parameters for record in own)
    return row | _exported(run)


def _exported(run: Run) -> dict:
    test = run.outcome.get("test")
    found = {f"test_{run.plan.objective}": test[run.plan.objective]} if test else {}
    return {**found, "status": "exported"}


def _baseline_row(run: Run, baseline: dict) -> dict:
    row = {"name": baseline["name"], "seconds": baseline["seconds"], "status": "baseline"}
    row |= {f"val_{name}": value for name, value in baseline["validation"].items()}
    if baseline["test"]:
        row[f"test_{run.plan.objective}"] = baseline["test"][run.plan.objective]
    return row

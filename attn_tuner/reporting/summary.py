"""Collects what a search found and what the model costs: the first section of a report."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.metrics import interval
from attn_tuner.reporting.outcome_text import (
    final_model_notes,
    format_score,
    missing_classes_notes,
)
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.trial_text import describe_head, describe_model
from attn_tuner.tuning.duration import format_duration


def summarize(run: Run, validation_texts: int = 0) -> dict:
    """Summarizes a run: the best model, its scores beside the baselines', and the trials.

    Args:
        run: the run; its search may still go on.
        validation_texts: int, number of validation texts, for the intervals; 0 where unknown.

    Returns:
        A dict with the keys winner (trial id, None before the first score), model_name, model,
        head, encoder, objective, objective_sentence ("" for classes), missing_classes (part to
        sentences), scores (rows of name, part, texts, accuracy, low, high), trials, pruned,
        failed, spent (a duration), finished and remarks (sentences).
    """
    ranked = run.ranked()
    by_id = {record.trial_id: record for record in run.records}
    best = by_id.get(run.outcome.get("winner", ""), ranked[0] if ranked else None)
    scores = []
    test, texts = run.outcome.get("test") or {}, run.outcome.get("test_texts", 0)
    if "accuracy" in test:
        scores.append(_score("this model", "test", texts, test["accuracy"]))
        scores += _baselines(run, "test", texts)
    measures = run.outcome.get("validation") or (best.metrics if best else {})
    if "accuracy" in measures:
        accuracy = measures["accuracy"]
        scores.append(_score("this model", "validation", validation_texts, accuracy))
        scores += _baselines(run, "validation", validation_texts)
    states = [record.status for record in run.records]
    ended = max([0.0, *(record.ended for record in run.records)])
    return {
        "winner": best.trial_id if best else None,
        "objective_sentence": _objective_sentence(run) if run.plan.kind != "class" else "",
        "missing_classes": {
            part: missing_classes_notes(run, part) for part in ("test", "validation")
        },
        "model_name": _model_name(run, best) if best else "",
        "model": describe_model(best.values) if best else "",
        "head": describe_head(best.values) if best else "",
        "encoder": best.values.get("encoder", "") if best else "",
        "objective": run.plan.objective,
        "scores": scores,
        "trials": len(states),
        "pruned": states.count("pruned"),
        "failed": states.count("failed"),
        "spent": format_duration(run.outcome.get("seconds", ended)),
        "finished": bool(run.outcome),
        "remarks": [*final_model_notes(run), *run.outcome.get("remarks", [])],
    }


def summary_sentence(facts: dict) -> str:
    """Says how often the model is right, and whether it beats the linear baseline.

    Args:
        facts: from `summarize`.
    """
    own = next((row for row in facts["scores"] if row["name"] == "this model"), None)
    part = own["part"] if own else "test"
    before = "".join(f"{each} " for each in facts.get("missing_classes", {}).get(part, ()))
    if facts.get("objective_sentence"):
        return before + facts["objective_sentence"]
    if own is None:
        return "No trial has a score yet."
    said = f"{before}{facts['model_name']} gets {_percent(own['accuracy'])} of the "
    said += f"{own['part']} texts right"
    if own["texts"]:
        said += f" (95 % interval {_percent(own['low'])} to {_percent(own['high'])})"
    linear = next(
        (row for row in facts["scores"] if (row["name"], row["part"]) == ("linear", own["part"])),
        None,
    )
    if linear is None:
        return f"{said}."
    gap = own["accuracy"] - linear["accuracy"]
    apart = own["texts"] and (own["low"] > linear["high"] or own["high"] < linear["low"])
    significance = "" if apart else "; the difference may be chance"
    more = "more" if gap >= 0 else "less"
    return (
        f"{said}. That is {abs(gap) * 100:.1f} points {more} than the linear baseline "
        f"({_percent(linear['accuracy'])}){significance}."
    )


def measure_costs(bundle: Any, export: Path | None, texts: Sequence = ("a short text",)) -> dict:
    """Measures the size and the speed of the exported model.

    Args:
        bundle: the exported model, a `Bundle` or a `SeriesBundle`.
        export: folder of its artefact; None where there is none.
        texts: strings, or series, for the timing, answered one at a time.

    Returns:
        A dict with the keys `parameters` (int), `milliseconds` (median for one text, in this
        process) and `bytes` (of the artefact; None without one).
    """
    bundle.predict(list(texts[:1]))
    spans = []
    for index in range(15):
        begun = time.perf_counter()
        bundle.predict([texts[index % len(texts)]])
        spans.append(time.perf_counter() - begun)
    files = [file for file in export.rglob("*") if file.is_file()] if export else []
    return {
        "parameters": int(bundle.model.count_params()),
        "milliseconds": 1000 * float(np.median(spans)),
        "bytes": sum(file.stat().st_size for file in files) or None,
    }


def _known(plan) -> dict:
    """Reads the search options out of the plan of an earlier version, which did not keep them."""
    usual = {"ensemble": 1, "refit": False, "repeats": 0, "fidelity": "epochs"}
    usual |= {"faithful": 0.0, "pretrain": 0.0, "task": ""}
    names = ("tuner", "objective", "epochs", "seed")
    return {
        "data": plan.source,
        **({"max_time": f"{plan.max_time:.12g}s"} if plan.max_time else {}),
        **({"max_trials": plan.max_trials} if plan.max_trials else {}),
        **{name: getattr(plan, name) for name in usual if getattr(plan, name) != usual[name]},
        **{f"max_{name}": limit for name, limit in plan.limits.items() if limit is not None},
        **{name: getattr(plan, name) for name in names},
    }


def _objective_sentence(run: Run) -> str:
    """Gives the objective beside the linear baseline's, for tasks without an accuracy."""
    part = "test" if run.outcome.get("test") else "validation"
    found, objective = run.outcome.get(part), run.plan.objective
    if not found:
        return ""
    linear = next((row[part] for row in run.baselines if row["name"] == "linear"), None)
    baseline = f"; the linear baseline {format_score(linear[objective])}" if linear else ""
    return f"On the {part} texts {objective} is {format_score(found[objective])}{baseline}."


def _model_name(run: Run, best: TrialRecord) -> str:
    if len(run.members) > 1:
        return f"An average of {len(run.members)} models"
    return f"{describe_head(best.values)} on {best.values.get('encoder', '')}"


def _score(name: str, part: str, texts: int, accuracy: float) -> dict:
    low, high = interval(accuracy, texts) if texts else (None, None)
    return {
        "name": name,
        "part": part,
        "texts": texts,
        "accuracy": accuracy,
        "low": low,
        "high": high,
    }


def _baselines(run: Run, part: str, texts: int) -> Iterator[dict]:
    for row in run.baselines:
        if row.get(part):
            yield _score(row["name"], part, texts, row[part]["accuracy"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

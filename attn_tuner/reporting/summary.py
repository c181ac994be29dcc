"""What a search found, what that costs and how to use it: the facts at the head of a report."""

import time
from pathlib import Path

import numpy as np

from attn_tuner.exporting import Bundle
from attn_tuner.metrics import interval
from attn_tuner.reporting.json_in_html import figure, lacking_in
from attn_tuner.reporting.outcome_text import finishing
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_head, words
from attn_tuner.tuning.duration import format_duration


def answer(run: Run, validation_texts: int = 0) -> dict:
    """What was found, beside what it had to beat.

    Keys: winner, plain, named, model, head, encoder, objective, scores (rows of name, part, texts,
    accuracy, low, high), trials, pruned, failed, spent, finished; winner is None before the
    first trial.

    Args:
        run: the run.
        validation_texts: how many there are, for the intervals; 0 where unknown.
    """
    ranked = run.ranked()
    by_id = {record.trial_id: record for record in run.records}
    best = by_id.get(run.outcome.get("winner"), ranked[0] if ranked else None)
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
        "plain": _plain(run) if run.plan.kind != "class" else "",
        "lacking": {part: lacking_in(run, part) for part in ("test", "validation")},
        "named": _named(run, best) if best else "",
        "model": words(best) if best else "",
        "head": describe_head(best.values) if best else "",
        "encoder": best.values.get("encoder", "") if best else "",
        "objective": run.plan.objective,
        "scores": scores,
        "trials": len(states),
        "pruned": states.count("pruned"),
        "failed": states.count("failed"),
        "spent": format_duration(run.outcome.get("seconds", ended)),
        "finished": bool(run.outcome),
        "remarks": [*finishing(run), *run.outcome.get("remarks", [])],
    }


def sentence(facts: dict) -> str:
    """The answer in plain words: how often it is right, and whether it beats the linear model."""
    own = next((row for row in facts["scores"] if row["name"] == "this model"), None)
    part = own["part"] if own else "test"
    before = "".join(f"{each} " for each in facts.get("lacking", {}).get(part, ()))
    if facts.get("plain"):
        return before + facts["plain"]
    if own is None:
        return "No trial has a score yet."
    said = f"{before}{facts['named']} gets {_percent(own['accuracy'])} of the "
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
    sure = "" if apart else ", within what chance may do"
    more = "more" if gap >= 0 else "less"
    return (
        f"{said}. That is {abs(gap) * 100:.1f} points {more} than the linear baseline "
        f"({_percent(linear['accuracy'])}){sure}."
    )


def costs(bundle: Bundle, export: Path | None, texts=("a short text",)) -> dict:
    """Parameters, milliseconds for one text in this process, and bytes on disk.

    Args:
        bundle: the winner.
        export: folder of the artefact, or None.
        texts: on which the time is taken, one at a time.
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
    """What the plan of an earlier version tells of the options that were given."""
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


def _plain(run) -> str:
    """What the winner reaches, beside the linear baseline, where accuracy is no measure of it."""
    part = "test" if run.outcome.get("test") else "validation"
    found, objective = run.outcome.get(part), run.plan.objective
    if not found:
        return ""
    linear = next((row[part] for row in run.baselines if row["name"] == "linear"), None)
    beside = f"; the linear baseline {figure(linear[objective])}" if linear else ""
    return f"On the {part} texts {objective} is {figure(found[objective])}{beside}."


def _named(run, best) -> str:
    if len(run.members) > 1:
        return f"An average of {len(run.members)} models"
    return f"{describe_head(best.values)} on {best.values.get('encoder', '')}"


def _score(name, part, texts, accuracy):
    low, high = interval(accuracy, texts) if texts else (None, None)
    return {
        "name": name,
        "part": part,
        "texts": texts,
        "accuracy": accuracy,
        "low": low,
        "high": high,
    }


def _baselines(run, part, texts):
    for row in run.baselines:
        if row.get(part):
            yield _score(row["name"], part, texts, row[part]["accuracy"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"

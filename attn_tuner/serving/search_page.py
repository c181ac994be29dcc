"""Collects what the page shows of a search: `GET /status`."""

import contextlib
import time
from datetime import datetime
from pathlib import Path

import numpy as np

from attn_tuner.inputs.kinds import kind_named
from attn_tuner.monitoring.live_trials import live_trials
from attn_tuner.monitoring.status import search_status
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.reporting.search_history import learning_curves
from attn_tuner.reporting.summary import summarize, summary_sentence
from attn_tuner.serving.headline import headline
from attn_tuner.storage.layout import (
    BUNDLE,
    BUNDLE_FACTS,
    CARD_PAGE,
    CLOCK,
    DATA,
    VALIDATION_LABELS,
)
from attn_tuner.storage.lock import owner
from attn_tuner.storage.run import Run
from attn_tuner.storage.stop_request import stop_requested
from attn_tuner.storage.trial_text import describe_trial, stop_reason


def page_status(directory: str | Path) -> dict:
    """Reads the state of a search, with what a page draws of it.

    Args:
        directory: the run folder.

    Returns:
        `search_status(directory)` and the keys

        - headline: how often the model is right, in a sentence,
        - kind: "class", "labels" or "number", the task,
        - label: name of the column of labels,
        - goal, metric: names of a trial's score and of what the curves show,
        - sign: 1 where a greater score is better, -1 where a smaller one is,
        - state: "running", "ending" (asked to), "ended", or "left off" (ended without a model),
        - spent, left: seconds; left is None without a time limit or a running search,
        - points: every trial that has ended (trial, ended, score, status, model, why),
        - linear: the linear baseline's score on the validation part, or None,
        - curves: learning curves (trial, model, epochs, scores, running) of the trials that run
          and of the best one,
        - model: whether inputs can be answered,
        - export: folder, megabytes and readme (whether it has one); None before there is one.

    Raises:
        RunError: `directory` is not a run folder.
    """
    run = Run.read(directory)
    told = search_status(directory)
    searching = owner(directory)
    state = _state(run, searching)
    live = live_trials(directory) if state in ("running", "ending") else {}
    spent = _spent_by_now(run, told["spent"], searching)
    limited = told["allowed"] and state == "running"
    found, worded = summarize(run, _validation_texts(run)), kind_named(run.plan.input).worded
    return told | to_json_value(
        {
            "headline": worded(headline(found)),
            "sentence": worded(summary_sentence(found)),
            "kind": run.plan.kind,
            "label": run.plan.label_name,
            "goal": run.plan.goal,
            "metric": run.plan.objective,
            "sign": run.sign,
            "state": state,
            "running": sorted(live) or told["running"],
            "spent": spent,
            "left": max(0.0, told["allowed"] - spent) if limited else None,
            "points": _points(run),
            "linear": _linear(run),
            "curves": _curves(run, live),
            "model": (run.directory / BUNDLE / BUNDLE_FACTS).is_file(),
            "export": _export(run),
        }
    )


def _state(run: Run, searching: dict) -> str:
    if run.outcome:
        return "ended"
    if not searching:
        return "left off"
    return "ending" if stop_requested(run.directory) else "running"


def _spent_by_now(run: Run, spent: float, searching: dict) -> float:
    """Adds the time since the search began to run or, later, last wrote its clock."""
    if run.outcome or not searching:
        return spent
    try:
        since = datetime.fromisoformat(searching["since"]).timestamp()
    except ValueError:
        return spent
    with contextlib.suppress(OSError):
        since = max(since, (run.directory / CLOCK).stat().st_mtime)
    return spent + max(0.0, time.time() - since)


def _validation_texts(run: Run) -> int:
    """Counts the validation texts without reading them; 0 where unknown."""
    try:
        return len(np.load(run.directory / DATA / VALIDATION_LABELS, mmap_mode="r"))
    except (OSError, EOFError, ValueError):
        return 0


def _points(run: Run) -> list[dict]:
    return [
        {
            "trial": record.trial_id,
            "ended": record.ended,
            "score": record.score,
            "status": record.status,
            "model": describe_trial(record.values),
            "why": record.remark or stop_reason(record.stopped),
        }
        for record in sorted(run.records, key=lambda record: record.ended)
    ]


def _linear(run: Run) -> float | None:
    found = next((row["validation"] for row in run.baselines if row["name"] == "linear"), None)
    return found.get(run.plan.goal) if found else None


def _curves(run: Run, live: dict[str, dict]) -> list[dict]:
    ranked = run.ranked()
    best = ranked[0].trial_id if ranked else None
    ended = [
        {**{key: curve[key] for key in ("trial", "model", "epochs", "scores")}, "running": False}
        for curve in learning_curves(run)
        if curve["trial"] == best and best not in live
    ]
    running = [
        {"trial": name, "model": describe_trial(trial["values"]), "running": True}
        | {key: trial[key] for key in ("epochs", "scores")}
        for name, trial in live.items()
    ]
    return ended + running


def _export(run: Run) -> dict | None:
    if not run.outcome or not run.export.is_dir():
        return None
    return {
        "folder": str(run.export.absolute()),
        "megabytes": run.outcome.get("megabytes"),
        "readme": (run.export / CARD_PAGE).is_file(),
    }

"""Computes the rows behind the figures of a search: scores over time, curves, dimensions."""

import math
from collections.abc import Iterable, Mapping, Sequence

from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_model, stop_reason

MAX_AXES = 7  # Of the parallel coordinates, without the score.


def scores_over_time(run: Run) -> list[dict]:
    """Lists scored trials by the time of their end, with the best score until then.

    Returns:
        Rows with the keys trial, ended (seconds since the start), score, best, status, model.
    """
    rows, best = [], None
    for record in sorted(run.records, key=lambda record: record.ended):
        if record.score is None:
            continue
        if best is None or run.sign * record.score > run.sign * best:
            best = record.score
        rows.append(
            {
                "trial": record.trial_id,
                "ended": record.ended,
                "score": record.score,
                "best": best,
                "status": record.status,
                "model": describe_model(record.values),
            }
        )
    return rows


def learning_curves(run: Run) -> list[dict]:
    """Lists the objective at every evaluation of every trial; the best trial comes last, on top.

    Returns:
        Rows with the keys trial, status, winner (bool), epochs, scores, model, stopped (why it
        ended).
    """
    ranked = run.ranked()
    first = ranked[0].trial_id if ranked else None
    curves = []
    for record in run.records:
        points = [
            (each["epochs"], each[run.plan.objective])
            for each in record.history
            if _is_number(each.get(run.plan.objective)) and _is_number(each.get("epochs"))
        ]
        if points:
            epochs, scores = zip(*points, strict=True)
            curves.append(
                {
                    "trial": record.trial_id,
                    "status": record.status,
                    "winner": record.trial_id == run.outcome.get("winner", first),
                    "epochs": list(epochs),
                    "scores": list(scores),
                    "model": describe_model(record.values),
                    "stopped": stop_reason(record.stopped),
                }
            )
    return sorted(curves, key=lambda curve: curve["winner"])


def varied_dimensions(run: Run) -> dict[str, dict]:
    """Selects the dimensions that every scored trial has and that took more than one value.

    Dimensions of a single encoder or head are left out, as most trials lack them.

    Returns:
        Name to the facts of the dimension, as `SearchSpace.describe` gives them.
    """
    scored = run.ranked()
    found = {}
    for name, facts in run.plan.space.items():
        if facts.get("when"):
            continue
        values = [record.values.get(name) for record in scored]
        if len({value for value in values if value is not None}) > 1 and None not in values:
            found[name] = facts
    return found


def slices(run: Run, names: Iterable[str] | None = None) -> list[dict]:
    """Lists the score of every trial along each dimension.

    Args:
        run: the run.
        names: dimensions; if not given, all of `varied_dimensions`.

    Returns:
        Rows with the keys name, log (bool), categories (None for numbers) and points
        (value, score, trial).
    """
    table = varied_dimensions(run)
    rows = []
    for name in names if names is not None else table:
        numeric = table[name]["kind"] in ("int", "float")
        points = [
            (
                record.values[name] if numeric else str(record.values[name]),
                record.score,
                record.trial_id,
            )
            for record in run.ranked()
        ]
        categories = None if numeric else _categories(table[name], points)
        log = bool(table[name].get("log"))
        rows.append({"name": name, "log": log, "categories": categories, "points": points})
    return rows


def parallel_coordinates(run: Run, order: Iterable[str] = ()) -> dict:
    """Places every trial on parallel axes from 0 to 1: the dimensions, and the score last.

    Args:
        run: the run.
        order: dimensions, of which the first are shown; if not given, `varied_dimensions`.

    Returns:
        A dict with the keys `axes` (name, ticks as pairs of position and label) and `lines`
        (trial, score, strength, places, model); `strength` is 1 for the best score, 0 for the
        worst.
    """
    table = varied_dimensions(run)
    names = [name for name in (order or table) if name in table][:MAX_AXES]
    scored = run.ranked()
    axes, columns = [], []
    for name in names:
        axis, places = _axis(table[name], [record.values[name] for record in scored])
        axes.append({"name": name, "ticks": axis})
        columns.append(places)
    scores = [float(record.score) for record in scored if record.score is not None]
    low, high = (min(scores), max(scores)) if scores else (0.0, 1.0)
    strengths = [0.5 if high == low else (score - low) / (high - low) for score in scores]
    ends = [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")]
    axes.append({"name": run.plan.goal, "ticks": ends})
    lines = [
        {
            "trial": record.trial_id,
            "score": record.score,
            "strength": strength if run.sign > 0 else 1 - strength,
            "places": [*(column[index] for column in columns), strength],
            "model": describe_model(record.values),
        }
        for index, (record, strength) in enumerate(zip(scored, strengths, strict=True))
    ]
    return {"axes": axes, "lines": lines}


def _categories(facts: Mapping, points: Iterable[tuple]) -> list[str]:
    """Sorts values as the space has them; values from outside the space come last."""
    known = [str(value) for value in facts.get("values", ())]
    seen = list(dict.fromkeys(value for value, _, _ in points))
    return [each for each in known if each in seen] + [each for each in seen if each not in known]


def _axis(facts: Mapping, values: Sequence) -> tuple[list[tuple[float, str]], list[float]]:
    """Returns the ticks of one axis, (position, label), and the position of each value."""
    if facts["kind"] not in ("int", "float"):
        points = [(str(value), None, None) for value in values]
        names = _categories(facts, points)
        step = 1 / max(len(names) - 1, 1)
        ticks = [(index * step, name) for index, name in enumerate(names)]
        return ticks, [names.index(str(value)) * step for value in values]
    log = facts.get("log") and min(values) > 0
    scale = [math.log(value) for value in values] if log else [float(value) for value in values]
    low, high = min(scale), max(scale)
    ticks = [(0.0, f"{min(values):.3g}"), (1.0, f"{max(values):.3g}")]
    return ticks, [(each - low) / (high - low) for each in scale]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)

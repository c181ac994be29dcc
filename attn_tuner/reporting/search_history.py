"""What a search did, as plain data for figures and tables: time, curves, values, importances."""

import math

from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import words

AXES = 7  # Of the parallel coordinates, the score not counted.


def scores_over_time(run: Run) -> list[dict]:
    """Each scored trial when it ended, with the best score until then.

    Keys: trial, ended (seconds), score, best, status, words.
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
                "words": words(record),
            }
        )
    return rows


def learning_curves(run: Run) -> list[dict]:
    """The objective at every evaluation of every trial, the winner last so that it lies on top.

    Keys: trial, status, winner, epochs, scores, words, stopped.
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
                    "words": words(record),
                    "stopped": record.stopped,
                }
            )
    return sorted(curves, key=lambda curve: curve["winner"])


def searched(run: Run) -> dict[str, dict]:
    """The dimensions that every trial has and that took more than one value, by name.

    What belongs to one encoder or head alone is left out: most trials lack it.
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


def slices(run: Run, names=None) -> list[dict]:
    """The score of every trial along each dimension alone.

    Keys: name, log, categories (None for numbers), points `(value, score, trial)`.
    """
    table = searched(run)
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


def parallel_coordinates(run: Run, order=()) -> dict:
    """Every trial as a line over the dimensions and its score, each axis from 0 to 1.

    Keys: axes (name, ticks `(place, words)`), lines (trial, score, strength, places, words).

    Args:
        run: the run.
        order: names of dimensions, the first ones are shown; those that differ, where not given.
    """
    table = searched(run)
    names = [name for name in (order or table) if name in table][:AXES]
    scored = run.ranked()
    axes, columns = [], []
    for name in names:
        axis, places = _axis(table[name], [record.values[name] for record in scored])
        axes.append({"name": name, "ticks": axis})
        columns.append(places)
    scores = [record.score for record in scored]
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
            "words": words(record),
        }
        for index, (record, strength) in enumerate(zip(scored, strengths, strict=True))
    ]
    return {"axes": axes, "lines": lines}


def _categories(facts, points) -> list[str]:
    """The values in the order of the space; what a user tried beyond it comes behind."""
    known = [str(value) for value in facts.get("values", ())]
    seen = list(dict.fromkeys(value for value, _, _ in points))
    return [each for each in known if each in seen] + [each for each in seen if each not in known]


def _axis(facts, values):
    """Ticks `(place, words)` of one axis, and the place of each value."""
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


def _is_number(value) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)

"""What a search did, as plain data for figures and tables: time, curves, values, importances."""

import math
import statistics
import warnings

import numpy as np

from attn_tuner.results.plain import counted, members
from attn_tuner.results.run import Run
from attn_tuner.tuning.budget import what_more_time_would_buy

FEWEST = 8  # Trials from which importances say anything.
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


def importances(run: Run, seed: int = 0) -> dict:
    """The share of the spread of scores that each dimension accounts for.

    Keys: shares (name to share, greatest first), method, trials; shares is empty, and `reason`
    says why, where too few trials have ended.

    Reference:
        fANOVA: Hutter et al. 2014. https://proceedings.mlr.press/v32/hutter14.html
    """
    scored, names = run.ranked(), searched(run)
    facts = {"shares": {}, "method": "fANOVA", "trials": len(scored)}
    if len(scored) < FEWEST:
        reason = f"{counted(len(scored), 'trial')} cannot tell; {FEWEST} are needed."
        return {**facts, "reason": reason}
    if not names or np.ptp([record.score for record in scored]) == 0:
        return {**facts, "reason": "All trials have the same values or the same score."}
    shares = _fanova(run, scored, names, seed)
    return {**facts, "shares": dict(sorted(shares.items(), key=lambda pair: -pair[1]))}


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


def ensemble(run: Run) -> str:
    """What the exported model averages and what that gains; "" for a single trial."""
    if len(run.members) < 2:
        return ""
    shares = ", ".join(f"{share:.2f}" for share in run.members.values())
    objective = run.plan.objective
    return (
        f"The exported model averages {members(run.members)}, with the weights {shares}: "
        f"validation {objective} {run.outcome['validation'][objective]:.4f}, the best trial "
        f"alone {run.outcome['alone']:.4f}."
    )


def calibration(run: Run) -> str:
    """What calibration changed, in a sentence; "" where nothing was calibrated."""
    found = run.outcome.get("calibration")
    if not found:
        return ""
    return (
        f"Calibrated on validation texts at temperature {found['temperature']:.2f}: expected "
        f"calibration error {found['error_before']:.4f} before, {found['error_after']:.4f} after."
    )


def thresholds(run: Run) -> str:
    """Where the answers were moved to for F1, in a sentence; "" where one half is as good."""
    found = run.outcome.get("thresholds")
    if not found:
        return ""
    each = found["at"] if len(set(found["at"])) > 1 else found["at"][:1]
    shown = ", ".join(f"{at:.2f}" for at in each)
    return (
        f"For {found['objective']} the probabilities were moved, so that 0.5 stands where "
        f"{shown} stood: {found['before']:.4f} before, {found['after']:.4f} after on the "
        "validation texts. So they decide, and are no longer calibrated."
    )


def repeats(run: Run) -> str:
    """How the best trials did with fresh seeds; "" where none was repeated."""
    objective = run.plan.goal
    said = [
        f"trial {record.trial_id} {statistics.mean(scores):.4f} ± {statistics.stdev(scores):.4f} "
        f"over {len(scores)}"
        for record in run.ranked()
        if record.repeats and (scores := [record.score, *record.repeats])
    ]
    if not said:
        return ""
    return f"Trained with fresh seeds, validation {objective}: {'; '.join(said)} seeds."


def finishing(run: Run) -> list[str]:
    """What was done to the winner before it was exported, and what more time would buy."""
    every = (ensemble(run), calibration(run), thresholds(run), repeats(run), more_time(run))
    return [said for said in every if said]


def more_time(run: Run) -> str:
    """What as much time again would buy; "" where trials are too few or nothing is left to win."""
    ranked = run.ranked()
    forecast = what_more_time_would_buy(
        (record.ended, run.sign * record.score) for record in ranked if record.status != "cut"
    )
    if forecast.gain is None or (run.sign > 0 and ranked[0].score >= 1.0):
        return ""
    return str(forecast)


def words(record) -> str:
    """A trial in a few words: `bigru + additive`."""
    return f"{record.values.get('encoder', '?')} + {record.values.get('head', '?')}"


def _fanova(run, scored, names, seed) -> dict:
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    space = {}
    for name, facts in names.items():
        values = [record.values[name] for record in scored]
        if facts["kind"] in ("int", "float"):
            log = bool(facts.get("log")) and min(values) > 0
            space[name] = FloatDistribution(float(min(values)), float(max(values)), log=log)
        else:
            space[name] = CategoricalDistribution(sorted({str(value) for value in values}))
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            study = optuna.create_study(direction="maximize" if run.sign > 0 else "minimize")
            for record in scored:
                values = {
                    name: str(record.values[name])
                    if isinstance(space[name], CategoricalDistribution)
                    else float(record.values[name])
                    for name in names
                }
                trial = optuna.trial.create_trial(
                    params=values, distributions=space, value=record.score
                )
                study.add_trial(trial)
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    finally:
        optuna.logging.set_verbosity(verbosity)
    return {name: float(share) for name, share in found.items()}


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

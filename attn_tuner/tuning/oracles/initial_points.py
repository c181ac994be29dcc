"""Provides points that are tried first: given ones, or the best of earlier runs."""

import math
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from pathlib import Path

import keras_tuner

from attn_tuner.errors import RunError, SpaceError
from attn_tuner.space.renamed import current_values
from attn_tuner.storage.layout import ORACLE, TRIAL, in_trials
from attn_tuner.tuning.oracles import ObjectiveLike, objective_of
from attn_tuner.tuning.oracles.optuna.distributions import nearest
from attn_tuner.tuning.oracles.persistence.state_files import read_trial


def complete(space: keras_tuner.HyperParameters, point: Mapping) -> dict:
    """Completes a point with default values, for the active dimensions of a space.

    Args:
        space: the space.
        point: dict of name to value. A value that the space does not offer becomes the nearest
            one, or the default if there is none.
    """
    space = space.copy()
    space.values = {}
    for _ in space.space:  # A child may stand before its parent.
        before = len(space.values)
        for hp in space.space:
            if hp.name not in space.values and space.is_active(hp):
                value = nearest(hp, point[hp.name]) if hp.name in point else None
                space.values[hp.name] = hp.default if value is None else value
        if len(space.values) == before:
            break
    return space.values


class InitialPointsFirst:
    """A mixin for oracles: its `first_points` are tried before the oracle samples."""

    first_points: tuple[Mapping, ...] = ()

    def populate_space(self, trial_id: str) -> dict:
        if len(self.trials) < len(self.first_points):
            values = complete(self.get_space(), self.first_points[len(self.trials)])
            return {"status": "RUNNING", "values": values}
        return super().populate_space(trial_id)


def warm_start(
    folders: Iterable,
    objective: ObjectiveLike,
    count: int = 5,
    space: keras_tuner.HyperParameters | None = None,
) -> list[dict]:
    """Reads the best values of earlier runs, for use as `first_points`.

    The best of each folder come first, then the second best, as scores on different data are not
    comparable.

    Args:
        folders: run folders, each a KerasTuner project folder.
        objective: the objective, as in `objective_of`.
        count: int, maximum number of points.
        space: the space that they must fit; None for any.

    Raises:
        RunError: a folder is not a run folder, or has no finished trial with that objective.
        SpaceError: no point of a folder fits the space.
    """
    ranked = []
    for folder in map(Path, folders):
        points = _ranked(folder, objective_of(objective))
        ranked.append(points if space is None else _fitting(points, space, folder))
    found: list[dict] = []
    for tier in zip_longest(*ranked):
        found += [values for values in tier if values is not None and values not in found]
    return found[:count]


def _fitting(points: list[dict], space: keras_tuner.HyperParameters, folder: Path) -> list[dict]:
    """Returns the points of which the space offers every value, or one near it."""
    fitting = [point for point in points if not _not_offered(point, space)]
    if fitting:
        return fitting
    name, value = _not_offered(points[0], space)
    raise SpaceError(
        f"No trial of {folder} fits the space of this search: the best has {name}={value!r}, which "
        "is not on offer. Leave the folder out of warm_start, or widen the space."
    )


def _not_offered(point: Mapping, space: keras_tuner.HyperParameters) -> tuple | None:
    """Returns a name of the space with a value that is not near anything on offer, or None."""
    for name, value in point.items():
        offered = [hp for hp in space.space if hp.name == name]
        if offered and all(nearest(hp, value) is None for hp in offered):
            return name, value
    known = any(name in point for name in {hp.name for hp in space.space})
    return None if known else next(iter(point.items()), ("nothing", None))


def check_run(folder: Path) -> None:
    """Raises RunError unless the folder is that of a run."""
    if not (folder / ORACLE).exists():
        raise RunError(
            f"{folder} cannot warm a start: it has no {ORACLE}, so it is not the folder of a "
            "run. Give a folder that search() or KerasTuner wrote."
        )


def _ranked(folder: Path, objective: ObjectiveLike) -> list[dict]:
    """Reads the values of the finished trials of one folder, best first."""
    check_run(folder)
    scored = []
    for path in in_trials(folder, TRIAL):
        trial = read_trial(path)
        known = objective.name in trial["metrics"]["metrics"]
        score = trial["score"]
        if known and trial["status"] == "COMPLETED" and score is not None and math.isfinite(score):
            values = trial["hyperparameters"]["values"]
            own = {name: v for name, v in values.items() if not name.startswith("tuner/")}
            scored.append((score, current_values(own)))
    if not scored:
        raise RunError(
            f"The folder {folder} holds no finished trial with the objective '{objective.name}'. "
            "Give the folder of a run that searched for it."
        )
    scored.sort(key=lambda pair: pair[0], reverse=objective.direction == "max")
    return [values for _, values in scored]

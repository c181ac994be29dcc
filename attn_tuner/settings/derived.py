"""Derives what follows from the settings: the limit in seconds, the ensemble, the plan."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from attn_tuner.errors import BudgetError, SpaceError
from attn_tuner.settings.asked import as_asked
from attn_tuner.storage.plan import Plan
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.duration import parse_duration
from attn_tuner.tuning.pruning import pruner_name

DEFAULT_TIME = "20m"
ENSEMBLE = 5  # Trials averaged at most, unless set.
AVERAGE = "average"  # The teacher that a search makes of its own trials.
SELF_TRAINING = "self_training"  # One that it makes of labels and texts without.
# Validation texts, under which the best score is partly luck, so that a student may come before it,
# and under which what is exported is trained on them as well.
FEW_TEXTS = 2_000
KEPT_PER_MEMBER = 2  # Trials whose weights are kept, for each that an ensemble may average.


def plan_of(options: Mapping, dataset: Any, space: Any, objective: str, faithful: float) -> Plan:
    """Returns the plan of a search.

    Args:
        options: every setting and `data`, checked. Fields of the plan with a setting's name have
            its value, apart from those below.
        dataset: the `TextDataset`.
        space: the `SearchSpace`.
        objective, faithful: as `explaining.preference.preferred` gives them, with the task's
            own objective where none was set.
    """
    allowed = constraints(options)
    ensemble = members(options["ensemble"], allowed)
    teacher = teacher_name(options["teacher"])
    limit = seconds(options["max_time"], options["max_trials"])
    as_set = {each.name: options[each.name] for each in fields(Plan) if each.name in options}
    derived = {
        "source": dataset.name,
        "input": dataset.input,
        "fingerprint": dataset.fingerprint,
        "classes": dataset.classes,
        "task": dataset.task,
        "space": space.describe(),
        "objective": objective,
        "pruner": pruner_name(options["pruner"]),
        "faithful": faithful,
        "max_time": limit,
        "teacher": teacher,
        "keep": kept(options["keep"], ENSEMBLE if teacher == AVERAGE else ensemble),
        "ensemble": ensemble,
        "refit": refits(options["refit"], len(dataset.validation), limit),
        "limits": asdict(allowed),
        "asked": as_asked(options),
        "label_column": dataset.label_column,
    }
    return Plan(**{**as_set, **derived})


def teacher_name(given: Any) -> str:
    """Returns what a plan calls a teacher: the names above, "own" for the user's, "" for none."""
    if given is None:
        return ""
    return given if isinstance(given, str) and given in (AVERAGE, SELF_TRAINING) else "own"


def constraints(options: Mapping) -> Constraints:
    """Returns the limits that a model must keep."""
    return Constraints(options["max_parameters"], options["max_latency_ms"], options["max_size_mb"])


def refits(given: bool | None, texts: int, limit: float | None) -> bool:
    """Returns whether what is exported is trained again with the validation texts.

    Args:
        given: as set; None where it was not.
        texts: int, number of validation texts. So few are missed more in training.
        limit: float, seconds of the whole search, of which a share is kept for it; None for none.
    """
    return texts < FEW_TEXTS and limit is not None if given is None else given


def members(ensemble: Any, allowed: Constraints) -> int:
    """Returns the number of trials that may be averaged: 1 where size or speed is limited.

    Raises:
        SpaceError: `ensemble` is not a number of trials.
    """
    if ensemble is None:
        ensemble = ENSEMBLE
    if not isinstance(ensemble, int) or ensemble < 1:
        raise SpaceError(
            f"ensemble is {ensemble!r}; it is the number of trials that the exported model may "
            "average. Give 1 for a single one, or 5."
        )
    return 1 if allowed else ensemble


def seconds(max_time: Any, max_trials: int | None) -> float | None:
    """Returns the time limit of a search in seconds; None where only its trials are limited.

    Raises:
        BudgetError: a limit is not above zero, or is no duration.
    """
    if max_trials is not None and max_trials < 1:
        raise BudgetError(f"max_trials is {max_trials}; it should be at least 1.")
    if max_time is None:
        return None if max_trials else parse_duration(DEFAULT_TIME)
    return parse_duration(max_time)


def kept(keep: int, ensemble: int) -> int:
    """Returns the number of trials whose weights stay on disk."""
    return max(keep, KEPT_PER_MEMBER * ensemble if ensemble > 1 else 1)

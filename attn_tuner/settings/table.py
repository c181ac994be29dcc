"""The options of `search`, all checked before data are read and before anything is written."""

import functools
import inspect
import numbers
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import keras

from attn_tuner.errors import BudgetError, DataError, SpaceError, UnknownName
from attn_tuner.metrics import OBJECTIVES
from attn_tuner.registry import unknown
from attn_tuner.search_defaults import check_space
from attn_tuner.settings.checks import brief, count, flag, name_of, number, path, shown
from attn_tuner.settings.derived import seconds
from attn_tuner.storage import run_folder as place
from attn_tuner.storage.plan import FAITHFUL
from attn_tuner.tasks import TASKS
from attn_tuner.text.input_texts import names_a_file
from attn_tuner.text.word_vectors.read_file import check_vectors
from attn_tuner.tuning.fidelity import check_fidelity
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.oracles.factory import NO_FIRST_POINTS
from attn_tuner.tuning.oracles.initial_points import check_run
from attn_tuner.tuning.pruning import pruners
from attn_tuner.tuning.resources import cores

SEEDS = 2**31 - 1  # The greatest that every library takes.
EACH_CORE = 4  # Workers at most on this machine, for each of its cores.
_LONGEST = 40  # Characters in which a duration is written.
ON_CLUSTER = 1_000  # Workers at most elsewhere.


def checked(search: Callable) -> Callable:
    """The function, called with options that were checked and made plain first.

    Raises:
        AttnTunerError: an option cannot be meant; says which, and what would do.
    """
    signature = inspect.signature(search)

    @functools.wraps(search)
    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        given = {
            name: bound.arguments.get(name, each.default)
            for name, each in signature.parameters.items()
        }
        return search(given.pop("data"), **check_options(given))

    return call


def check_options(given: Mapping) -> dict:
    """Every option of `search` but the data, by name, as plain Python values.

    Raises:
        AttnTunerError: the first that cannot be meant.
    """
    plain = {name: _CHECKS[name](name, value) for name, value in given.items()}
    seconds(plain["max_time"], plain["max_trials"])
    check_fidelity(plain["fidelity"], plain["tuner"])
    _check_objective(plain["objective"], plain["task"])
    _check_workers(plain["workers"], plain["cluster"])
    _check_warm_start(plain["warm_start"], plain["tuner"])
    check_space(plain["space"], plain["epochs"])
    return plain


def _anything(name, value):
    return value


def _column(name, value):
    if value is None or (isinstance(value, str | int | tuple) and not isinstance(value, bool)):
        return value
    raise DataError(f"{name} is {shown(value)}; it should be the name of a column.")


def _part(name, value):
    """Data for a part: another source, or the fraction to hold out."""
    if isinstance(value, str) and re.fullmatch(r"-?\d*\.?\d+", value):
        value = float(value)  # As a command hands it over.
    if isinstance(value, numbers.Number) or type(value).__name__ == "bool_":
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 < value < 1:
            return float(value)
        raise DataError(
            f"{name} is {shown(value)}. A fraction to hold out lies between 0 and 1; else give "
            "data."
        )
    return _source(name, value)


def _source(name, value):
    """A source of texts; where it is a file, one that is there."""
    if isinstance(value, Path) or (isinstance(value, str) and names_a_file(value)):
        _existing(name, value)
    return value


def _texts(name, value):
    if isinstance(value, str):
        _existing(name, value)
    elif isinstance(value, bytes | numbers.Number | Mapping):
        raise DataError(
            f"{name} is {shown(value)}. Give a list of texts, a DataFrame, or a file: .txt with "
            "a text in each line, .csv, .tsv, .jsonl or .parquet."
        )
    return _source(name, value)


def _existing(name, value):
    try:
        there = Path(value).is_file()
    except (OSError, ValueError):  # No system takes such a name.
        there = False
    if not there:
        raise DataError(f"{name} is {shown(str(value))}, and there is no such file.")


def _vectors(name, value):
    if value is not None:
        check_vectors(path(name, value))
    return value


def _directory(name, value):
    if value is not None:
        place.check(path(name, value))
    return value


def _duration(name, value):
    if value is None:
        return None
    endless = isinstance(value, str) and len(value) > _LONGEST
    if endless or (isinstance(value, numbers.Integral) and value > 10**_LONGEST):
        raise BudgetError(f"{name} is {shown(value)}. Write '90s', '20m', '2h' or seconds.")
    seconds(value, None)
    return value


def _task(name, value):
    if value is not None and (not isinstance(value, str) or value not in TASKS):
        raise UnknownName(unknown("task", brief(value), TASKS))
    return value


def _objective(name, value):
    if value is None:
        return value
    known = isinstance(value, str) and value.removeprefix(FAITHFUL) in OBJECTIVES
    if not known:
        raise UnknownName(unknown("objective", brief(value), OBJECTIVES))
    return value


def _fidelity(name, value):
    if not isinstance(value, str):
        raise UnknownName(f"{name} is {shown(value)}; it should be a name, 'epochs'.")
    return value


def _share(name, value):
    good = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not good or not 0 <= value < 1:
        raise SpaceError(
            f"{name} is {shown(value)}; it should be a share of the time, from 0 to less than 1. "
            "Try 0.3."
        )
    return float(value)


def _cluster(name, value):
    if value is None or (isinstance(value, str) and value):
        return value
    raise BudgetError(f"{name} is {shown(value)}; it should be the address of a Ray cluster.")


def _folders(name, value):
    several = [value] if isinstance(value, str | os.PathLike) else value
    if not isinstance(several, list | tuple | set | frozenset):
        raise SpaceError(f"{name} is {shown(value)}; it should be a folder of a run, or several.")
    for each in several:
        path(name, each)
    return value


def _callbacks(name, value):
    if isinstance(value, keras.callbacks.Callback):
        raise SpaceError(f"{name} is one callback; give a list: [{type(value).__name__}(...)].")
    if callable(value):
        return value
    good = isinstance(value, list | tuple) and all(
        isinstance(each, keras.callbacks.Callback) for each in value
    )
    if not good:
        raise SpaceError(
            f"{name} is {shown(value)}; it should be a list of Keras callbacks, or a function "
            "from a trial's number and values to one."
        )
    return value


def _check_objective(objective, task):
    if objective is not None and task is not None:
        TASKS[task].check(objective.removeprefix(FAITHFUL))


def _check_workers(workers, cluster):
    most = ON_CLUSTER if cluster else EACH_CORE * cores()
    if workers > most:
        where = "on a cluster" if cluster else f"with the {cores()} cores of this machine"
        raise BudgetError(f"workers is {workers}; {where} it should be at most {most}.")


def _check_warm_start(folders, tuner):
    several = [folders] if isinstance(folders, str | os.PathLike) else list(folders)
    if several and tuner in NO_FIRST_POINTS:
        raise SpaceError(
            f"Tuner '{tuner}' decides on all its points itself, so warm_start has no use. Leave "
            "it out, or take another tuner."
        )
    for each in several:
        check_run(Path(each))


_CHECKS = {
    "text": _column,
    "label": _column,
    "validation": _part,
    "test": _part,
    "unlabelled": _texts,
    "vectors": _vectors,
    "max_time": _duration,
    "max_trials": count(1, optional=True, error=BudgetError),
    "tuner": name_of(lambda: oracles, "oracle"),
    "fidelity": _fidelity,
    "objective": _objective,
    "faithful": number(0, optional=True),
    "task": _task,
    "space": _anything,
    "seed": count(0, most=SEEDS),
    "epochs": count(1),
    "patience": count(1),
    "pruner": name_of(lambda: pruners, "pruner"),
    "keep": count(1),
    "ensemble": count(1, optional=True),
    "refit": flag,
    "pretrain": _share,
    "repeats": count(0),
    "max_parameters": count(1, optional=True, most=10**15),
    "max_latency_ms": number(0, above=True, optional=True),
    "max_size_mb": number(0, above=True, optional=True),
    "warm_start": _folders,
    "workers": count(1, error=BudgetError),
    "cluster": _cluster,
    "cpus_per_trial": number(0, above=True),
    "gpus_per_trial": number(0),
    "directory": _directory,
    "progress": flag,
    "callbacks": _callbacks,
}

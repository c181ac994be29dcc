"""Checks of particular settings, and of settings that must fit each other.

The command builds its options from the table that names these checks, and should answer `--help`
at once. So what needs Keras, NumPy or a registry is imported when a check runs.
"""

import copy
import io
import numbers
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attn_tuner.errors import BudgetError, DataError, SpaceError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.settings.checks import brief, flag, name_in, path, shown

WORKERS_PER_CORE = 4  # On this machine, at most.
WORKERS_ON_CLUSTER = 1_000  # At most.
RARE_CLASSES = ("drop", "other")
SPLITS = ("character", "word", "subword")  # Of pairs of texts.
PAIR_DEMOS = ("dates-demo", "orders-demo")
NOT_FOR_PAIRS = (
    *("features", "weight", "group", "time", "unlabelled", "min_per_class", "rare_classes"),
    *("corrections", "word_index", "hypermodel", "vectors", "max_latency_ms", "max_size_mb"),
    *("faithful", "fidelity", "ensemble", "coverage", "known", "refit", "pretrain", "repeats"),
    *("quantiles", "teacher"),
)
_LONGEST_DURATION = 40  # Characters in which a duration is written.


def column(name: str, value: Any) -> str | int | tuple | None:
    """Returns the name or number of a column, or None."""
    if value is None or (isinstance(value, str | int | tuple) and not isinstance(value, bool)):
        return value
    raise DataError(f"{name} is {shown(value)}; it should be the name of a column.")


def columns(name: str, value: Any) -> str | int | tuple | list | None:
    """Returns a column, or a list of several; a list of one is that one."""
    if not isinstance(value, list):
        return column(name, value)
    if not value or len({str(each) for each in value}) < len(value) or None in value:
        raise DataError(f"{name} is {shown(value)}; it should be one column or several.")
    several = [column(name, each) for each in value]
    return several if several[1:] else several[0]


def features(name: str, value: Any) -> list[str] | None:
    """Returns the names of columns as a list, or None."""
    if value is None:
        return None
    several = [value] if isinstance(value, str) else value
    if not isinstance(several, list | tuple) or not several:
        raise DataError(f"{name} is {shown(value)}; it should be a list of names of columns.")
    for each in several:
        if not isinstance(each, str) or not each:
            raise DataError(f"{name} holds {shown(each)}; it should be the name of a column.")
    twice = next((each for each in several if list(several).count(each) > 1), None)
    if twice is not None:
        raise DataError(f"{name} names the column '{twice}' twice. Leave one out.")
    return list(several)


def rare_classes(name: str, value: Any) -> str:
    """Returns what happens to classes with few texts."""
    return name_in(dict.fromkeys(RARE_CLASSES), "treatment of rare classes", value)


def encoding(name: str, value: Any) -> str | None:
    """Returns the name of an encoding that Python knows, or None."""
    if value is None:
        return None
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=value)  # It takes encodings of text alone.
    except (LookupError, TypeError, ValueError):
        known = "utf-8, utf-16, cp1252, latin-1, cp1251, shift_jis, gb18030"
        raise DataError(
            f"{name} is {shown(value)}; it should be the name of an encoding, such as {known}."
        ) from None
    return value


def optional_flag(name: str, value: Any) -> bool | None:
    """Returns True, False or None."""
    return None if value is None else flag(name, value)


def word_index(name: str, value: Any) -> Mapping[str, int] | None:
    """Returns a mapping of word to id, or None."""
    from attn_tuner.text.word_ids import check_word_index

    return check_word_index(name, value)


def part(name: str, value: Any) -> Any:
    """Returns the data of a part: another source, or the fraction to hold out."""
    if isinstance(value, str) and re.fullmatch(r"-?\d*\.?\d+", value):
        value = float(value)  # The command gives every value as a string.
    if isinstance(value, numbers.Number) or type(value).__name__ == "bool_":
        # A whole number is no fraction, and may be too large for a float.
        if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
            fraction = float(value)
            if 0 < fraction < 1:
                return fraction
        raise DataError(
            f"{name} is {shown(value)}. A fraction to hold out lies between 0 and 1; else give "
            "data."
        )
    return _source(name, value)


def texts(name: str, value: Any) -> Any:
    """Returns a source of texts without labels, or None."""
    if isinstance(value, str):
        _check_exists(name, value, folder=False)
        return value
    if isinstance(value, bytes | numbers.Number | Mapping):
        raise DataError(
            f"{name} is {shown(value)}. Give a list of texts, a DataFrame, or a file: .txt with "
            "a text in each line, .csv, .tsv, .jsonl or .parquet."
        )
    return _source(name, value)


def corrections(name: str, value: Any) -> Any:
    """Returns the table of corrected labels, if it is there; or None."""
    if value is not None:
        _check_exists(name, path(name, value), folder=False)
    return value


def vectors(name: str, value: Any) -> Any:
    """Returns the file of word vectors, if its first lines read as such; or None."""
    if value is not None:
        from attn_tuner.text.word_vectors.read_file import check_vectors

        check_vectors(path(name, value))
    return value


def teacher(name: str, value: Any) -> Any:
    """Returns who teaches, or None: a name, a table, a function or a fitted classifier."""
    from attn_tuner.settings.derived import AVERAGE, SELF_TRAINING

    if value is None or (isinstance(value, str) and value in (AVERAGE, SELF_TRAINING)):
        return value
    if isinstance(value, type):
        raise DataError(f"{name} is a class; give a fitted classifier: {value.__name__}().fit(...)")
    if callable(value) or hasattr(value, "predict_proba") or hasattr(value, "columns"):
        return value
    if isinstance(value, str | os.PathLike) and str(value):
        _check_exists(name, path(name, value), folder=False)
        return value
    raise DataError(
        f"{name} is {shown(value)}. Give 'average', 'self_training', a table with a column "
        "of texts and a column of probabilities for each class, or in Python a function or a "
        "fitted classifier."
    )


def directory(name: str, value: Any) -> Any:
    """Returns the run folder, if a search may write there; or None."""
    if value is not None:
        from attn_tuner.storage import run_folder

        run_folder.check(path(name, value))
    return value


def duration(name: str, value: Any) -> Any:
    """Returns a duration as it was given, or None."""
    if value is None:
        return None
    endless = isinstance(value, str) and len(value) > _LONGEST_DURATION
    if endless or (isinstance(value, numbers.Integral) and int(value) > 10**_LONGEST_DURATION):
        raise BudgetError(f"{name} is {shown(value)}. Write '90s', '20m', '2h' or seconds.")
    from attn_tuner.settings.derived import seconds

    seconds(value, None)
    return value


def task(name: str, value: Any) -> str | None:
    """Returns the name of a task, or None."""
    from attn_tuner.storage.plan import SEQUENCE
    from attn_tuner.tasks import TASKS

    return None if value is None else name_in(dict.fromkeys([*TASKS, SEQUENCE]), "task", value)


def quantiles(name: str, value: Any) -> list[float] | None:
    """Returns the levels of quantiles, or None."""
    if value is None:
        return None
    given = list(value) if isinstance(value, list | tuple) else [value]
    real = all(isinstance(each, numbers.Real) and not isinstance(each, bool) for each in given)
    if real and all(0 < each < 1 for each in given):
        levels = [float(f"{each:g}") for each in given]  # As the outputs of a model are named.
        if (
            max(levels, default=1.0) < 1
            and levels == sorted(set(levels))
            and 0.5 in levels
            and len(levels) > 1
        ):
            return levels
    raise DataError(
        f"{name} is {shown(value)}; it should be two or more numbers between 0 and 1, rising, with "
        "0.5, the median, among them: [0.05, 0.5, 0.95]."
    )


def split(name: str, value: Any) -> str | None:
    """Returns how the texts of pairs are split into tokens, or None."""
    return None if value is None else name_in(dict.fromkeys(SPLITS), "split", value)


def objective(name: str, value: Any) -> str | None:
    """Returns the name of an objective, also with "faithful " in front; or None."""
    from attn_tuner.metrics import OBJECTIVES
    from attn_tuner.storage.plan import FAITHFUL

    if value is None:
        return None
    if not isinstance(value, str) or value.removeprefix(FAITHFUL) not in OBJECTIVES:
        raise UnknownName(unknown("objective", brief(value), OBJECTIVES))
    return value


def tuner(name: str, value: Any) -> str:
    """Returns the name of an oracle."""
    from attn_tuner.tuning.oracles import oracles

    return name_in(oracles, "oracle", value)


def pruner(name: str, value: Any) -> Any:
    """Returns the name of a pruner, or a `Pruner` that every rung can have a copy of."""
    from attn_tuner.tuning.pruning import Pruner, pruners

    if isinstance(value, type) and issubclass(value, Pruner):
        raise SpaceError(f"{name} is a class; give a pruner: {value.__name__}().")
    if not isinstance(value, Pruner):
        return name_in(pruners, "pruner", value)
    if value.get_state()["curves"]:
        raise SpaceError(
            f"{name} is a {type(value).__name__} with curves of earlier trials; give a new one."
        )
    _check_copies(name, value, "rung")
    return value


def fidelity(name: str, value: Any) -> str:
    """Returns the name of a fidelity; `check_together` knows which ones a tuner takes."""
    if not isinstance(value, str):
        raise UnknownName(f"{name} is {shown(value)}; it should be a name, 'epochs'.")
    return value


def share_of_time(name: str, value: Any) -> float:
    """Returns a share of the time, from 0 to less than 1."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    whole = isinstance(value, numbers.Integral)  # It may be too large for a float.
    share = (0.0 if value == 0 else None) if whole else float(value) if real else None
    if not real or share is None or not 0 <= share < 1:
        raise SpaceError(
            f"{name} is {shown(value)}; it should be a share of the time, from 0 to less than 1. "
            "Try 0.3."
        )
    return float(value)


def workers(name: str, value: Any) -> int | str:
    """Returns a number of workers, or "auto"."""
    if value == "auto":
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)  # The command gives every value as a string.
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise BudgetError(f"{name} is {shown(value)}; it should be 'auto' or at least 1.")
    return int(value)


def launcher(name: str, value: Any) -> str | None:
    """Returns the name of a launcher, or None."""
    if value is None:
        return None
    from attn_tuner.tuning.launchers import launchers

    return name_in(launchers, "launcher", value)


def cluster(name: str, value: Any) -> str | None:
    """Returns the address of a Ray cluster, or None."""
    if value is None or (isinstance(value, str) and value):
        return value
    raise BudgetError(f"{name} is {shown(value)}; it should be the address of a Ray cluster.")


def folders(name: str, value: Any) -> Any:
    """Returns one path or several."""
    several = [value] if isinstance(value, str | os.PathLike) else value
    if not isinstance(several, list | tuple | set | frozenset):
        raise SpaceError(f"{name} is {shown(value)}; it should be a folder of a run, or several.")
    for each in several:
        path(name, each)
    return value


def callbacks(name: str, value: Any) -> Any:
    """Returns a list of Keras callbacks, or a function that makes them."""
    import keras

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
    for each in value:
        made = f"lambda trial, values: [{type(each).__name__}(...)]"
        _check_copies(name, each, "trial", f" Give a function that makes it: {made}.")
    return value


def hypermodel(name: str, value: Any) -> Any:
    """Returns a KerasTuner hypermodel, a function that makes one, or None."""
    if value is None or callable(value):
        return value
    import keras_tuner

    if not isinstance(value, keras_tuner.HyperModel):
        raise SpaceError(
            f"{name} is {shown(value)}; it should be a keras_tuner.HyperModel, or a function of "
            "the vocabulary's size and the number of classes that makes one."
        )
    return value


def _check_copies(name: str, given: Any, owner: str, remedy: str = "") -> None:
    try:
        copy.deepcopy(given)
    except Exception as error:
        raise SpaceError(
            f"{name} holds a {type(given).__name__} that cannot be copied for each {owner} "
            f"({type(error).__name__}: {error}).{remedy}"
        ) from error


def check_together(plain: Mapping) -> None:
    """Refuses settings that do not fit each other.

    Args:
        plain: every setting by name, each checked by itself.

    Raises:
        AttnTunerError: says which two, and what would fit.
    """
    from attn_tuner.search_defaults import check_space
    from attn_tuner.settings.derived import seconds
    from attn_tuner.tuning.fidelity import check_fidelity

    seconds(plain["max_time"], plain["max_trials"])
    if is_sequence(plain):
        return _check_sequence(plain)
    if plain["split"] is not None:
        raise SpaceError(
            "split says how pairs of texts are split, for task='sequence'. Leave it out."
        )
    check_fidelity(plain["fidelity"], plain["tuner"])
    _check_quantiles(plain["quantiles"], plain["task"])
    _check_objective(plain["objective"], plain["task"], plain["quantiles"])
    _check_workers(plain["workers"], plain["cluster"])
    if plain["group"] is not None and plain["time"] is not None:
        raise DataError("group and time both say how to divide the data. Give one of them.")
    _check_warm_start(several_folders(plain["warm_start"]), plain["tuner"])
    if plain.get("hypermodel") is None:
        check_space(plain["space"], plain["epochs"])
    else:
        _check_hypermodel(plain)


def is_sequence(plain: Mapping[str, Any]) -> bool:
    """Returns whether the settings ask for a search over pairs of texts."""
    from attn_tuner.storage.plan import SEQUENCE

    data = plain.get("data")
    return plain["task"] == SEQUENCE or (isinstance(data, str) and data in PAIR_DEMOS)


def _check_sequence(plain: Mapping[str, Any]) -> None:
    """Refuses settings that a search over pairs of texts does not have."""
    from attn_tuner.metrics import TEXT_MEASURES
    from attn_tuner.storage.plan import SEQUENCE

    if plain["task"] not in (None, SEQUENCE):
        raise DataError(f"{plain['data']} holds pairs of texts; its task is '{SEQUENCE}'.")
    for name in NOT_FOR_PAIRS:
        if not _as_default(plain, name):
            raise SpaceError(f"{name} does not apply to task='{SEQUENCE}'. Leave it out.")
    if plain["objective"] is not None and plain["objective"] not in TEXT_MEASURES:
        raise UnknownName(unknown(f"objective of {SEQUENCE}", plain["objective"], TEXT_MEASURES))
    _check_workers(plain["workers"], plain["cluster"])
    _check_warm_start(several_folders(plain["warm_start"]), plain["tuner"])


def _as_default(plain: Mapping[str, Any], name: str) -> bool:
    """Returns whether a setting has its default; a table is no default, and is not compared."""
    from attn_tuner.settings.table import BY_NAME

    value, default = plain[name], BY_NAME[name].default
    return value is default or (isinstance(value, type(default)) and value == default)


def several_folders(given: Any) -> list:
    """Returns one folder or several as a list."""
    return [given] if isinstance(given, str | os.PathLike) else list(given)


def _check_hypermodel(plain: Mapping[str, Any]) -> None:
    trained = {"pretrain": "the encoder", "vectors": "the embedding", "teacher": "a trial"}
    for name, what in trained.items():
        if not _as_default(plain, name):
            raise SpaceError(
                f"{name} trains {what} of our model, and hypermodel takes its place. Leave one out."
            )
    from attn_tuner.search_defaults import read_changes
    from attn_tuner.space import SearchSpace

    if isinstance(plain["space"], SearchSpace):
        raise SpaceError(
            "space is a SearchSpace, and hypermodel brings its own. Give changes of that: "
            "space={'batch_size': [32]}."
        )
    if plain["space"] is not None:  # Which dimensions there are is known with the data.
        read_changes(plain["space"])


def _source(name: str, value: Any) -> Any:
    from attn_tuner.text.input_texts import is_file_path
    from attn_tuner.text.loaders.locations import is_pattern, is_url, matches

    named = isinstance(value, Path) or (isinstance(value, str) and is_file_path(value))
    if named and not (is_pattern(value) and (is_url(value) or matches(value))):
        _check_exists(name, value)
    return value


def _check_exists(name: str, value: Any, folder: bool = True) -> None:
    from attn_tuner.text.loaders import locations

    # A URL is not asked before the data are read.
    there = locations.is_url(value) or locations.exists(value)
    if not there and not (folder and locations.is_folder(value)):
        raise DataError(f"{name} is {shown(str(value))}, and there is no such file.")


def _check_quantiles(levels: list[float] | None, task: str | None) -> None:
    from attn_tuner.tasks import QUANTILE_TASK

    if levels is not None and task not in (None, QUANTILE_TASK):
        raise DataError(
            f"quantiles is for task='quantiles', and task is {task!r}. Leave out one of them."
        )


def _check_objective(objective: str | None, task: Any, levels: list[float] | None) -> None:
    from attn_tuner.storage.plan import FAITHFUL
    from attn_tuner.tasks import QUANTILE_TASK, TASKS

    task = task if levels is None else QUANTILE_TASK
    if objective is not None and task is not None:
        TASKS[task].check(objective.removeprefix(FAITHFUL))


def _check_workers(workers: int, cluster: str | None) -> None:
    from attn_tuner.system.machine import cores

    if workers == "auto":
        if cluster:
            raise BudgetError("cluster is set, so workers should be a number of trials: workers=8.")
        return
    most = WORKERS_ON_CLUSTER if cluster else WORKERS_PER_CORE * cores()
    if workers > most:
        where = "on a cluster" if cluster else f"with the {cores()} cores of this machine"
        raise BudgetError(f"workers is {workers}; {where} it should be at most {most}.")


def _check_warm_start(earlier: list, tuner: str) -> None:
    from attn_tuner.tuning.oracles import has_parameter
    from attn_tuner.tuning.oracles.factory import no_first_points
    from attn_tuner.tuning.oracles.initial_points import check_run

    if earlier and not has_parameter(tuner, "first_points"):
        raise no_first_points(tuner)
    for each in earlier:
        check_run(Path(each))

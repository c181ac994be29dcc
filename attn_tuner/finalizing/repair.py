"""Removes damaged files that can be made again, before a search continues.

A search makes missing derived files, so a damaged one only needs to be removed:

    for sentence in mended(directory):
        print(sentence)
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from attn_tuner.baselines.members import LINEAR_MEMBER, member_of
from attn_tuner.errors import DamagedFile
from attn_tuner.exporting.artefact_folder import check_export, is_export
from attn_tuner.exporting.bundle_files import check_bundle
from attn_tuner.storage.atomic_files import write_text
from attn_tuner.storage.checked_files import read_array, read_arrays, reading
from attn_tuner.storage.checkpoints import check_weights, drop_damaged_resume_points
from attn_tuner.storage.layout import (
    BASELINES,
    BUNDLE,
    BUNDLE_FACTS,
    BUNDLE_MODEL,
    DATA,
    EXPORT,
    OPTUNA_JOURNAL,
    OUTCOME,
    PLAN,
    PROBABILITIES,
    TUNER,
    WEIGHTS,
    trial_dirs,
    trial_id_of,
    vectors_file,
)
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import read_baselines, read_outcome
from attn_tuner.storage.trial_record import TrialRecord, recorded
from attn_tuner.tuning.budget import clock_state


def mended(directory: str | Path) -> list[str]:
    """Removes damaged files from a run folder that the search makes again.

    Args:
        directory: the run folder, locked by this process.

    Returns:
        A sentence for each damaged file.

    Raises:
        DamagedFile: the plan or a record is damaged; these cannot be made again.
    """
    directory = Path(directory)
    if not (directory / PLAN).exists():
        return []
    plan = Plan.load(directory)
    records = tuple(recorded(directory).values())
    said = [
        *filter(None, clock_state(directory)[1:]),
        *_vectors(directory / DATA),
        *_baselines(directory, plan),
        *_study(directory),
        *_trials(directory),
        *_outcome(directory, plan, records),
        *_exported(directory),
    ]
    if (directory / TUNER).exists() and not _is_object(directory / TUNER):
        write_text(directory / TUNER, "{}")
        said.append(f"{directory / TUNER} was damaged; it held nothing and was written again.")
    return said


def _vectors(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob(vectors_file("*"))):
        yield from _gone(path, lambda path: read_array(path), "The word vectors are made again")


def _baselines(directory: Path, plan: Plan) -> Iterator[str]:
    """Removes all files of the baselines if one is damaged, as they are measured together."""
    if not (directory / BASELINES).exists():
        return
    parts = [part for part in ("validation", "test") if (directory / DATA / part).exists()]
    members = {LINEAR_MEMBER, member_of(plan.input)}
    try:
        measured = {row["name"] for row in read_baselines(directory, plan)}
        for member in members:
            if member is LINEAR_MEMBER or member.name in measured:
                read_arrays(directory / member.learnt)
                for part in parts:
                    read_array(directory / member.answers(part))
    except DamagedFile as error:
        _remove(directory / BASELINES)
        for member in members:
            for name in member.files("*"):
                for path in directory.glob(name):
                    _remove(path)
        yield f"{_about(error)} The baselines are measured again."


def _study(directory: Path) -> Iterator[str]:
    from attn_tuner.tuning.oracles.optuna.study import check_journal

    then = "Optuna's journal is made again from the trials"
    yield from _gone(directory / OPTUNA_JOURNAL, check_journal, then)


def _trials(directory: Path) -> Iterator[str]:
    """Removes damaged files in the folders of the trials, except their records."""
    for folder in trial_dirs(directory):
        name = trial_id_of(folder)
        again = f"The model of trial {name} predicts again if that is needed"
        yield from _gone(folder / PROBABILITIES, lambda path: read_array(path), again)
        lost = f"Trial {name} keeps its score, but its model can no longer be exported"
        yield from _gone(folder / WEIGHTS, check_weights, lost)
        if drop_damaged_resume_points(folder):
            yield f"Trial {name} cannot continue where it stopped: its resume point was damaged."


def _outcome(directory: Path, plan: Plan, records: tuple[TrialRecord, ...]) -> Iterator[str]:
    yield from _gone(
        directory / OUTCOME,
        lambda path: read_outcome(directory, plan, records),
        "The best model is measured again",
    )
    yield from _gone(
        directory / PROBABILITIES,
        lambda path: read_array(path),
        "The best model predicts again",
    )


def _exported(directory: Path) -> Iterator[str]:
    """Removes a damaged bundle or export; a folder that holds other files is left alone."""
    model = directory / BUNDLE
    if model.is_dir() and {each.name for each in model.iterdir()} <= {BUNDLE_FACTS, BUNDLE_MODEL}:
        yield from _gone(model, check_bundle, "The best model is written again")
    if is_export(directory / EXPORT):
        yield from _gone(directory / EXPORT, check_export, "The best model is exported again")


def _gone(path: Path, check: Callable[[Path], object], then: str) -> Iterator[str]:
    """Removes a path that does not pass its check, and yields a sentence on that."""
    if not path.exists():
        return
    try:
        with reading(path):
            check(path)
    except DamagedFile as error:
        _remove(path)
        yield f"{_about(error)} {then}."


def _about(error: DamagedFile) -> str:
    return f"{error.path} {error.problem}."


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        return False

"""The stages of a search, in the order in which `search` calls them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from attn_tuner import text as texts_of
from attn_tuner.explaining.preference import Preference, check_kind, preferred
from attn_tuner.finalizing.repair import mended
from attn_tuner.finalizing.time_reserve import kept_back, time_to_spare
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import check_measurable
from attn_tuner.settings.derived import constraints
from attn_tuner.storage import run_folder as place
from attn_tuner.storage.atomic_files import remove_parts
from attn_tuner.tasks import task_named
from attn_tuner.tuning.budget import save_clock
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.pretraining import pretrain as pretrain_best
from attn_tuner.tuning.repeats import repeat
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner


def launcher_of(options: Mapping) -> Launcher:
    """Makes what runs the trials: this process, or workers."""
    return Launcher(
        options["workers"],
        options["cluster"],
        options["cpus_per_trial"],
        options["gpus_per_trial"],
    )


def read_data(options: Mapping) -> texts_of.TextDataset:
    """Reads the data of a search.

    Args:
        options: `data` and every setting, checked.

    Raises:
        DataError: they cannot be read, or do not fit the task.
    """
    if isinstance(options["data"], texts_of.TextDataset):
        return options["data"]
    names = ("data", "text", "label", "validation", "test", "seed", "task", "unlabelled")
    return texts_of.load(*(options[name] for name in names))


def objective_of(options: Mapping, dataset: texts_of.TextDataset) -> tuple[str, float]:
    """Returns the objective, and what a faithfulness of 1 adds to it.

    Raises:
        UnknownName, SpaceError, DataError: the task of these data has no such objective, or their
            validation part cannot measure it.
    """
    objective, faithful = preferred(options["objective"], options["faithful"])
    answers = task_named(dataset.task, len(dataset.classes))
    objective = answers.check(objective)
    if dataset.validation is not None:
        check_measurable(objective, dataset.validation.labels)
    check_kind(answers.kind, faithful)
    return objective, faithful


def tidy(directory: Path, notes: Iterable[str | None], shown):
    """Removes what a killed search left unfinished in the run folder, and shows all notes."""
    remove_parts(directory)
    for note in (*notes, *mended(directory)):
        if note:
            shown.say(note)


def encode(dataset: texts_of.TextDataset, directory: Path, budget, shown) -> EncodedData:
    """Encodes the texts as ids, or opens what an earlier search in this folder has encoded."""
    with budget.measure("encode"):
        ours = place.is_begun(directory)
        return EncodedData.prepare(dataset, directory / place.DATA, ours, shown.say)


def trainer_of(
    options: Mapping, plan, dataset, stored: EncodedData, space, vectors
) -> TrialTrainer:
    """Makes what trains a trial: the hypermodel, the data, the limits, the user's callbacks."""
    hypermodel = AttentionHyperModel(
        stored.vocabulary_size,
        len(dataset.classes),
        space=space,
        vectors=vectors,
        training_texts=stored.size("train"),
        task=dataset.task,
        scale=stored.scale(),
    )
    return TrialTrainer(
        hypermodel,
        stored.training,
        stored.validation,
        options["callbacks"],
        constraints(options),
        Preference.of(plan, dataset, stored.vectorizer) if plan.faithful else None,
    )


def _run(
    plan, oracle, workshop, launch, budget, shown, directory, stored, interrupted
) -> TrialRunner:
    runner = TrialRunner(
        oracle,
        workshop,
        plan=plan,
        budget=budget,
        heard=lambda news: _heard(news, shown, budget, directory),
        interrupted=interrupted,
        scale=scale_of(stored.stores["validation"].labels, plan.objective),
        directory=directory.parent,
        project_name=directory.name,
    )
    try:
        launch.search(runner, directory / place.DATA)
        while time_to_spare(runner, stored, launch.setting_up):
            launch.search(runner, directory / place.DATA)
        budget.set_reserve(kept_back(stored, plan, pretrain=False))
        pretrain_best(runner, stored, shown.say)
        budget.set_reserve(kept_back(stored, plan, pretrain=False, repeats=False))
        repeat(runner, plan.repeats)
    finally:
        save_clock(budget, directory)
    return runner


def _heard(news, shown, budget, directory):
    shown.heard(news)
    if "ended" in news or "measures" in news:
        save_clock(budget, directory)

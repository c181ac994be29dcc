"""The stages of a search, in the order in which `search` calls them."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras_tuner

from attn_tuner import text as texts_of
from attn_tuner.distilling.search_teacher import OwnTeacher
from attn_tuner.distilling.trial import distil_trial
from attn_tuner.errors import DataError
from attn_tuner.explaining.preference import FaithfulObjective, check_faithful_task, parse_objective
from attn_tuner.finalizing.conformal import check_coverage
from attn_tuner.finalizing.known_texts import check_known
from attn_tuner.finalizing.repair import mended
from attn_tuner.finalizing.time_reserve import finalizing_reserve, release_unused_reserve
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.dataset import Dataset
from attn_tuner.inputs.kinds import COLUMNS
from attn_tuner.metrics import check_measurable
from attn_tuner.monitoring.live_trials import LiveTrials
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.monitoring.run_log import log_event
from attn_tuner.monitoring.trial_lines import data_line, expected_trials, plan_line
from attn_tuner.search_defaults import (
    changed,
    own_space,
    region_vectors,
    search_space,
    usual_epochs,
    word_vectors,
)
from attn_tuner.series.dataset import SeriesDataset
from attn_tuner.series.reading import check_settings, load_series
from attn_tuner.series.series_data import are_series
from attn_tuner.settings.derived import constraints, seconds
from attn_tuner.settings.table import DATA as DATA_SETTING
from attn_tuner.settings.table import SETTINGS
from attn_tuner.storage import run_folder as place
from attn_tuner.storage.atomic_files import remove_parts
from attn_tuner.storage.layout import DATA
from attn_tuner.storage.plan import Plan
from attn_tuner.system.machine import cores
from attn_tuner.tasks import QUANTILE_TASK, TASKS, task_named
from attn_tuner.text.columns import reading as columns
from attn_tuner.text.dataset import TextDataset
from attn_tuner.tuning.budget import Budget, save_clock
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.events import Evaluated, TrialEnded, TrialEvent
from attn_tuner.tuning.fitted_defaults import fitted_defaults
from attn_tuner.tuning.launchers.automatic import AUTO, automatic_workers
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.oracles.factory import known_good
from attn_tuner.tuning.own_hypermodel import OwnHyperModel, own_hypermodel
from attn_tuner.tuning.pretraining import pretrain
from attn_tuner.tuning.pruning import Pruner
from attn_tuner.tuning.repeats import repeat
from attn_tuner.tuning.trial.training_loop import QuantileEvaluation
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner

SETTING_UP = 5.0  # Seconds, about, until a trial of another round trains.

_log = logging.getLogger(__name__)


def launcher_of(options: Mapping) -> Launcher:
    """Makes what runs the trials: this process, or workers."""
    limit = seconds(options["max_time"], options["max_trials"])
    return Launcher(
        automatic_workers(options, limit) if options["workers"] == AUTO else options["workers"],
        options["cluster"],
        options["cpus_per_trial"],
        options["gpus_per_trial"],
        options["launcher"],
    )


def paired(given: Mapping) -> dict:
    """Returns the arguments of `search` with the labels beside the data: `(data, labels)`."""
    others = {name: value for name, value in given.items() if name != "labels"}
    labels = given["labels"]
    return others if labels is None else {**others, "data": (given["data"], labels)}


def read_data(options: Mapping) -> Dataset:
    """Reads the data of a search: here its kind of input is told.

    Args:
        options: `data` and every setting, checked.

    Raises:
        DataError: they cannot be read, or do not fit the task.
    """
    if are_series(options["data"], options["word_index"]):
        return _read_series(options)
    defaults = {each.name: each.default for each in SETTINGS}
    if options["features"] is not None:
        columns.check_settings(options, defaults)
    if isinstance(options["data"], texts_of.TextDataset):
        for name in ("corrections", "features"):
            _refuse_reading(options, name, "TextDataset", "attn_tuner.text.load")
        if options["data"].input == COLUMNS.name:
            columns.check_settings(options, defaults)
        return options["data"]
    task = QUANTILE_TASK if options["quantiles"] is not None else options["task"]
    if task is not None and TASKS[task].several:
        raise DataError(
            f"task='{task}' is for series of numbers, and the data are texts. Give "
            "task='regression', which learns one number a text."
        )
    names = [each.name for each in SETTINGS if each.group == DATA_SETTING.group]
    return texts_of.load(
        options["data"], seed=options["seed"], **{name: options[name] for name in names}
    )


def _refuse_reading(
    options: Mapping, name: str, read: str, reader: str, inputs: str = "data"
) -> None:
    """Raises DataError for a setting of how data are read, where they have been read."""
    if options[name] is not None:
        raise DataError(
            f"{name} is for {inputs} that are read here, and a {read} has been read. Give {name}= "
            f"to {reader}."
        )


def _read_series(options: Mapping) -> SeriesDataset:
    check_settings(options, {each.name: each.default for each in SETTINGS})
    if isinstance(options["data"], SeriesDataset):
        reader = "attn_tuner.series.reading.load_series"
        _refuse_reading(options, "quantiles", "SeriesDataset", reader, "series")
        return options["data"]
    names = ("validation", "test", "seed", "task", "drop_missing", "min_per_class", "rare_classes")
    return load_series(options["data"], **{name: options[name] for name in (*names, "quantiles")})


def objective_of(options: Mapping, dataset: Dataset) -> tuple[str, float]:
    """Returns the objective, and what a faithfulness of 1 adds to it.

    Raises:
        UnknownName, SpaceError, DataError: the task of these data has no such objective or no
            prediction sets, or their validation part is too small for them.
    """
    objective, faithful = parse_objective(options["objective"], options["faithful"])
    answers = task_named(dataset.task, len(dataset.classes))
    objective = answers.check(objective)
    if dataset.validation is not None:
        check_measurable(objective, dataset.validation.labels)
    check_faithful_task(answers.kind, faithful)
    held = 0 if dataset.validation is None else len(dataset.validation)
    check_coverage(options["coverage"], answers, held)
    check_known(options["known"], answers.kind)
    return objective, faithful


def log_begin(directory: Path, budget: Budget) -> None:
    """Writes to the log that a search begins, or how much of its time earlier sittings spent."""
    begun = "goes on" if place.is_begun(directory) else "begins"
    _log.info(f"{begun}; {format_duration(budget.elapsed())} spent")


def tidy(directory: Path, notes: Iterable[str | None], shown: ProgressPanel) -> None:
    """Removes what a killed search left unfinished in the run folder, and shows all notes."""
    remove_parts(directory)
    for note in (*notes, *mended(directory)):
        if note:
            shown.say(note)


def encode(dataset: Dataset, directory: Path, budget: Budget, shown: ProgressPanel) -> EncodedData:
    """Encodes the inputs, or opens what an earlier search in this folder has encoded."""
    with budget.measure("encode"):
        ours = place.is_begun(directory)
        stored = EncodedData.prepare(dataset, directory / DATA, ours, shown.say)
    shown.headline("Data", data_line(dataset, stored.stores["train"].lengths))
    for note in dataset.notes:
        shown.say(note)
    shown.begin(stored.preparing)
    return stored


def hypermodel_of(
    options: Mapping, dataset: Dataset, stored: EncodedData, objective: str
) -> AttentionHyperModel | OwnHyperModel:
    """Makes the hypermodel, ours or the user's, with the space that is searched."""
    given, changes, epochs = options["hypermodel"], options["space"], options["epochs"]
    ours = isinstance(given, type) and issubclass(given, AttentionHyperModel)
    if given is None or ours:
        space = search_space(
            None if ours else changes,
            stored,
            epochs,
            objective,
            constraints(options).most_weights(),
        )
    else:
        space = own_space(stored, epochs)
    facts = {
        **stored.model_options(space),
        "classes": len(dataset.classes),
        "training_texts": stored.size("train"),
        "task": dataset.task,
        "scale": stored.scale(),
    }
    if given is None:
        hypermodel = AttentionHyperModel(space=space, **facts)
    else:
        hypermodel = own_hypermodel(given, space=space, **facts)
        hypermodel.space = changed(hypermodel.space, changes)
    if isinstance(hypermodel, AttentionHyperModel):
        points = known_good(hypermodel.space)
        hypermodel.space = fitted_defaults(hypermodel, constraints(options), points)
    return hypermodel


def give_vectors(
    options: Mapping,
    plan: Plan,
    hypermodel: AttentionHyperModel | OwnHyperModel,
    stored: EncodedData,
    budget: Budget,
    directory: Path,
    say: Callable[[str], None],
) -> None:
    """Gives a hypermodel of ours the word vectors that its space reads, learnt or from a file.

    Raises:
        DataError, MissingExtra: the file cannot be read.
    """
    if not isinstance(hypermodel, AttentionHyperModel) or "vocabulary_size" not in hypermodel.space:
        return
    given = (hypermodel.space, stored, budget, directory / DATA, plan.seed)
    regions = hypermodel.region_vectors = region_vectors(*given)
    hypermodel.vectors = word_vectors(*given, options["vectors"], say, regions is None)


def trainer_of(
    options: Mapping,
    plan: Plan,
    dataset: Dataset,
    stored: EncodedData,
    hypermodel: AttentionHyperModel | OwnHyperModel,
) -> TrialTrainer:
    """Makes what trains a trial: the hypermodel, the data, the limits, the user's callbacks."""
    levels = plan.answers().levels
    return TrialTrainer(
        hypermodel,
        stored.training,
        stored.validation,
        options["callbacks"],
        constraints(options),
        FaithfulObjective.of(plan, dataset, stored.encoder) if plan.faithful else None,
        QuantileEvaluation(levels) if levels else None,
    )


def trial_listener(
    live: LiveTrials, panel: ProgressPanel, budget: Budget, directory: Path
) -> Callable[[TrialEvent], None]:
    """Makes what tells the log, the status file, the display and the clock of each event.

    Args:
        live: the status file of the trials that run.
        panel: shows the progress.
        budget: the clock.
        directory: the run folder.
    """

    def on_event(event: TrialEvent) -> None:
        log_event(event)
        live(event)
        panel.on_event(event)
        if isinstance(event, Evaluated | TrialEnded):
            save_clock(budget, directory)

    return on_event


def run_stages(
    plan: Plan,
    oracle: keras_tuner.Oracle,
    trainer: TrialTrainer,
    pruner: Pruner | str,
    launcher: Launcher,
    budget: Budget,
    panel: ProgressPanel,
    directory: Path,
    data: EncodedData,
    interrupted: Callable[[], bool],
) -> TrialRunner:
    """Runs the trials, pretraining and repeats of a plan; leaves them in the run folder.

    Args:
        plan: what to run.
        oracle: draws the values.
        trainer: trains a trial.
        pruner: ends hopeless trials.
        launcher: says where trials run.
        budget: the clock.
        panel: shows the progress.
        directory: the run folder.
        data: the encoded texts of the run.
        interrupted: returns whether the user wants the search to end.

    Returns:
        The runner, with the records of all trials.
    """

    _show_plan(plan, launcher, budget, panel, data)
    live = LiveTrials(directory, plan.objective)
    runner = TrialRunner(
        oracle,
        trainer,
        plan=plan,
        budget=budget,
        listener=trial_listener(live, panel, budget, directory),
        interrupted=interrupted,
        pruner=pruner,
        scale=scale_of(data.stores["validation"].labels, plan.objective, plan.answers().levels),
        directory=directory.parent,
        project_name=directory.name,
    )
    panel.best = next(iter(runner.ranked()), None)  # Of earlier sittings.
    try:
        panel.begin("starting the first trial")
        with launcher.opened(runner, directory / DATA) as run:
            run()
            while release_unused_reserve(runner, data, SETTING_UP):
                run()
        budget.trials_ended()
        budget.set_reserve(finalizing_reserve(data, plan, pretrain=False))
        if plan.pretrain:
            panel.begin("pretraining the best encoder")
        pretrain(runner, data, panel.say)
        budget.set_reserve(finalizing_reserve(data, plan, pretrain=False, repeats=False))
        if plan.repeats:
            panel.begin("training the best trials with other seeds")
        repeat(runner, plan.repeats)
    finally:
        live.clear()
        save_clock(budget, directory)
    return runner


def distilled(
    runner: TrialRunner,
    stored: EncodedData,
    dataset: Dataset,
    teacher: OwnTeacher | str | None,
    panel: ProgressPanel,
) -> dict[str, Any]:
    """Lets one more trial learn from a teacher; returns the facts, see `distil_trial`."""
    if not isinstance(stored, EncodedTexts) or not isinstance(dataset, TextDataset):
        return {}
    if not runner.ranked() or runner.interrupted():
        return {}
    if teacher is not None:
        panel.begin("distilling one trial")
    return distil_trial(runner, stored, dataset, teacher, panel.say)


def _show_plan(
    plan: Plan, launcher: Launcher, budget: Budget, panel: ProgressPanel, data: EncodedData
) -> None:
    """Shows in one line how the search goes about it, and tells the panel what to expect."""
    epochs = min(plan.epochs, usual_epochs(data.size("train")))
    expected = expected_trials(
        budget.search_left(),
        data.epoch_steps(),
        epochs,
        launcher.workers,
        budget.estimate("trial", 0.0),
        budget.slowdown(),
    )
    most = min(filter(None, (expected, plan.max_trials)), default=None)
    panel.expect(most, plan.epochs, launcher.workers)
    facts = (plan.max_time, plan.max_trials, expected, plan.epochs, cores(), launcher.workers)
    panel.headline("Plan", plan_line(*facts, plan.goal))

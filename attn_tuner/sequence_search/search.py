"""Runs a search over pairs of texts: trials, then the best model is tested and exported."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from time import monotonic
from typing import Any

import keras

from attn_tuner import runtime
from attn_tuner.errors import SpaceError
from attn_tuner.metrics import perfect, sign_of
from attn_tuner.monitoring.live_trials import LiveTrials
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.monitoring.run_log import run_log
from attn_tuner.monitoring.trial_lines import plan_line
from attn_tuner.sequence.hypermodel import SequenceHyperModel
from attn_tuner.sequence_search.baselines import measure_baselines
from attn_tuner.sequence_search.encoded_pairs import EncodedPairs, check_split, usual_split
from attn_tuner.sequence_search.evaluation import PairEvaluation, sample_of
from attn_tuner.sequence_search.first_points import first_points, pair_space
from attn_tuner.sequence_search.pair_dataset import PairDataset
from attn_tuner.sequence_search.reading import load_pairs
from attn_tuner.sequence_search.result import SequenceResult
from attn_tuner.sequence_search.text_metrics import check_available
from attn_tuner.sequence_search.time_reserve import reserve
from attn_tuner.settings.asked import as_asked
from attn_tuner.settings.derived import constraints, seconds
from attn_tuner.settings.repeat import command
from attn_tuner.settings.search_checks import several_folders
from attn_tuner.settings.toml_file import write_settings
from attn_tuner.space import SearchSpace
from attn_tuner.storage import run_folder
from attn_tuner.storage.atomic_files import remove_parts
from attn_tuner.storage.layout import DATA
from attn_tuner.storage.lock import held
from attn_tuner.storage.plan import SEQUENCE, Plan
from attn_tuner.storage.stop_request import StopRequest
from attn_tuner.system.machine import cores
from attn_tuner.system.signals import handle_signals
from attn_tuner.tuning.budget import Budget, clock_of, save_clock
from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.events import TrialEvent
from attn_tuner.tuning.failures import nothing_found
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.oracles.factory import oracle_of
from attn_tuner.tuning.pruning import pruner_name
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner

_log = logging.getLogger(__name__)
KEPT = 5  # Trials at least whose weights stay, so that the control can be tested as well.
_READING = ("text", "label", "validation", "test", "seed", "drop_missing", "encoding", "header")


def search_pairs(options: Mapping[str, Any]) -> SequenceResult:
    """Searches sequence models over pairs of texts, and exports the best one.

    Args:
        options: `data` and every setting, checked.

    Raises:
        DataError, SpaceError, BudgetError, RunError, MissingExtra: each says what would do.
    """
    began = monotonic()
    if keras.backend.backend() != "tensorflow":
        raise SpaceError(
            f"Keras runs on {keras.backend.backend()}, and a search over pairs of texts needs "
            "TensorFlow. Set KERAS_BACKEND=tensorflow; SequenceHyperModel runs on every backend."
        )
    if options["objective"]:
        check_available(options["objective"])
    space = pair_space(options["space"], options["epochs"])
    launcher = runtime.launcher_of(options)
    dataset = load_pairs(options["data"], **{name: options[name] for name in _READING})
    split = options["split"] or usual_split(dataset)
    plan = plan_of(options, dataset, space)
    folder = run_folder.take(options["directory"], dataset.name)
    run_folder.check_data(dataset, folder, plan.asked)
    budget = clock_of(folder, plan.max_time, monotonic() - began)
    way, shown = sign_of(plan.objective), options["progress"]
    with (
        handle_signals() as signals,
        held(folder) as taken_over,
        run_log(folder),
        ProgressPanel(budget, plan.objective, way, shown) as panel,
        StopRequest(folder, panel.say) as stop,
        launcher.early() as launcher,
    ):

        def ended() -> bool:
            return signals.received() or stop.received()

        runtime.log_begin(folder, budget)
        remove_parts(folder)
        for note in filter(None, (taken_over, *dataset.notes)):
            panel.say(note)
        check_split(folder / DATA, split)
        run_folder.agree(plan, folder)
        write_settings(plan.asked, folder)
        _log.info(command(plan.asked, folder))
        with budget.measure("encode"):
            encoded = EncodedPairs.prepare(dataset, folder / DATA, split)
        panel.headline("Data", data_line(dataset, split, encoded))
        with budget.measure("baselines"):
            measure_baselines(dataset, encoded.vocabularies, folder, plan.objective)
        trainer = trainer_of(options, plan, dataset, encoded, space)
        points = first_points(space, split)
        earlier = several_folders(options["warm_start"])
        oracle = oracle_of(plan, trainer.hypermodel, earlier, points)
        budget.set_reserve(reserve(plan))
        facts = (plan.max_time, plan.max_trials, None, plan.epochs, cores(), launcher.workers)
        panel.expect(plan.max_trials, plan.epochs, launcher.workers)
        panel.headline("Plan", plan_line(*facts, plan.objective))
        live = LiveTrials(folder, plan.objective)
        listener = runtime.trial_listener(live, panel, budget, folder)
        runner = runner_of(
            plan, oracle, trainer, options["pruner"], budget, listener, folder, ended
        )
        with signals.defer():
            run_trials(runner, launcher, panel, live, folder)
        if not runner.ranked():
            signals.raise_if_received()
            raise nothing_found(budget, runner.records.values())
        from attn_tuner.sequence_search.finalize import finalize  # It imports TensorFlow.

        finalize(runner, encoded, dataset, folder, panel)
    return SequenceResult(folder)


def plan_of(options: Mapping[str, Any], dataset: PairDataset, space: SearchSpace) -> Plan:
    """Returns the plan of a search; the objective is that of the data where none is set."""
    as_set = {each.name: options[each.name] for each in fields(Plan) if each.name in options}
    derived = {
        "source": dataset.name,
        "fingerprint": dataset.fingerprint,
        "classes": (),
        "task": SEQUENCE,
        "space": space.describe(),
        "objective": options["objective"] or dataset.objective,
        "faithful": 0.0,
        "pruner": pruner_name(options["pruner"]),
        "max_time": seconds(options["max_time"], options["max_trials"]),
        "keep": max(options["keep"], KEPT),
        "ensemble": 1,
        "refit": False,
        "teacher": "",
        "asked": as_asked(options),
    }
    return Plan(**{**as_set, **derived})


def trainer_of(
    options: Mapping[str, Any],
    plan: Plan,
    dataset: PairDataset,
    encoded: EncodedPairs,
    space: SearchSpace,
) -> TrialTrainer:
    """Makes what trains a trial: the hypermodel, the data and the evaluation."""
    vocabularies = encoded.vocabularies
    hypermodel = SequenceHyperModel(
        len(vocabularies.source),
        len(vocabularies.target),
        space=space,
        training_texts=encoded.size("train"),
    )
    sample = sample_of(dataset.parts["validation"], plan.seed)
    return TrialTrainer(
        hypermodel,
        encoded.training,
        encoded.validation,
        options["callbacks"],
        constraints(options),
        evaluation=PairEvaluation(vocabularies, sample, plan.objective),
    )


def runner_of(
    plan: Plan,
    oracle: Any,
    trainer: TrialTrainer,
    pruner: Any,
    budget: Budget,
    listener: Callable[[TrialEvent], None],
    folder: Path,
    ended: Callable[[], bool],
) -> TrialRunner:
    """Makes what runs the trials."""
    return TrialRunner(
        oracle,
        trainer,
        plan=plan,
        budget=budget,
        listener=listener,
        interrupted=ended,
        pruner=pruner,
        scale=Scale(0.0, perfect(plan.objective)),
        directory=folder.parent,
        project_name=folder.name,
    )


def run_trials(
    runner: TrialRunner, launcher: Launcher, panel: ProgressPanel, live: LiveTrials, folder: Path
) -> None:
    """Runs trials until the oracle stops, the time is over, or the user interrupts."""
    panel.best = next(iter(runner.ranked()), None)  # Of earlier sittings.
    panel.begin("starting the first trial")
    try:
        with launcher.opened(runner, folder / DATA, EncodedPairs.open) as run:
            run()
    finally:
        live.clear()
        save_clock(runner.budget, folder)


def data_line(dataset: PairDataset, split: str, encoded: EncodedPairs) -> str:
    """Says in one line what the models learn from."""
    parts = " / ".join(f"{len(part):,} {role}" for role, part in dataset.parts.items())
    sizes = (len(encoded.vocabularies.source), len(encoded.vocabularies.target))
    return (
        f"{dataset.name}: {sum(map(len, dataset.parts.values())):,} pairs, {parts}, "
        f"{sizes[0]:,} and {sizes[1]:,} {split}s"
    )

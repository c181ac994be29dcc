"""search(), load(), export(), parts(): what Python users call."""

import logging
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, cast

from keras.callbacks import Callback
from keras_tuner import HyperModel

from attn_tuner import runtime
from attn_tuner.baselines.background import BackgroundBaselines
from attn_tuner.distilling.search_teacher import teacher_of
from attn_tuner.exporting.export_model import export_model as export
from attn_tuner.finalizing.finalize import finalize
from attn_tuner.finalizing.time_reserve import finalizing_reserve
from attn_tuner.metrics import sign_of
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.monitoring.run_log import run_log
from attn_tuner.registry import Registry, registry_of
from attn_tuner.runtime import run_stages
from attn_tuner.search_result import SearchResult
from attn_tuner.sequence_search.result import SequenceResult, is_sequence_run
from attn_tuner.sequence_search.search import search_pairs
from attn_tuner.settings.asked import as_asked
from attn_tuner.settings.derived import plan_of, seconds
from attn_tuner.settings.repeat import command
from attn_tuner.settings.search_checks import is_sequence, several_folders
from attn_tuner.settings.table import check_options
from attn_tuner.settings.toml_file import write_settings
from attn_tuner.space import SearchSpace
from attn_tuner.storage import run_folder
from attn_tuner.storage.lock import held
from attn_tuner.storage.plan import goal_of
from attn_tuner.storage.stop_request import StopRequest
from attn_tuner.system.signals import handle_signals
from attn_tuner.tuning.budget import clock_of
from attn_tuner.tuning.failures import nothing_found
from attn_tuner.tuning.oracles.factory import oracle_of
from attn_tuner.tuning.pruning import Pruner

__all__ = ["SearchResult", "SequenceResult", "export", "load", "parts", "search"]

_log = logging.getLogger(__name__)
AnyPath = str | os.PathLike
Column = str | int | tuple


def search(
    data: Any,
    labels: Any = None,
    *,
    text: Column | list[Column] | None = None,
    label: Column | list[Column] | None = None,
    task: str | None = None,
    features: str | Sequence[str] | None = None,
    weight: Column | None = None,
    group: Column | None = None,
    time: Column | None = None,
    validation: Any = None,
    test: Any = None,
    unlabelled: Any = None,
    drop_missing: bool = False,
    min_per_class: int | None = None,
    rare_classes: str = "drop",
    corrections: AnyPath | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
    max_time: str | float | timedelta | None = None,
    max_trials: int | None = None,
    epochs: int = 10,
    patience: int = 2,
    space: SearchSpace | Mapping | AnyPath | None = None,
    split: str | None = None,
    quantiles: Sequence[float] | None = None,
    hypermodel: HyperModel | Callable[[int, int], HyperModel] | None = None,
    vectors: AnyPath | None = None,
    max_parameters: int | None = None,
    max_latency_ms: float | None = None,
    max_size_mb: float | None = None,
    objective: str | None = None,
    faithful: float | None = None,
    tuner: str = "evolution",
    fidelity: str = "epochs",
    pruner: Pruner | str = "median",
    warm_start: AnyPath | Collection[AnyPath] = (),
    seed: int = 0,
    ensemble: int | None = None,
    coverage: float | None = None,
    known: float | None = None,
    refit: bool | None = None,
    teacher: Any = None,
    pretrain: float = 0.0,
    repeats: int = 0,
    keep: int = 3,
    directory: AnyPath | None = None,
    workers: int | str = "auto",
    launcher: str | None = None,
    cluster: str | None = None,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    progress: bool = True,
    callbacks: Sequence[Callback] | Callable[[str, dict], Sequence[Callback]] = (),
) -> SearchResult:
    """Searches encoders and attention heads for the best model of `data`, and exports it.

    The same call on the same `directory` continues. docs/search.md explains every setting. With
    `task="sequence"` the data are pairs of texts, and a `SequenceResult` is returned, which type
    checkers do not know: docs/sequence.md.

    Args:
        data: a file, a folder, a URL, a DataFrame, `(texts, labels)`, a `tf.data.Dataset`, a TFDS
            name, `"demo"`, a `TextDataset`, and more: docs/data.md. Or series of numbers:
            docs/series.md.
        labels: one a text or series, where `data` are texts or series alone:
            `search(series, labels)` is `search((series, labels))`.
        text, label, task, features, weight, group, time, validation, test, unlabelled,
            drop_missing, min_per_class, rare_classes, corrections, encoding, header, word_index:
            how the data are read.
        max_time, max_trials, epochs, patience: the budget; 20 minutes if neither of the
            first two is set.
        space, split, quantiles, hypermodel, vectors, max_parameters, max_latency_ms, max_size_mb:
            which models are tried.
        objective, faithful, tuner, fidelity, pruner, warm_start, seed: how they are searched.
        ensemble, coverage, known, refit, teacher, pretrain, repeats, keep: what follows the trials.
        directory, workers, launcher, cluster, cpus_per_trial, gpus_per_trial, progress,
            callbacks: where and how it runs. A trial that continues after a cut gets new
            callbacks: their state is not saved.

    Raises:
        DataError, SpaceError, BudgetError, RunError: each says what came and what would do.
    """
    options = check_options(runtime.paired(locals()))
    if is_sequence(options):
        # A union as the type of the result would make every caller ask which it is.
        return cast(SearchResult, search_pairs(options))
    began = monotonic()
    trial_launcher = runtime.launcher_of(options)
    dataset = runtime.read_data(options)
    objective, faithful = runtime.objective_of(options, dataset)
    teacher = teacher_of(options["teacher"], dataset, faithful, options["text"])
    limit = seconds(options["max_time"], options["max_trials"])
    folder = run_folder.take(options["directory"], dataset.name)
    run_folder.check_data(dataset, folder, as_asked(options))
    budget = clock_of(folder, limit, monotonic() - began)
    goal = goal_of(objective, faithful)
    with (
        handle_signals() as signals,
        held(folder) as taken_over,
        run_log(folder),
        ProgressPanel(
            budget, objective, sign_of(objective), options["progress"], goal=goal
        ) as panel,
        StopRequest(folder, panel.say) as stop,
        trial_launcher.early() as trial_launcher,
    ):

        def ended() -> bool:
            return signals.received() or stop.received()

        runtime.log_begin(folder, budget)
        runtime.tidy(folder, (taken_over,), panel)
        encoded = runtime.encode(dataset, folder, budget, panel)
        models = runtime.hypermodel_of(options, dataset, encoded, objective)
        plan = plan_of(options, dataset, models.space, objective, faithful)
        run_folder.agree(plan, folder)
        write_settings(plan.asked, folder)
        _log.info(command(plan.asked, folder))
        with BackgroundBaselines(folder, len(dataset.classes), plan.seed, limit) as baselines:
            runtime.give_vectors(options, plan, models, encoded, budget, folder, panel.say)
            trainer = runtime.trainer_of(options, plan, dataset, encoded, models)
            oracle = oracle_of(plan, trainer.hypermodel, several_folders(options["warm_start"]))
            budget.set_reserve(finalizing_reserve(encoded, plan))
            with signals.defer():
                runner = run_stages(
                    plan,
                    oracle,
                    trainer,
                    options["pruner"],
                    trial_launcher,
                    budget,
                    panel,
                    folder,
                    encoded,
                    ended,
                )
                problem = baselines.wait(budget.search_left(), ended)
                if problem:
                    panel.say(problem)
                learnt = runtime.distilled(runner, encoded, dataset, teacher, panel)
        if not runner.ranked():
            signals.raise_if_received()
            raise nothing_found(budget, runner.records.values())
        finalize(runner, encoded, dataset, budget, folder, panel, learnt)
    return SearchResult(folder)


def load(directory: AnyPath, *, trust: Sequence[str] = ()) -> SearchResult:
    """Returns the result of the search in a run folder; `trust` as in `Bundle.load`.

    It is a `SequenceResult` if that searched pairs of texts.
    """
    if is_sequence_run(directory):
        return cast(SearchResult, SequenceResult(directory, trust))
    return SearchResult(directory, trust=trust)


def parts(kind: str) -> Registry:
    """Returns the registry of one kind of part: `parts("heads")`.

    Raises:
        UnknownName: there is no such kind.
    """
    return registry_of(kind)

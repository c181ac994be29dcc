"""search(), load(), export(): the one file that knows all the parts."""

import os
import time

from attn_tuner import text as texts_of
from attn_tuner.attention import heads
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.encoding import encoders
from attn_tuner.errors import BudgetError, RunError, UnknownName
from attn_tuner.exporting import exporters
from attn_tuner.exporting.foreign import export_model as export
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.measures import direction
from attn_tuner.progress import Progress, stop_on_interrupt
from attn_tuner.registry import Registry, unknown
from attn_tuner.results.finishing import finish
from attn_tuner.results.result import SearchResult
from attn_tuner.text.loaders import loaders
from attn_tuner.tuning import place
from attn_tuner.tuning.beside import BaselinesBeside
from attn_tuner.tuning.budget import Budget, format_duration, parse_duration
from attn_tuner.tuning.data import RunData
from attn_tuner.tuning.launchers.launch import Launch
from attn_tuner.tuning.lock import held
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.plan import Plan
from attn_tuner.tuning.runner import TrialRunner
from attn_tuner.tuning.standard import oracle_of, search_space, word_vectors
from attn_tuner.tuning.workshop import Workshop

__all__ = ["SearchResult", "export", "load", "parts", "search"]

DEFAULT_TIME = "20m"
KINDS = {
    "heads": heads,
    "encoders": encoders,
    "scores": scores,
    "queries": queries,
    "normalizers": normalizers,
    "fusions": fusions,
    "loaders": loaders,
    "oracles": oracles,
    "exporters": exporters,
}


def search(
    data,
    *,
    text=None,
    label=None,
    validation=None,
    test=None,
    max_time=None,
    max_trials: int | None = None,
    tuner: str = "tpe",
    objective: str = "accuracy",
    space=None,
    seed: int = 0,
    epochs: int = 10,
    patience: int = 2,
    pruner: str = "median",
    keep: int = 3,
    warm_start=(),
    workers: int = 1,
    cluster: str | None = None,
    cpus_per_trial: float = 1.0,
    gpus_per_trial: float = 0.0,
    directory=None,
    progress: bool = True,
    callbacks=(),
) -> SearchResult:
    """Searches encoders and attention heads for the best classifier of `data`, and exports it.

    The same call on the same folder goes on where the last one stopped, by the clock, by Ctrl-C
    or by a crash.

    Args:
        data: a TFDS name, a file, a DataFrame, `(texts, labels)`, a `tf.data.Dataset` of pairs,
            `"demo"`, or a `TextDataset`.
        text, label: columns; guessed where obvious.
        validation, test: other sources, or the fraction to hold out.
        max_time: `"90s"`, `"20m"`, `"2h"` or seconds over all sittings, export included.
        max_trials: trials at most. With neither limit the search takes 20 minutes.
        tuner: name of an oracle.
        objective: "accuracy", "f1_macro", "auc" or "log_loss", on the validation part.
        space: a `SearchSpace`, a mapping or a TOML file that changes the standard one.
        seed: of the split, the values tried, the weights and the order of the data.
        epochs: a trial's epochs at most.
        patience: evaluations without a better score before a trial ends.
        pruner: rule that ends hopeless trials: "none", "median", "percentile", "asha".
        keep: trials whose weights stay on disk.
        warm_start: the folder of an earlier search, or several, whose best values are tried first.
        workers: trials at once, each in a process with its share of the cores. More than one
            needs the extra `ray`.
        cluster: address of a Ray cluster on which they run; `"auto"` for the one running here.
        cpus_per_trial, gpus_per_trial: what Ray sets aside for each, fractions as well.
        directory: the run's folder; `runs/<name of the data>` if not given.
        progress: False prints nothing.
        callbacks: Keras callbacks of which every trial gets copies, or a function from a trial's
            number and values to its callbacks: TensorBoard, MLflow, Weights & Biases.

    Raises:
        DataError, SpaceError, BudgetError, RunError: see the sentence each of them holds.
    """
    began = time.monotonic()
    seconds = _seconds(max_time, max_trials)
    launch = Launch(workers, cluster, cpus_per_trial, gpus_per_trial)
    sign = 1 if direction(objective) == "max" else -1
    dataset = data if isinstance(data, texts_of.TextDataset) else None
    if dataset is None:
        dataset = texts_of.load(data, text, label, validation, test, seed)
    directory = place.take(directory, dataset.name)
    place.check_data(dataset, directory)
    budget = place.clock_of(directory, seconds, time.monotonic() - began)
    with held(directory), Progress(budget, objective, sign, shown=progress) as shown:
        for note in dataset.notes:
            shown.say(note)
        with budget.measure("encode"):
            stored = RunData.prepare(dataset, directory / place.DATA)
        model_space = search_space(space, stored, epochs, objective)
        plan = Plan(
            source=dataset.name,
            fingerprint=dataset.fingerprint,
            classes=dataset.classes,
            space=model_space.describe(),
            tuner=tuner,
            objective=objective,
            max_trials=max_trials,
            max_time=seconds,
            epochs=epochs,
            patience=patience,
            pruner=pruner,
            keep=keep,
            seed=seed,
        )
        place.agree(plan, directory)
        hypermodel = AttentionHyperModel(
            stored.vocabulary_size,
            len(dataset.classes),
            space=model_space,
            vectors=word_vectors(model_space, stored, budget, directory / place.DATA, seed),
            training_texts=stored.size("train"),
        )
        with BaselinesBeside(directory, len(dataset.classes), seed) as beside:
            workshop = Workshop(hypermodel, stored.training, stored.validation, callbacks)
            oracle = oracle_of(plan, hypermodel, _folders(warm_start))
            budget.set_reserve(_reserve(stored))
            runner = _run(plan, oracle, workshop, launch, budget, shown, directory)
            problem = beside.wait(budget)
        if problem:
            shown.say(problem)
        if not runner.ranked():
            raise _nothing_found(budget, runner)
        finish(runner, stored, dataset, budget, directory, shown)
    return SearchResult(directory)


def load(directory) -> SearchResult:
    """The result of the search in a run folder, in this or any other process."""
    return SearchResult(directory)


def parts(kind: str) -> Registry:
    """The registry of one kind of part: `parts("heads")`."""
    if kind not in KINDS:
        raise UnknownName(unknown("kind of part", kind, KINDS))
    return KINDS[kind]


def _run(plan, oracle, workshop, launch, budget, shown, directory) -> TrialRunner:
    interrupted, listen_no_more = stop_on_interrupt()
    runner = TrialRunner(
        oracle,
        workshop,
        plan=plan,
        budget=budget,
        heard=lambda news: _heard(news, shown, budget, directory),
        interrupted=interrupted,
        directory=directory.parent,
        project_name=directory.name,
    )
    try:
        launch.search(runner, directory / place.DATA)
    finally:
        listen_no_more()
        place.save_clock(budget, directory)
    return runner


def _folders(warm_start) -> list:
    """One folder or several, as a list."""
    if isinstance(warm_start, str | os.PathLike):
        return [warm_start]
    return list(warm_start)


def _heard(news, shown, budget, directory):
    shown.heard(news)
    if "ended" in news or "measures" in news:
        place.save_clock(budget, directory)


def _reserve(stored):
    """Seconds to keep for the test part, the export and its proof, from what is known by now."""

    def seconds(budget: Budget) -> float:
        share = stored.size("test") / max(stored.size("validation"), 1)
        test = budget.estimate("validation", 2.0) * share
        total = test + budget.estimate("export", 20.0)
        return 1.2 * total + 0.02 * (budget.seconds or 0.0)

    return seconds


def _seconds(max_time, max_trials):
    if max_trials is not None and max_trials < 1:
        raise BudgetError(f"max_trials is {max_trials}; it should be at least 1.")
    if max_time is None:
        return None if max_trials else parse_duration(DEFAULT_TIME)
    return parse_duration(max_time)


def _nothing_found(budget, runner):
    if not runner.records:
        return BudgetError(
            f"max_time of {format_duration(budget.seconds)} was over before a model could be "
            f"trained; {format_duration(budget.elapsed())} went into reading the data and into "
            "what is kept back for the export. Give more, or fewer texts."
        )
    return RunError("No trial gave a model. Each trial's record.json in the run folder says why.")

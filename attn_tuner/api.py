"""search(), load(), export(): the one file that knows all the parts."""

import os
import time
from dataclasses import asdict

from attn_tuner import text as texts_of
from attn_tuner.attention import heads
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.baselines.background import BackgroundBaselines
from attn_tuner.encoding import encoders
from attn_tuner.errors import UnknownName
from attn_tuner.explaining.preference import Preference, check_kind, preferred
from attn_tuner.exporting import exporters
from attn_tuner.exporting.export_model import export_model as export
from attn_tuner.finalizing.finalize import finish
from attn_tuner.finalizing.repair import mended
from attn_tuner.finalizing.time_reserve import kept_back
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import check_measurable, direction
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.registry import Registry, unknown
from attn_tuner.runtime import _run
from attn_tuner.search_defaults import search_space, word_vectors
from attn_tuner.search_result import SearchResult
from attn_tuner.settings.derived import kept, members, seconds
from attn_tuner.settings.table import checked
from attn_tuner.storage import run_folder as place
from attn_tuner.storage.atomic_files import remove_parts
from attn_tuner.storage.lock import held
from attn_tuner.storage.plan import Plan, goal_of
from attn_tuner.storage.search_arguments import as_asked
from attn_tuner.system.signals import listening
from attn_tuner.tasks import task_named
from attn_tuner.text.loaders import loaders
from attn_tuner.tuning.budget import clock_of
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.failures import nothing_found
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.oracles.factory import oracle_of
from attn_tuner.tuning.pruning import pruners
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer

__all__ = ["SearchResult", "export", "load", "parts", "search"]

KINDS = {
    "heads": heads,
    "encoders": encoders,
    "scores": scores,
    "queries": queries,
    "normalizers": normalizers,
    "fusions": fusions,
    "loaders": loaders,
    "oracles": oracles,
    "pruners": pruners,
    "exporters": exporters,
}


@checked
def search(
    data,
    *,
    text=None,
    label=None,
    validation=None,
    test=None,
    unlabelled=None,
    vectors=None,
    max_time=None,
    max_trials: int | None = None,
    tuner: str = "tpe",
    fidelity: str = "epochs",
    objective: str | None = None,
    faithful: float | None = None,
    task: str | None = None,
    space=None,
    seed: int = 0,
    epochs: int = 10,
    patience: int = 2,
    pruner: str = "median",
    keep: int = 3,
    ensemble: int | None = None,
    refit: bool = False,
    pretrain: float = 0.0,
    repeats: int = 0,
    max_parameters: int | None = None,
    max_latency_ms: float | None = None,
    max_size_mb: float | None = None,
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
        unlabelled: further texts of the same kind, which word vectors learn from too: a list, a
            `.txt` file with a text in each line, a table or a DataFrame. A TFDS set brings its
            own, where it has any.
        vectors: a file of word vectors (GloVe, word2vec, fastText's .vec) in the place of those
            that are learnt from the texts.
        max_time: `"90s"`, `"20m"`, `"2h"` or seconds over all sittings, export included.
        max_trials: trials at most. With neither limit the search takes 20 minutes.
        tuner: name of an oracle.
        fidelity: what the short trials of a tuner with rungs, "hyperband", have less of: "epochs",
            "texts" for training texts, or "length" for tokens of each text. A trial that is
            promoted goes on from its weights.
        objective: on the validation part: of classes "accuracy", the default, "f1_macro", "auc"
            or "log_loss"; of several labels "f1_micro", "f1_macro", "subset_accuracy", "auc" or
            "log_loss"; of numbers "rmse", "mae" or "r2". "faithful accuracy" prefers models whose
            attention rests on the words that decide; see `explaining.preference`.
        faithful: what a faithfulness of 1 adds to the objective; 0.1 for "faithful ...".
        task: "multilabel" where a text has any number of labels, "regression" where it has a
            number; guessed of lists, of a 0/1 matrix and of fractions.
        space: a `SearchSpace`, a mapping or a TOML file that changes the standard one.
        seed: of the split, the values tried, the weights and the order of the data.
        epochs: a trial's epochs at most.
        patience: evaluations without a better score before a trial ends.
        pruner: rule that ends hopeless trials: "none", "median", "percentile", "asha",
            "extrapolation".
        keep: trials whose weights stay on disk; twice as many as may be averaged, if that is more.
        ensemble: trials that the exported model averages at most, where validation says that it
            is better for it and the time allows measuring it; 5 if not given. One trial is
            exported where `refit`, faithfulness or a limit is set.
        refit: True trains the winner, where it is a single trial, once more on the training and
            validation texts together, if the time allows it; the outcome says whether it did.
        pretrain: share of the time, 0.3 or so, in which the encoder of the best trial learns from
            all texts but those held out, without labels, to be trained as one more trial.
        repeats: further trainings of each of the three best trials with fresh seeds, if the time
            allows them; the leaderboard shows their mean and spread.
        max_parameters: weights that a model has at most; a larger one is not trained.
        max_latency_ms: milliseconds at most for one text, the median of 50 on this machine.
        max_size_mb: megabytes of the exported SavedModel at most.
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
    asked = as_asked(locals(), search)
    began = time.monotonic()
    limit = seconds(max_time, max_trials)
    launch = Launcher(workers, cluster, cpus_per_trial, gpus_per_trial)
    allowed = Constraints(max_parameters, max_latency_ms, max_size_mb)
    ensemble = members(ensemble, allowed, refit)
    objective, faithful = preferred(objective, faithful)
    dataset = data if isinstance(data, texts_of.TextDataset) else None
    if dataset is None:
        dataset = texts_of.load(data, text, label, validation, test, seed, task, unlabelled)
    answers = task_named(dataset.task, len(dataset.classes))
    objective = answers.check(objective)
    if dataset.validation is not None:
        check_measurable(objective, dataset.validation.labels)
    check_kind(answers.kind, faithful)
    sign = 1 if direction(objective) == "max" else -1
    directory = place.take(directory, dataset.name)
    place.check_data(dataset, directory)
    budget = clock_of(directory, limit, time.monotonic() - began)
    goal = goal_of(objective, faithful)
    with (
        listening() as signals,
        held(directory) as taken_over,
        ProgressPanel(budget, objective, sign, progress, goal=goal) as shown,
    ):
        remove_parts(directory)
        if taken_over:
            shown.say(taken_over)
        for note in (*dataset.notes, *mended(directory)):
            shown.say(note)
        with budget.measure("encode"):
            ours = place.is_begun(directory)
            stored = EncodedData.prepare(dataset, directory / place.DATA, ours, shown.say)
        model_space = search_space(space, stored, epochs, objective)
        plan = Plan(
            source=dataset.name,
            fingerprint=dataset.fingerprint,
            classes=dataset.classes,
            space=model_space.describe(),
            tuner=tuner,
            fidelity=fidelity,
            objective=objective,
            faithful=faithful,
            max_trials=max_trials,
            max_time=limit,
            epochs=epochs,
            patience=patience,
            pruner=pruner,
            keep=kept(keep, ensemble),
            ensemble=ensemble,
            refit=refit,
            pretrain=pretrain,
            repeats=repeats,
            task=dataset.task,
            limits=asdict(allowed),
            seed=seed,
            asked=asked,
        )
        place.agree(plan, directory)
        with BackgroundBaselines(directory, len(dataset.classes), seed, limit) as beside:
            hypermodel = AttentionHyperModel(
                stored.vocabulary_size,
                len(dataset.classes),
                space=model_space,
                vectors=word_vectors(
                    model_space, stored, budget, directory / place.DATA, seed, vectors
                ),
                training_texts=stored.size("train"),
                task=dataset.task,
                scale=stored.scale(),
            )
            workshop = TrialTrainer(
                hypermodel,
                stored.training,
                stored.validation,
                callbacks,
                allowed,
                Preference.of(plan, dataset, stored.vectorizer) if faithful else None,
            )
            oracle = oracle_of(plan, hypermodel, _folders(warm_start))
            budget.set_reserve(kept_back(stored, plan))
            with signals.put_off():
                runner = _run(
                    plan, oracle, workshop, launch, budget, shown, directory, stored, signals.came
                )
                problem = beside.wait(budget, signals.came)
        if problem:
            shown.say(problem)
        if not runner.ranked():
            signals.end_if_any()
            raise nothing_found(budget, runner)
        finish(runner, stored, dataset, budget, directory, shown)
    return SearchResult(directory)


def load(directory, *, trust=()) -> SearchResult:
    """The result of the search in a run folder, in any process; `trust` as in `Bundle.load`."""
    return SearchResult(directory, trust=trust)


def parts(kind: str) -> Registry:
    """The registry of one kind of part: `parts("heads")`."""
    if kind not in KINDS:
        raise UnknownName(unknown("kind of part", kind, KINDS))
    return KINDS[kind]


def _folders(warm_start) -> list:
    """One folder or several, as a list."""
    return [warm_start] if isinstance(warm_start, str | os.PathLike) else list(warm_start)

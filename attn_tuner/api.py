"""search(), load(), export(): the one file that knows all the parts."""

import re
import time
from collections.abc import Mapping
from pathlib import Path

from attn_tuner import text as texts_of
from attn_tuner.attention import heads
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.encoding import encoders
from attn_tuner.errors import BudgetError, RunError, SpaceError, UnknownName
from attn_tuner.exporting import Bundle, exporters
from attn_tuner.exporting.delivery import deliver
from attn_tuner.exporting.foreign import export_model as export
from attn_tuner.files import read_json, write_json
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.measures import direction, measure
from attn_tuner.progress import Progress, stop_on_interrupt
from attn_tuner.registry import Registry, unknown
from attn_tuner.results.result import SearchResult
from attn_tuner.results.run import BUNDLE, EXPORT, OUTCOME, Run
from attn_tuner.space import Choice, Int, SearchSpace
from attn_tuner.text.loaders import loaders
from attn_tuner.tuning.beside import BaselinesBeside
from attn_tuner.tuning.budget import Budget, format_duration, parse_duration
from attn_tuner.tuning.data import RunData
from attn_tuner.tuning.folder import WEIGHTS
from attn_tuner.tuning.oracles import objective_of, oracles
from attn_tuner.tuning.plan import PLAN, Plan
from attn_tuner.tuning.runner import TrialRunner

__all__ = ["SearchResult", "export", "load", "parts", "search"]

CLOCK = "clock.json"
DEFAULT_TIME = "20m"
EPOCHS = (1, 2, 3, 4, 6)  # Lengths of training on offer, up to the caller's own.
USUAL_EPOCHS = 3
VECTORS_SHARE = 0.12  # Of the time for the search, for word vectors.
KNOWN_GOOD = (
    # Recurrent states read by attention, their mean and their maximum together.
    {"head": "pooling", "head.pooling.score": "additive", "head.pooling.fusion": "pools"},
    {},
    {"encoder": "none", "head": "mean"},
)
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
        directory: the run's folder; `runs/<name of the data>` if not given.
        progress: False prints nothing.
        callbacks: Keras callbacks of which every trial gets copies, or a function from a trial's
            number and values to its callbacks: TensorBoard, MLflow, Weights & Biases.

    Raises:
        DataError, SpaceError, BudgetError, RunError: see the sentence each of them holds.
    """
    began = time.monotonic()
    seconds = _seconds(max_time, max_trials)
    sign = 1 if direction(objective) == "max" else -1
    dataset = data if isinstance(data, texts_of.TextDataset) else None
    if dataset is None:
        dataset = texts_of.load(data, text, label, validation, test, seed)
    directory = _writable(directory or Path("runs") / _slug(dataset.name))
    _same_data(dataset, directory)
    budget = _clock(directory, seconds, time.monotonic() - began)
    with Progress(budget, objective, sign, shown=progress) as shown:
        for note in dataset.notes:
            shown.say(note)
        with budget.measure("encode"):
            stored = RunData.prepare(dataset, directory / "data")
        model_space = _space(space, stored, epochs)
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
        _agree(plan, directory)
        hypermodel = AttentionHyperModel(
            stored.vocabulary_size,
            len(dataset.classes),
            space=model_space,
            vectors=_vectors(model_space, stored, budget, directory, seed),
            training_texts=stored.size("train"),
        )
        with BaselinesBeside(directory, len(dataset.classes), seed) as beside:
            runner = _run(plan, hypermodel, stored, budget, shown, directory, callbacks)
            beside.wait(budget)
        if not runner.ranked():
            raise _nothing_found(budget, runner)
        _finish(plan, runner, stored, dataset, budget, directory, shown)
    return SearchResult(directory)


def load(directory) -> SearchResult:
    """The result of the search in a run folder, in this or any other process."""
    return SearchResult(directory)


def parts(kind: str) -> Registry:
    """The registry of one kind of part: `parts("heads")`."""
    if kind not in KINDS:
        raise UnknownName(unknown("kind of part", kind, KINDS))
    return KINDS[kind]


def _run(plan, hypermodel, stored, budget, shown, directory, callbacks) -> TrialRunner:
    interrupted, listen_no_more = stop_on_interrupt()
    begun = Run.read(directory).outcome
    budget.set_reserve(_reserve(stored, bool(begun)))
    runner = TrialRunner(
        _oracle(plan, hypermodel),
        hypermodel,
        plan=plan,
        budget=budget,
        training=stored.training,
        validation=stored.validation,
        heard=lambda news: _heard(news, shown, budget, directory),
        interrupted=interrupted,
        callbacks=callbacks,
        directory=directory.parent,
        project_name=directory.name,
    )
    try:
        runner.search()
    finally:
        listen_no_more()
        write_json(directory / CLOCK, budget.get_state())
    return runner


def _oracle(plan, hypermodel):
    """The oracle of the plan; where it can, it begins with the space's defaults."""
    options = {"hyperparameters": hypermodel.hyperparameters(), "max_trials": plan.max_trials}
    goal = f"{direction(plan.objective)}:val_{plan.objective}"
    make = oracles[plan.tuner]
    if plan.tuner not in ("grid", "hyperband"):
        options["first_points"] = KNOWN_GOOD
    return make(objective=objective_of(goal), seed=plan.seed, **options)


def _heard(news, shown, budget, directory):
    shown.heard(news)
    if "ended" in news or "measures" in news:
        write_json(directory / CLOCK, budget.get_state())


def _reserve(stored, exported: bool):
    """Seconds to keep for the test part, the export and its proof, from what is known by now."""

    def seconds(budget: Budget) -> float:
        share = stored.size("test") / max(stored.size("validation"), 1)
        test = budget.estimate("validation", 2.0) * share
        total = test + budget.estimate("export", 20.0)
        return 1.2 * total + 0.02 * (budget.seconds or 0.0)

    return seconds


def _finish(plan, runner, stored, dataset, budget, directory, shown):
    """Measures the winner on the test part, once, and exports it."""
    winner = runner.ranked()[0]
    before = Run.read(directory).outcome
    if before.get("winner") == winner.trial_id and (directory / EXPORT).exists():
        return write_json(directory / OUTCOME, {**before, "seconds": budget.elapsed()})
    shown.say(f"The best is trial {winner.trial_id}; measuring and exporting it.")
    model = runner.hypermodel.model(winner.values)
    model.load_weights(Path(runner.get_trial_dir(winner.trial_id)) / WEIGHTS)
    test = _measure_test(model, stored, winner.values)
    card = {
        "data": {"name": dataset.name, "fingerprint": dataset.fingerprint, **stored.sizes()},
        "scores": {"validation": winner.measures, "test": test},
        "values": winner.values,
    }
    bundle = Bundle(
        vectorizer=stored.vectorizer,
        model=model,
        classes=dataset.classes,
        text_limit=winner.values["text_limit"],
        keep=winner.values["keep"],
        vocabulary_limit=winner.values["vocabulary_limit"],
        card=card,
    )
    bundle.save(directory / BUNDLE)
    with budget.measure("export"):
        held_out = dataset.validation.texts[:64]
        delivered = deliver(bundle, directory / EXPORT, texts=held_out)[0]
    outcome = {
        "winner": winner.trial_id,
        "test": test,
        "test_texts": stored.size("test"),
        "export": str(directory / EXPORT),
        "difference": delivered.proof.difference,
        "seconds": budget.elapsed(),
        "remarks": _remarks(winner),
    }
    write_json(directory / OUTCOME, outcome)
    write_json(directory / CLOCK, budget.get_state())


def _measure_test(model, stored, values) -> dict:
    if not stored.size("test"):
        return {}
    batches = stored.test(values)
    probabilities = batches.restore(model.predict(batches, verbose=0))
    return measure(batches.labels, probabilities)


def _remarks(winner) -> list[str]:
    epochs = winner.measures["epochs"]
    if epochs >= 1:
        return []
    return [
        f"The winner saw {epochs:.0%} of the training part once: the time was too short for one "
        "epoch. Give more with max_time, and call it again on the same folder."
    ]


def _seconds(max_time, max_trials):
    if max_trials is not None and max_trials < 1:
        raise BudgetError(f"max_trials is {max_trials}; it should be at least 1.")
    if max_time is None:
        return None if max_trials else parse_duration(DEFAULT_TIME)
    return parse_duration(max_time)


def _clock(directory, seconds, spent) -> Budget:
    if (directory / CLOCK).exists():
        state = read_json(directory / CLOCK)
        return Budget.resumed(seconds, {**state, "spent": state["spent"] + spent})
    return Budget(seconds, spent_before=spent)


def _space(given, stored, epochs) -> SearchSpace:
    standard = default_space(stored.vocabulary_size, stored.text_limits()).extend(
        start=Choice(("vectors", "random")),
        epochs=Choice(tuple(each for each in EPOCHS if each < epochs) + (epochs,), _usual(epochs)),
    )
    if given is None:
        return standard
    if isinstance(given, SearchSpace):
        return given
    if isinstance(given, Mapping):
        return standard.updated_from(given)
    if isinstance(given, str | Path):
        return standard.updated_from_toml(given)
    raise SpaceError(
        f"space is a {type(given).__name__}. Give a SearchSpace, a mapping or a TOML file."
    )


def _usual(epochs: int) -> int:
    return min(epochs, USUAL_EPOCHS)


def _vectors(space, stored, budget, directory, seed):
    """Word vectors as wide as the widest embedding on offer; None where none would be used."""
    if "vectors" not in getattr(space.get("start"), "values", ()):
        return None
    width = space["embedding_dim"]
    widest = width.high if isinstance(width, Int) else max(width.values)
    left = budget.search_left()
    with budget.measure("vectors"):
        return stored.vectors(
            directory / "data", widest, seed, None if left is None else VECTORS_SHARE * left
        )


def _same_data(dataset, directory):
    if (directory / PLAN).exists():
        Plan.load(directory).check_data(dataset.name, dataset.fingerprint, directory)


def _agree(plan, directory):
    if (directory / PLAN).exists():
        plan.check_continues(Plan.load(directory), directory)
    plan.save(directory)


def _writable(directory) -> Path:
    directory = Path(directory).absolute()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise RunError(
            f"The run folder {directory} cannot be written ({error.strerror}). Choose another "
            "with directory= or --out."
        ) from error
    foreign = any(directory.iterdir()) and not (directory / PLAN).exists()
    if foreign and not (directory / "data").exists():
        raise RunError(
            f"{directory} holds files that no search wrote. Choose an empty or new folder."
        )
    return directory


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", Path(name).stem if name else "data").strip("._") or "data"


def _nothing_found(budget, runner):
    if not runner.records:
        return BudgetError(
            f"max_time of {format_duration(budget.seconds)} was over before a model could be "
            f"trained; {format_duration(budget.elapsed())} went into reading the data and into "
            "what is kept back for the export. Give more, or fewer texts."
        )
    return RunError("No trial gave a model. Each trial's record.json in the run folder says why.")

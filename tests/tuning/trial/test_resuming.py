"""Training that is cut and goes on is training in one piece, and no failure costs a score."""

import contextlib
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

import attn_tuner
from attn_tuner.errors import DamagedFile
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.metrics import measure
from attn_tuner.model_space import default_space
from attn_tuner.storage.checkpoints import TrainingProgress, load_resume_point, save_resume_point
from attn_tuner.storage.layout import BEST, PROBABILITIES, PROGRESS, RANDOM, STATE, resume_point
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.batches import Batches
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.trial.callbacks import INTERRUPTED, TIME_OVER, TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule, TrialSpec
from attn_tuner.tuning.trial.training_loop import train
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner
from tests.support.damage import damage

WORDS, EPOCHS, BATCHES = 30, 3, 5
SCHEDULE = Schedule(EPOCHS, patience=2, objective="log_loss", sign=-1, checks=2)
VALUES = {"encoder": "none", "head": "mean", "embedding_dim": 32, "max_length": 8, "batch_size": 8}
DROPS = {"spatial_dropout": 0.3, "dropout": 0.3, "word_dropout": 0.2}
STATES = {
    "adam": {},
    "averages": {"use_ema": True},
    "resting vectors": {
        "embedding_init": "word_vectors",
        "embedding_frozen_epochs": 1,
        "use_ema": True,
    },
    "adversarial": {"adversarial_weight": 1.0, "virtual_weight": 1.0},
}


def texts(count, seed):
    """Texts of several lengths, whose class is in some of their words."""
    random = np.random.default_rng(seed)
    lengths = random.integers(1, 9, count)
    ids = random.integers(2, WORDS, lengths.sum()).astype("int32")
    offsets = np.cumsum([0, *lengths])
    sums = np.add.reduceat(ids, offsets[:-1])
    return TokenStore(ids, offsets, (sums / lengths > 15).astype("int32"), WORDS, 4.0)


STORES = {"train": texts(8 * BATCHES - 3, 1), "validation": texts(24, 2)}


def training(values, seed, allocation=None):
    return Batches(STORES["train"], values["batch_size"], max_length=8, seed=seed)


def validation(values):
    return Batches(STORES["validation"], 32, max_length=8, shuffle=False)


def hypermodel_for(values):
    vectors = np.random.default_rng(0).normal(size=(WORDS, 256)).astype("float32")
    given = vectors if values.get("embedding_init") else None
    space = default_space(WORDS)
    return AttentionHyperModel(
        WORDS, 2, space=space, vectors=given, training_texts=len(STORES["train"])
    )


@cache
def prepared(state):
    """A model with a state of the optimiser, and the folder of where it begins."""
    values = {**VALUES, **DROPS, **STATES[state], "epochs": EPOCHS, "learning_rate": 0.02}
    keras.utils.set_random_seed(3)
    model = hypermodel_for(values).model(values)
    place = tempfile.mkdtemp()
    save_resume_point(model, TrainingProgress(), place)
    return model, values, place


def forget(model):
    """Spoils all that a resume point must bring back."""
    kept = [*model.variables, *model.optimizer.variables, *model.metrics_variables]
    for variable in kept:
        if "learning_rate" not in variable.path:
            variable.assign(keras.ops.full_like(variable, 3))


class Steps(keras.callbacks.Callback):
    """Notes the mean loss after each batch, and the weights after the last."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])
        self.weights = self.model.get_weights()


class CutAfter(TrialCallbacks):
    """Ends a training after so many batches; None lets it go on."""

    resume_interval = 1e9

    def __init__(self, batches, evaluated):
        self.left = batches
        self.evaluated = evaluated

    def should_stop(self):
        self.left = self.left and self.left - 1
        return self.left == 0

    def must_evaluate(self):
        return self.evaluated


def trained(state, cuts, must_evaluate=False):
    """The progress of a training that was cut after so many batches each time, and its steps."""
    model, values, begin = prepared(state)
    steps = Steps()
    with tempfile.TemporaryDirectory() as place:
        for cut in [*cuts, None]:
            forget(model)
            progress = load_resume_point(model, place) or load_resume_point(model, begin)
            batches = training(values, seed=5)
            progress = train(
                model,
                batches,
                validation(values),
                SCHEDULE,
                CutAfter(cut, must_evaluate),
                progress,
                [steps],
                lambda progress: save_resume_point(model, progress, place),
            )
            if progress.stopped != TIME_OVER:
                break
    return progress, steps


@cache
def in_one_piece(state):
    return trained(state, ())


def curve(progress):
    apart = ("seconds", "judging")
    return [{k: v for k, v in news.items() if k not in apart} for news in progress.history]


cut_points = st.lists(st.integers(1, 2 * BATCHES), max_size=4)


@pytest.mark.parametrize("state", STATES)
@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(cuts=cut_points, must_evaluate=st.booleans())
@example(cuts=[2, BATCHES + 1, BATCHES], must_evaluate=True)
def test_training_that_was_cut_and_went_on_is_training_in_one_piece(state, cuts, must_evaluate):
    whole, whole_steps = in_one_piece(state)
    found, steps = trained(state, cuts, must_evaluate)
    np.testing.assert_allclose(steps.losses, whole_steps.losses, atol=1e-5)
    for one, other in zip(steps.weights, whole_steps.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    due, seen = curve(whole), curve(found)
    first = due[0]["epochs"] * BATCHES
    if must_evaluate and cuts and cuts[0] < first:  # Evaluated once more where it was cut.
        assert seen.pop(0)["epochs"] == pytest.approx(cuts[0] / BATCHES)
    assert len(seen) == len(due)
    for one, other in zip(seen, due, strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert found.stopped == whole.stopped
    if len(seen) == len(found.history):
        assert found.best == whole.best
        for one, other in zip(found.best_weights, whole.best_weights, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


@given(epoch=st.integers(0, 3), batch=st.integers(0, BATCHES))
@settings(max_examples=20, deadline=None)
def test_what_is_left_of_an_epoch_is_the_rest_of_the_same_batches(epoch, batch):
    batches = training(VALUES, seed=5)
    batches.begin(epoch)
    whole = [batches[index] for index in range(len(batches))]
    batches.begin(epoch, batch)
    left = [batches[index] for index in range(len(batches))]
    assert len(left) == len(whole) - batch
    for one, other in zip(left, whole[batch:], strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def runner_in(folder, over=lambda: False, **options):
    space = default_space(WORDS).fix(VALUES)
    hypermodel = AttentionHyperModel(WORDS, 2, space=space, training_texts=len(STORES["train"]))
    oracle = oracles["random"](
        objective="max:val_accuracy",
        max_trials=1,
        seed=3,
        hyperparameters=hypermodel.hyperparameters(),
    )
    return TrialRunner(
        oracle,
        TrialTrainer(hypermodel, training, validation, **options),
        plan=Plan("toy", "0", ("a", "b"), {}, max_trials=1, epochs=EPOCHS, pruner="median"),
        budget=Budget(None),
        interrupted=over,
        directory=Path(folder),
        project_name="run",
    )


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The folder of a search whose trial was cut, with a score, in its second epoch."""
    folder = tmp_path_factory.mktemp("cut")
    batches = []

    class Counting(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(batch)

    runner_in(
        folder, lambda: len(batches) >= BATCHES + 1, keras_callbacks=lambda *a: [Counting()]
    ).search()
    record = the_record(folder)
    assert (record.status, record.stopped) == ("cut", INTERRUPTED)  # No time limit is to blame.
    assert record.score is not None
    return folder


def the_record(folder):
    (path,) = Path(folder, "run").glob("trial_*/record.json")
    return TrialRecord.load(path.parent)


def called(run, injected=None, error=None):
    """The functions of the package that are called in `run`; one of them raises where it begins.

    Args:
        injected: file, name, and which of its calls raises.
        error: what it raises.
    """
    seen = {}
    package = str(Path(attn_tuner.__file__).parent)

    def look(frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(package) and code.co_name[0] != "<":
            function = code.co_filename, code.co_name
            seen[function] = seen.get(function, 0) + 1
            if injected == (*function, seen[function]):
                raise error

    before = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    finally:
        sys.settrace(before)
    return seen


@pytest.fixture(scope="module")
def points(cut, tmp_path_factory):
    """Where a continuation may fail: the first and the last call of each function."""
    folder = tmp_path_factory.mktemp("points") / "cut"
    shutil.copytree(cut, folder)
    runner = runner_in(folder)
    seen = called(runner.search)
    assert the_record(folder).status == "completed"
    return sorted({(*each, when) for each, count in seen.items() for when in (1, count)})


@settings(max_examples=4, deadline=None, phases=(Phase.generate,))
@given(data=st.data())
def test_no_failure_at_any_point_of_a_continuation_loses_a_score(cut, points, data):
    point = data.draw(st.sampled_from(points))
    error = data.draw(st.sampled_from([ValueError("no"), MemoryError(), SystemExit(1)]))
    before = the_record(cut)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "cut")
        shutil.copytree(cut, folder)
        runner = runner_in(folder)
        with contextlib.suppress(ValueError, MemoryError, SystemExit):
            called(runner.search, point, error)
        after = the_record(folder)
        assert after.score >= before.score
        assert after.status in ("cut", "completed")
        if after.status == "cut":
            assert (after.score, after.metrics) == (before.score, before.metrics)
        kept = np.load(folder / "run" / f"trial_{after.trial_id}" / PROBABILITIES)
        labels = STORES["validation"].labels
        # Better ones may be there already where their record could not be written.
        assert measure(labels, kept)["accuracy"] >= after.metrics["accuracy"] - 1e-9
        again = runner_in(folder)
        assert again.records[after.trial_id] == after


class Remarks(TrialCallbacks):
    """Ends a training after so many batches, and collects its remarks."""

    def __init__(self, batches=None):
        self.left = batches
        self.remarks = []

    def should_stop(self):
        self.left = self.left and self.left - 1
        return self.left == 0

    def on_remark(self, text):
        self.remarks.append(text)


@pytest.fixture(scope="module")
def resumable(tmp_path_factory):
    """A trainer, and the folder of a trial of two epochs that stopped in the second."""
    folder = tmp_path_factory.mktemp("resumable")
    trainer = TrialTrainer(hypermodel_for(VALUES), training, validation)
    trainer(spec_in(folder), Remarks(BATCHES + 2))
    return trainer, folder


def spec_in(folder, name="0000", recorded=None):
    values = {**VALUES, "learning_rate": 0.02}
    return TrialSpec(name, values, 3, str(folder), Schedule(epochs=2), recorded=recorded)


@pytest.fixture(scope="module")
def fresh(resumable, tmp_path_factory):
    return resumable[0](spec_in(tmp_path_factory.mktemp("fresh")), Remarks())


@pytest.mark.parametrize("name", [STATE, BEST, RANDOM, PROGRESS])
def test_a_trial_without_a_score_starts_anew_if_its_resume_point_is_damaged(
    resumable, fresh, tmp_path, name
):
    trainer, whole = resumable
    folder, callbacks = tmp_path / "trial", Remarks()
    shutil.copytree(whole, folder)
    file = resume_point(folder, 1) / name
    damage(file, "half")
    found = trainer(spec_in(folder), callbacks)
    assert [each["accuracy"] for each in found.history] == [
        each["accuracy"] for each in fresh.history
    ]
    (remark,) = callbacks.remarks
    assert remark.startswith(f"starts anew: {file} ")
    assert not file.exists()


@pytest.mark.parametrize("spec", [{"recorded": 0.5}, {"name": "0000-pretrained"}])
def test_a_score_or_a_pretrained_encoder_is_not_replaced_by_a_new_start(resumable, tmp_path, spec):
    trainer, whole = resumable
    shutil.copytree(whole, tmp_path / "trial")
    damage(resume_point(tmp_path / "trial", 1) / STATE, "half")
    with pytest.raises(DamagedFile):
        trainer(spec_in(tmp_path / "trial", **spec), Remarks())

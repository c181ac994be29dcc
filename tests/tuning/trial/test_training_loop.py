import keras
import numpy as np
import pytest
from keras_tuner.errors import FailedTrialError

from attn_tuner.training.row_adamw import RowAdamW
from attn_tuner.tuning.trial import training_loop
from attn_tuner.tuning.trial.training_loop import Schedule, TrainingProgress, TrialCallbacks, train


class Rows(keras.utils.PyDataset):
    """Batches of ready rows, with what `train` asks of the batches of a store."""

    def __init__(self, rows, labels, size=8):
        super().__init__()
        self.rows, self.labels, self.size = rows, labels, size
        self.begun = []

    def __len__(self):
        return -(-len(self.rows) // self.size)

    def __getitem__(self, index):
        chosen = slice(index * self.size, (index + 1) * self.size)
        return self.rows[chosen], self.labels[chosen]

    def begin(self, epoch, batch=0):
        self.begun.append((epoch, batch))

    def in_store_order(self, predictions):
        return predictions


def separable(count, seed=0):
    rows = np.random.default_rng(seed).normal(size=(count, 4)).astype("float32")
    return Rows(rows, (rows[:, 0] > 0).astype("int32"))


@pytest.fixture
def model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    return model


class AlwaysOver(TrialCallbacks):
    def should_stop(self):
        return True


class PrunesAtHalf(TrialCallbacks):
    def should_prune(self, epochs, score, loss):
        return "far below" if epochs >= 0.5 else None


class TooSlow(TrialCallbacks):
    def __init__(self, answers):
        self.answers, self.epochs = answers, []

    def too_slow(self, epoch_seconds):
        self.epochs.append(epoch_seconds)
        return self.answers.pop(0)


class SavesAlways(TrialCallbacks):
    resume_interval = 0.0
    saved = 0

    def on_resume_point(self):
        self.saved += 1


def test_the_model_ends_with_the_weights_of_its_best_evaluation(model):
    validation = separable(64, seed=1)
    progress = train(model, separable(64), validation, Schedule(epochs=4, patience=4))
    best = max(each["accuracy"] for each in progress.history)
    answers = model.predict(validation, verbose=0)[:, 0] > 0.5
    assert progress.best_measures["accuracy"] == best
    assert np.mean(answers == validation.labels) == pytest.approx(best)
    assert progress.stopped == "all epochs done"


def test_training_stops_when_nothing_gets_better(model):
    model.optimizer.learning_rate = 0.0
    progress = train(model, separable(64), separable(64, seed=1), Schedule(epochs=9, patience=2))
    assert len(progress.history) == 3
    assert progress.stopped == "no better for 2 epochs"


def test_a_model_is_evaluated_even_when_the_time_is_over_at_its_first_batch(model):
    callbacks = AlwaysOver()
    progress = train(model, separable(64), separable(64, seed=1), Schedule(epochs=4), callbacks)
    assert len(progress.history) == 1
    assert progress.history[0]["epochs"] == pytest.approx(1 / 8)
    assert progress.stopped == "stopped: time limit"


def test_a_model_that_should_be_pruned_stops_with_the_reason(model):
    schedule = Schedule(epochs=4, checks=4)
    progress = train(model, separable(64), separable(64, seed=1), schedule, PrunesAtHalf())
    assert progress.stopped == "pruned: far below"
    assert progress.history[-1]["epochs"] == pytest.approx(0.5)


def test_a_model_that_is_too_slow_is_evaluated_and_can_go_on_later(model, monkeypatch):
    monkeypatch.setattr(training_loop, "SPEED_INTERVAL", 0.0)
    slow = "an epoch takes 9m and 4m are left"
    callbacks, saved = TooSlow([slow, None, slow, slow]), []  # Twice in a row.
    parts, schedule = (separable(64), separable(64, seed=1)), Schedule(epochs=2)
    progress = train(model, *parts, schedule, callbacks, save=saved.append)
    assert progress.stopped == f"stopped: time limit, as {slow}"
    assert [each["epochs"] for each in progress.history] == pytest.approx([5 / 8])
    assert len(callbacks.epochs) == 4
    assert all(0 < seconds < 60 for seconds in callbacks.epochs)
    assert saved
    progress.stopped = ""
    assert train(model, *parts, schedule, callbacks, progress).stopped == "all epochs done"
    assert len(callbacks.epochs) == 4  # It is asked no more after the first evaluation.


def test_checks_inside_an_epoch_stand_at_equal_distances(model):
    schedule = Schedule(epochs=1, checks=4)
    progress = train(model, separable(64), separable(64, seed=1), schedule)
    assert [each["epochs"] for each in progress.history] == pytest.approx([0.25, 0.5, 0.75, 1.0])


def test_resume_points_are_given_away_at_their_pace_and_training_goes_on_from_one(model):
    seen = []
    callbacks = SavesAlways()
    train(
        model,
        separable(64),
        separable(64, seed=1),
        Schedule(epochs=1),
        callbacks,
        save=lambda progress: seen.append((progress.epoch, progress.batch)),
    )
    assert (0, 3) in seen
    assert callbacks.saved == len(seen)
    batches = separable(64)
    progress = TrainingProgress(epoch=1)
    train(model, batches, separable(64, seed=1), Schedule(epochs=2), progress=progress)
    assert batches.begun[-1] == (1, 0)


def test_a_loss_that_is_no_number_fails_the_trial_in_a_sentence(model):
    broken = separable(64)
    broken.rows[:] = np.nan
    with pytest.raises(FailedTrialError, match="no longer a number"):
        train(model, broken, separable(64, seed=1), Schedule(epochs=2))


def test_of_equal_scores_the_one_with_the_lower_log_loss_is_kept(model):
    validation = separable(4, seed=1)
    progress = train(model, separable(64), validation, Schedule(epochs=6, patience=6))
    equal = [n for n in progress.history if n["accuracy"] == progress.best_measures["accuracy"]]
    assert progress.best_measures["log_loss"] == min(each["log_loss"] for each in equal)


def test_callbacks_hear_of_every_epoch_with_its_validation_measures(model):
    heard = []

    class Tracker(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            heard.append(dict(logs))

    schedule = Schedule(epochs=2, patience=2)
    progress = train(
        model, separable(64), separable(64, seed=1), schedule, keras_callbacks=[Tracker()]
    )
    assert [logs["val_accuracy"] for logs in heard] == [
        each["accuracy"] for each in progress.history
    ]
    assert "loss" in heard[0]


def test_callbacks_hear_the_last_measures_of_a_trial_that_is_given_up_inside_an_epoch(model):
    heard = []

    class Tracker(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            heard.append(logs["val_accuracy"])

    schedule = Schedule(epochs=4, checks=4)
    rows = separable(64), separable(64, seed=1)
    progress = train(model, *rows, schedule, PrunesAtHalf(), keras_callbacks=[Tracker()])
    assert heard == [progress.history[-1]["accuracy"]]


def test_a_model_whose_weights_are_averaged_is_evaluated_and_kept_by_the_averages(model):
    model.compile(RowAdamW(0.05, average=0.9), "binary_crossentropy")
    trained = []
    noted = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: trained.extend(model.get_weights())
    )
    validation = separable(64, seed=1)
    progress = train(model, separable(64), validation, Schedule(epochs=1), keras_callbacks=[noted])
    averages = [keras.ops.convert_to_numpy(each) for _, each in model.optimizer.averages]
    for kept, average, own in zip(model.get_weights(), averages, trained, strict=True):
        np.testing.assert_allclose(kept, average)
        assert np.abs(kept - own).max() > 1e-4
    answers = model.predict(validation, verbose=0)[:, 0]
    np.testing.assert_allclose(answers, progress.probabilities[:, 1], atol=1e-6)


def test_training_ends_when_nothing_is_left_to_get_better(model):
    model.optimizer.learning_rate = 1.0
    progress = train(model, separable(512), separable(16, seed=1), Schedule(epochs=40, patience=40))
    assert progress.stopped == "perfect score"
    assert progress.best_measures["accuracy"] == 1.0

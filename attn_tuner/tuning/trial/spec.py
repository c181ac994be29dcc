"""Defines the input and the output of a training. Imports no Keras: a waiting worker is light."""

from dataclasses import dataclass, field

from attn_tuner.tuning.fidelity import FULL, RungAllocation


@dataclass(frozen=True)
class Schedule:
    """How long to train, and by which metric to evaluate.

    Args:
        epochs: int, maximum number of passes over the training part.
        patience: int, epochs without a better score before training stops.
        objective: str, key of `metrics.measure`, `"accuracy"`.
        sign: 1 where a greater objective is better, -1 where a smaller one is.
        checks: int, evaluations in an epoch, at equal distances, for the pruner.
    """

    epochs: int = 10
    patience: int = 2
    objective: str = "accuracy"
    sign: int = 1
    checks: int = 1


@dataclass(frozen=True)
class TrialSpec:
    """The input of a training.

    Args:
        trial_id: str, KerasTuner's ID of the trial.
        values: hyperparameters by path, as the oracle sampled them.
        seed: int, for the initial weights and the order of the data.
        trial_dir: str, the trial's folder, for its resume points, weights and probabilities.
        schedule: how long to train, and by which metric.
        begin_from: path of initial weights, used without a resume point.
        allocation: the rung's share of the resource.
        recorded: float, the objective in the trial's record; None without one.
    """

    trial_id: str
    values: dict = field(hash=False)
    seed: int
    trial_dir: str
    schedule: Schedule
    begin_from: str | None = None
    allocation: RungAllocation = FULL
    recorded: float | None = None

    def improves(self, metrics: dict) -> bool:
        """Returns whether these metrics are at least as good as the recorded ones."""
        sign, objective = self.schedule.sign, self.schedule.objective
        return self.recorded is None or sign * (metrics[objective] - self.recorded) >= 0

    @property
    def trained(self) -> dict:
        """The values that the model is built and trained with, those of the rung included."""
        return {**self.values, **self.allocation.used}


@dataclass(frozen=True)
class TrialOutcome:
    """The output of a training.

    Args:
        metrics: floats by name of the best evaluation, with `epochs` and `seconds`; empty without
            an evaluation.
        history: list of such metrics, one for each evaluation.
        stopped: str, why training ended.
        seconds: float, wall time, all attempts together.
        parameters: int, number of weights of the model.
        latency_ms: float, milliseconds for one text; None if latency is not limited.
    """

    metrics: dict = field(hash=False)
    history: list = field(hash=False)
    stopped: str
    seconds: float
    parameters: int = 0
    latency_ms: float | None = None

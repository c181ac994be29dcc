"""What a trial asks for, and what comes of it. Imports no Keras: a waiting worker is light."""

from dataclasses import dataclass, field

from attn_tuner.tuning.fidelity import FULL, RungAllocation


@dataclass(frozen=True)
class Schedule:
    """How long to train, and by which metric to evaluate.

    Args:
        epochs: int, passes over the training part at most.
        patience: int, epochs without a better score before training stops.
        objective: str, key of `metrics.measure`, `"accuracy"`.
        sign: 1 where a greater objective is better, -1 where a smaller one is.
        checks: int, evaluations inside an epoch, at equal distances, for the pruner.
    """

    epochs: int = 10
    patience: int = 2
    objective: str = "accuracy"
    sign: int = 1
    checks: int = 1


@dataclass(frozen=True)
class TrialSpec:
    """What to train: all that goes into a trial.

    Args:
        trial_id: str, KerasTuner's name of the trial.
        values: hyperparameters by path, as the oracle gave them.
        seed: int, for the initial weights and the order of the data.
        trial_dir: str, the trial's folder, for its resume points, weights and probabilities.
        schedule: how long to train, and by which metric.
        begin_from: path of a file of weights to begin with, where there is no resume point.
        allocation: how much of the resource its rung gives it.
        recorded: float, the best objective that the trial is known to reach; None before.
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
        """The values by which the model is built and trained, those of the rung included."""
        return {**self.values, **self.allocation.used}


@dataclass(frozen=True)
class TrialOutcome:
    """How a training went: all that comes out of a trial.

    Args:
        metrics: floats by name of the best evaluation, with `epochs` and `seconds`; empty where
            there was none.
        history: list of such metrics, one for every evaluation.
        stopped: str, why training ended.
        seconds: float, wall time, all attempts together.
        parameters: int, weights of the model.
        latency_ms: float, milliseconds for one text; None where latency is not limited.
    """

    metrics: dict = field(hash=False)
    history: list = field(hash=False)
    stopped: str
    seconds: float
    parameters: int = 0
    latency_ms: float | None = None

"""What a trial asks for, and what comes of it. Light: a worker that waits needs no Keras."""

from dataclasses import dataclass, field

from attn_tuner.tuning.fidelity import WHOLE, Ration


@dataclass(frozen=True)
class Schedule:
    """How long to train, and by what to judge.

    Args:
        epochs: at most so many passes over the training part.
        patience: epochs without a better score before training stops.
        objective: key of `measure`, `"accuracy"`.
        sign: 1 where the objective should grow, -1 where it should shrink.
        checks: evaluations inside an epoch, at equal distances, for the pruner.
    """

    epochs: int = 10
    patience: int = 2
    objective: str = "accuracy"
    sign: int = 1
    checks: int = 1


@dataclass(frozen=True)
class TrialSpec:
    """What to train.

    Args:
        trial_id: KerasTuner's name of the trial.
        values: path to value, as the oracle gave them.
        seed: of the weights and of the order of the data.
        place: the trial's folder, where its resume points lie and its results go.
        schedule: how long, and judged by what.
        begin_from: a file of weights to begin with, where there is no resume point.
        ration: what a rung lets it have.
        recorded: of the objective, what the trial is known to reach; None before it is.
    """

    trial_id: str
    values: dict = field(hash=False)
    seed: int
    place: str
    schedule: Schedule
    begin_from: str | None = None
    ration: Ration = WHOLE
    recorded: float | None = None

    def betters(self, measures: dict) -> bool:
        """Whether these are at least as good as what the trial is known to reach."""
        sign, objective = self.schedule.sign, self.schedule.objective
        return self.recorded is None or sign * (measures[objective] - self.recorded) >= 0

    @property
    def trained(self) -> dict:
        """The values by which the model is made and trained."""
        return {**self.values, **self.ration.used}


@dataclass(frozen=True)
class TrialOutcome:
    """How a training went.

    Args:
        measures: of the best evaluation, with `epochs` and `seconds`; empty without one.
        history: every evaluation; none where the time was over before the first.
        stopped: why it ended.
        seconds: spent on it, all attempts together.
        parameters: weights of the model.
        latency_ms: milliseconds for one text, where they are limited.
    """

    measures: dict = field(hash=False)
    history: list = field(hash=False)
    stopped: str
    seconds: float
    parameters: int = 0
    latency_ms: float | None = None

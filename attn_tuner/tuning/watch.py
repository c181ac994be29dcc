"""What goes in and out of a training while it runs. Light: whoever only watches needs no Keras."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

TIME_OVER = "the time was over"


@dataclass(frozen=True)
class Watch:
    """What the outside may say and hear while a model trains.

    Args:
        expired: True once the time for training is over.
        hopeless: `(epochs so far, score, loss)` to a reason to stop, or None. Scores grow with
            quality; the loss is None where none is known.
        heard: called with a dict at every epoch's end and a few times a second between.
        judged: called with the seconds that an evaluation took.
        saved: called with the `Progress` at every resume point.
        must_judge: whether a model that was never evaluated is to be, when the time is over.
        pace: seconds between two resume points.
    """

    expired: Callable[[], bool] = lambda: False
    hopeless: Callable[[float, float, float | None], str | None] = lambda *point: None
    heard: Callable[[dict], None] = lambda news: None
    judged: Callable[[float], None] = lambda seconds: None
    saved: Callable[["Progress"], None] | None = None
    must_judge: Callable[[], bool] = lambda: True
    pace: float = 45.0


@dataclass
class Progress:
    """How far the training of one model has come.

    Args:
        epoch: whole epochs behind it.
        batch: batches done of the epoch that runs.
        history: one dict per evaluation: `epochs`, `seconds` until then, seconds of `judging`,
            `loss` and the validation measures.
        best: index into `history` of the best evaluation; -1 before the first.
        best_weights: `model.get_weights()` at the best evaluation.
        probabilities: of the validation texts at the best evaluation, `(texts, classes)`; what
            else the task asks of a model, `(texts, columns)`.
        stopped: why training ended, in words; empty while it runs.
        seconds: spent on this model, all attempts together.
        loss: mean over the batches done of the epoch, before the first one NaN.
        metrics: values of `model.metrics_variables` at the last resume point, so that means over
            an epoch count the batches before it too.
        seeds: states of the model's random generators at the last resume point.
    """

    epoch: int = 0
    batch: int = 0
    history: list[dict] = field(default_factory=list)
    best: int = -1
    best_weights: list[np.ndarray] | None = None
    probabilities: np.ndarray | None = None
    stopped: str = ""
    seconds: float = 0.0
    loss: float = float("nan")
    metrics: list[np.ndarray] = field(default_factory=list)
    seeds: list[np.ndarray] = field(default_factory=list)

    @property
    def best_measures(self) -> dict:
        return self.history[self.best] if self.history else {}


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

"""What goes in and out of a training while it runs. Light: whoever only watches needs no Keras."""

from collections.abc import Callable
from dataclasses import dataclass

from attn_tuner.storage.checkpoints import TrainingProgress

TIME_OVER = "the time was over"


@dataclass(frozen=True)
class TrialCallbacks:
    """What the outside may say and hear while a model trains.

    Args:
        expired: True once the time for training is over.
        hopeless: `(epochs so far, score, loss)` to a reason to stop, or None. Scores grow with
            quality; the loss is None where none is known.
        heard: called with a dict at every epoch's end and a few times a second between.
        judged: called with the seconds that an evaluation took.
        saved: called with the `TrainingProgress` at every resume point.
        must_judge: whether a model that was never evaluated is to be, when the time is over.
        pace: seconds between two resume points.
    """

    expired: Callable[[], bool] = lambda: False
    hopeless: Callable[[float, float, float | None], str | None] = lambda *point: None
    heard: Callable[[dict], None] = lambda news: None
    judged: Callable[[float], None] = lambda seconds: None
    saved: Callable[["TrainingProgress"], None] | None = None
    must_judge: Callable[[], bool] = lambda: True
    pace: float = 45.0

"""Explains the answers to series: attention along time, and the importance of every value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.explaining.series_gradients import SeriesGradients
from attn_tuner.exporting.prediction import Prediction, Predictions, predictions
from attn_tuner.exporting.series_bundle import SeriesBundle


@dataclass(frozen=True, eq=False)
class SeriesExplanation:
    """The answer to one series, and what of the series it comes from.

    Args:
        prediction: the answer.
        series: `(steps, features)` float32, NaN where a value is missing.
        attention: `(steps,)`, weights that sum to 1; empty without an attention head.
        importance: `(steps, features)`, as of `SeriesGradients`; None on another backend than
            TensorFlow.
        left_out: int, number of steps that the model does not read.
    """

    prediction: Prediction
    series: np.ndarray
    attention: np.ndarray
    importance: np.ndarray | None
    left_out: int = 0


class SeriesExplainer:
    """Answers series and explains the answers: `SeriesExplainer(bundle)(series)`.

    Args:
        bundle: the model.
    """

    def __init__(self, bundle: SeriesBundle):
        self.bundle = bundle
        self._attention = SeriesAttention(bundle)
        self._gradients = SeriesGradients(bundle) if SeriesGradients.applicable() else None

    def __call__(self, series: Sequence[np.ndarray]) -> list[SeriesExplanation]:
        """Explains series.

        Args:
            series: arrays `(steps, features)`, as `bundle.inputs` returns them.
        """
        if not len(series):
            return []
        bundle = self.bundle
        answers, attention = self._attention(series)
        importance: list = [None] * len(series)
        if self._gradients:
            importance = self._gradients(series, answers)
        read = bundle.steps_read()
        most = read[0] if read else None
        named = self._named(series, answers)
        return [
            SeriesExplanation(
                named[place],
                each,
                _shares(attention[place]),
                importance[place],
                0 if most is None else max(0, len(each) - most),
            )
            for place, each in enumerate(series)
        ]

    def predict(self, series: Sequence[np.ndarray]) -> Predictions:
        """Answers series without an explanation, which takes several times as long.

        Args:
            series: as of a call.
        """
        return self._named(series, self.bundle.predict(series)) if len(series) else Predictions()

    def _named(self, series: Sequence[np.ndarray], answers: np.ndarray) -> Predictions:
        bundle = self.bundle
        return predictions(
            [bundle.described(each) for each in series],
            *(answers, bundle.answers, bundle.classes),
            *(bundle.conformal, bundle.known),
        )


def _shares(weights: np.ndarray) -> np.ndarray:
    """Returns weights that sum to 1; those of some heads, such as the greatest, do not."""
    total = float(weights.sum())
    return weights / total if total > 0 else weights

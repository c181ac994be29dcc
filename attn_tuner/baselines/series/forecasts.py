"""Baselines of forecasts: the last season once more, and ridge on the steps before."""

from collections.abc import Sequence

import numpy as np

from attn_tuner.baselines.series.equal_lengths import filled
from attn_tuner.baselines.series.ridge import fit_ridge
from attn_tuner.errors import DataError

MOST_WINDOWS = 20_000  # The latest of them; more change ridge little.
_PENALTIES = tuple(np.logspace(-3, 5, 17))


class SeasonalNaive:
    """Repeats the last season.

        y^_{T+h} = x_{T+h-m (k+1)},   k = floor((h - 1) / m)

    Args:
        season: int, the m steps of a season; None for the one of least mean absolute error in
            training, between 1, the last value, and the length of the shortest series.
        target: int, index of the feature that is forecast.

    Reference:
        Hyndman & Athanasopoulos 2021, Forecasting: Principles and Practice, section 5.2.
        https://otexts.com/fpp3/simple-methods.html
    """

    def __init__(self, season: int | None = None, target: int = 0):
        self.season, self.target = season or 0, target  # 0 until one is chosen.

    def fit(self, series: Sequence[np.ndarray], labels: np.ndarray) -> "SeasonalNaive":
        """Chooses the season, if none is given.

        Args:
            series: `(steps, features)` arrays.
            labels: `(series, horizon)`.

        Raises:
            DataError: the given season is longer than a series.
        """
        labels = _with_horizon(labels)
        self.horizon = labels.shape[1]
        past = _last_steps(series, self.target)
        if not self.season:
            errors = [
                np.abs(self._repeated(past, season) - labels).mean()
                for season in range(1, past.shape[1] + 1)
            ]
            self.season = 1 + int(np.argmin(errors))
        elif self.season > past.shape[1]:
            raise DataError(
                f"A season of {self.season} steps does not fit into a series of {past.shape[1]}. "
                "Give longer windows."
            )
        return self

    def __call__(self, series: Sequence[np.ndarray]) -> np.ndarray:
        """Predicts `(series, horizon)`."""
        return self._repeated(_last_steps(series, self.target), self.season)

    def _repeated(self, past: np.ndarray, season: int) -> np.ndarray:
        return past[:, past.shape[1] - season + np.arange(self.horizon) % season]


class RidgeOnLags:
    """Predicts every step of the horizon by ridge regression on all features of the last steps.

        y^ = [x_{T-n+1} ... x_T] W + b

    The lags are taken as they are, or less the last value of the target, which is then added to the
    answer: whichever has the smaller held-out error.

    Args:
        lags: int, the n steps that are read; None for all of the shortest series.
        target: int, index of the feature that is forecast.
    """

    def __init__(self, lags: int | None = None, target: int = 0):
        self.lags, self.target = lags or 0, target  # 0 until the series are known.

    def fit(self, series: Sequence[np.ndarray], labels: np.ndarray) -> "RidgeOnLags":
        """Learns from the latest windows.

        Args:
            series: `(steps, features)` arrays, the latest last.
            labels: `(series, horizon)`.

        Raises:
            DataError: a series has fewer steps than lags.
        """
        series, labels = series[-MOST_WINDOWS:], _with_horizon(labels)[-MOST_WINDOWS:]
        shortest = min(map(len, series))
        self.lags = self.lags or shortest
        if self.lags > shortest:
            raise DataError(
                f"lags={self.lags} is more than the {shortest} steps of the shortest series. Give "
                "fewer lags or longer windows."
            )
        fits = []
        for relative in (False, True):
            rows, level = self._rows(series, relative)
            fits.append((fit_ridge(rows, labels - level, _PENALTIES), relative))
        self.ridge, self.relative = min(fits, key=lambda fit: fit[0].error)
        return self

    def __call__(self, series: Sequence[np.ndarray]) -> np.ndarray:
        """Predicts `(series, horizon)`."""
        rows, level = self._rows(series, self.relative)
        return self.ridge(rows) + level

    def _rows(self, series, relative: bool) -> tuple[np.ndarray, np.ndarray]:
        """Returns `(series, lags * features)` and the `(series, 1)` level to add."""
        past = np.stack([filled(each)[-self.lags :] for each in series]).astype("float64")
        level = past[:, -1:, self.target] if relative else np.zeros((len(past), 1))
        past[:, :, self.target] -= level
        return past.reshape(len(past), -1), level


def _with_horizon(labels: np.ndarray) -> np.ndarray:
    labels = np.asarray(labels, "float64")
    return labels[:, None] if labels.ndim == 1 else labels


def _last_steps(series: Sequence[np.ndarray], target: int) -> np.ndarray:
    """Returns the last steps of one feature, as many as the shortest series has."""
    shortest = min(map(len, series))
    return np.stack([filled(each)[-shortest:, target] for each in series]).astype("float64")

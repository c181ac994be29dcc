"""Generates the set "load-demo": the hourly load of a power grid, with trend, seasons and holidays.

    load_t = level(day) profile_{free or not}(hour) (1 + e_t),   e_t = 0.7 e_{t-1} + noise

A day is free on weekends and on holidays, and has a profile of its own: lower, with one peak late
in the day instead of two. Which days are free is known beforehand, so a model is told a day ahead.
What a free day takes away depends on the hour, which no sum of earlier values can say.
"""

from dataclasses import dataclass

import numpy as np

NAME = "load-demo"
FEATURES = ("load", "free_in_24_hours", "hour_sin", "hour_cos")
DAY, WEEK = 24, 168  # Hours.
_YEAR = 365  # Days.
_LEVEL = 100.0  # Gigawatts.
_TREND = 0.05  # Growth a year, as a share of the level.
_WINTER = 0.1  # More in winter and less in summer, as a share of the level.
_HOLIDAYS = 14  # A year; those that fall on a weekend change nothing.
_NOISE, _PERSISTENCE = 0.015, 0.7
# Percent of the level by hour, from midnight.
_WORKING = "74 71 69 68 70 77 90 106 117 119 116 113 112 110 108 107 110 119 126 124 115 104 93 82"
_FREE = "72 68 65 63 62 63 66 71 78 85 91 94 93 89 85 83 84 91 100 103 99 92 85 78"


@dataclass(frozen=True, eq=False)
class HourlyLoad:
    """A generated series of hours.

    Args:
        values: `(24 days, 4)` float32, the features of `FEATURES`: the load in gigawatts; 1 if the
            hour after 24 further hours is on a free day, else 0; sine and cosine of the hour.
        free: `(days,)` bool, weekends and holidays.
        holidays: `(days,)` bool.
    """

    values: np.ndarray
    free: np.ndarray
    holidays: np.ndarray


def hourly_load(days: int = 2 * _YEAR, seed: int = 0) -> HourlyLoad:
    """Generates a series that begins on a Monday at midnight; deterministic for a seed."""
    draw = np.random.default_rng(seed)
    every = days + 1  # The last day is told which the next one is.
    holidays = np.zeros(every, dtype=bool)
    for first in range(0, every, _YEAR):
        chosen = first + draw.choice(_YEAR, _HOLIDAYS, replace=False)
        holidays[chosen[chosen < every]] = True
    free = holidays | (np.arange(every) % 7 >= 5)
    day = np.arange(days)
    level = _LEVEL * (1 + _TREND * day / _YEAR) * (1 + _WINTER * np.cos(2 * np.pi * day / _YEAR))
    by_day = [np.array(each.split(), float) / 100 for each in (_WORKING, _FREE)]
    profile = np.where(free[:days, None], by_day[1], by_day[0])
    load = (level[:, None] * profile).ravel() * (1 + _errors(draw, days * DAY))
    angle = 2 * np.pi * np.arange(days * DAY) / DAY
    ahead = np.repeat(free[1:], DAY)
    values = np.column_stack([load, ahead, np.sin(angle), np.cos(angle)])
    return HourlyLoad(values.astype("float32"), free[:days], holidays[:days])


def _errors(draw: np.random.Generator, count: int) -> np.ndarray:
    noise = _NOISE * draw.normal(size=count)
    for hour in range(1, count):
        noise[hour] += _PERSISTENCE * noise[hour - 1]
    return noise

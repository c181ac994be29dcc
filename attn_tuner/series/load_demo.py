"""Generates the set "load-demo": the hourly load of a power grid, with trend, seasons and holidays.

    load_t = level(day) (profile_{free or not}(hour) + heat(temperature_t)) (1 + e_t)
    heat(T) = 0.02 max(0, 15 - T) + 0.03 max(0, T - 22),   e_t = 0.7 e_{t-1} + noise

A day is free on weekends and on holidays, and has a profile of its own: lower, with one peak late
in the day instead of two. Cold days need heating and hot ones cooling. Which days are free is known
beforehand, and the weather report is right, so a model is told both a day ahead. What a free day
takes away depends on the hour, and what a degree adds on the season: no sum of values can say it.
"""

from dataclasses import dataclass

import numpy as np

NAME = "load-demo"
FEATURES = ("load", "free_in_24_hours", "temperature_in_24_hours", "hour_sin", "hour_cos")
DAY, WEEK = 24, 168  # Hours.
_YEAR = 365  # Days.
_LEVEL = 100.0  # Gigawatts.
_TREND = 0.05  # Growth a year, as a share of the level.
_CLIMATE = (12.0, -10.0, 4.0)  # Degrees: mean of the year, more on 1 January, more at 4 p.m.
_WEATHER, _LASTING = 2.5, 0.8  # Degrees from one day to the next, and the share that stays.
_HEATED, _COOLED = (15.0, 0.02), (22.0, 0.03)  # Degrees, and the share of the level by degree.
_HOLIDAYS = 14  # A year; those that fall on a weekend change nothing.
_NOISE, _PERSISTENCE = 0.015, 0.7
# Percent of the level by hour, from midnight.
_WORKING = "74 71 69 68 70 77 90 106 117 119 116 113 112 110 108 107 110 119 126 124 115 104 93 82"
_FREE = "72 68 65 63 62 63 66 71 78 85 91 94 93 89 85 83 84 91 100 103 99 92 85 78"


@dataclass(frozen=True, eq=False)
class HourlyLoad:
    """A generated series of hours.

    Args:
        values: `(24 days, 5)` float32, the features of `FEATURES`: the load in gigawatts; 1 if the
            hour 24 hours later is on a free day, else 0; the temperature 24 hours later in degrees
            Celsius; sine and cosine of the hour.
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
    hour = np.arange(every * DAY)
    temperature = _temperature(draw, hour)
    working, unworked = (np.array(each.split(), float) / 100 for each in (_WORKING, _FREE))
    profile = np.where(free[:, None], unworked, working).ravel()
    level = _LEVEL * (1 + _TREND * hour / (DAY * _YEAR))
    load = (
        level
        * (profile + _heat(temperature))
        * (1 + _lasting(draw, every * DAY, _NOISE, _PERSISTENCE))
    )
    angle = 2 * np.pi * hour / DAY
    now, ahead = slice(0, -DAY), slice(DAY, None)
    told = (np.repeat(free, DAY)[ahead], temperature[ahead])
    values = np.column_stack([load[now], *told, np.sin(angle[now]), np.cos(angle[now])])
    return HourlyLoad(values.astype("float32"), free[:days], holidays[:days])


def _temperature(draw: np.random.Generator, hour: np.ndarray) -> np.ndarray:
    mean, winter, afternoon = _CLIMATE
    of_year = winter * np.cos(2 * np.pi * hour / (DAY * _YEAR))
    of_day = afternoon * np.cos(2 * np.pi * (hour - 16) / DAY)
    weather = _lasting(draw, len(hour) // DAY, _WEATHER, _LASTING)
    return mean + of_year + of_day + np.repeat(weather, DAY)


def _heat(temperature: np.ndarray) -> np.ndarray:
    (cold, heating), (hot, cooling) = _HEATED, _COOLED
    return heating * np.maximum(cold - temperature, 0) + cooling * np.maximum(temperature - hot, 0)


def _lasting(
    draw: np.random.Generator, count: int, deviation: float, persistence: float
) -> np.ndarray:
    """Draws e_t = persistence e_{t-1} + noise."""
    noise = deviation * draw.normal(size=count)
    for place in range(1, count):
        noise[place] += persistence * noise[place - 1]
    return noise

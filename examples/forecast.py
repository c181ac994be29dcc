"""A forecast: at midnight an electric load in each hour of the day, with quantiles.

Usage: python examples/forecast.py [TRIALS] [FOLDER]     (4 runs/load)

Learnt is the change from this hour yesterday, in percent: from five years of a generated load. Two
years choose the model and move its quantiles, three are the test part.
"""

import sys
from itertools import pairwise

import numpy as np

import attn_tuner
from attn_tuner.baselines.series.forecasts import RidgeOnLags
from attn_tuner.series.forecast_errors import coverage, mean_absolute_error
from attn_tuner.series.load_demo import DAY, FEATURES, hourly_load
from attn_tuner.series.loaders import cut_windows


def main(trials=4, folder="runs/load", days=3650, epochs=15):
    load = hourly_load(days).values
    change = 100 * np.log(load[DAY:, :1] / load[:-DAY, :1])
    values, ends = np.hstack([change, load[DAY:, 1:]]), (2, days // 2, 7 * days // 10, days)
    options = {"horizon": DAY, "stride": DAY, "target": 0, "features": ("change", *FEATURES[1:])}
    parts = (values[DAY * (start - 2) : DAY * end] for start, end in pairwise(ends))
    past, chosen_on, future = (cut_windows(each, 2 * DAY, **options) for each in parts)
    space = {"encoder": ["gru", "bigru"], "spatial_dropout": 0.0, "dropout": 0.0}
    budget = {"max_trials": int(trials), "epochs": epochs, "space": space, "directory": folder}
    result = attn_tuner.search(past, task="quantiles", validation=chosen_on, test=future, **budget)
    low, median, high = np.array([each.quantiles for each in result.predict(future.series)]).T
    ridge = RidgeOnLags().fit(past.series, past.labels)(future.series)
    for name, answer in {"search": median.T, "yesterday": 0 * ridge, "RidgeOnLags": ridge}.items():
        print(f"{name}: mean absolute error {mean_absolute_error(future.labels, answer):.2f} %")
    print(f"between the quantiles: {coverage(future.labels, low.T, high.T):.0%} of the hours")


if __name__ == "__main__":
    main(*sys.argv[1:])

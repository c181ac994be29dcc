"""A forecast: how an electric load changes in the next hour, beside two baselines.

Usage: python examples/forecast.py [TRIALS] [FOLDER]     (4 runs/load)

Windows of two days of a generated load are read; the last half year of two is the test part.
"""

import sys

import numpy as np

import attn_tuner
from attn_tuner.baselines.series.forecasts import RidgeOnLags, SeasonalNaive
from attn_tuner.series.forecast_errors import mean_absolute_error
from attn_tuner.series.load_demo import DAY, FEATURES, hourly_load
from attn_tuner.series.loaders import cut_windows

SPACE = {"encoder": ["gru", "bigru"], "spatial_dropout": 0.0, "dropout": 0.0}


def main(trials=4, folder="runs/load", days=730, epochs=20):
    load = hourly_load(days).values
    change = np.diff(load[:, :1], axis=0, prepend=load[:1, :1])
    values, split = np.hstack([change, load]), DAY * (days * 3 // 4)
    options = {"horizon": 1, "stride": 5, "target": 0, "features": ("change", *FEATURES)}
    spans = (values[:split], values[split - 2 * DAY :])
    past, future = (cut_windows(each, 2 * DAY, **options) for each in spans)
    budget = {"max_trials": int(trials), "epochs": epochs, "space": SPACE}
    result = attn_tuner.search(past, test=future, directory=folder, **budget)
    answers = {"search": [[each.value] for each in result.predict(future.series)]}
    for model in (SeasonalNaive(DAY), RidgeOnLags()):
        answers[type(model).__name__] = model.fit(past.series, past.labels)(future.series)
    for name, answer in answers.items():
        error = mean_absolute_error(np.array(future.labels)[:, None], answer)
        print(f"{name}: mean absolute error {error:.2f} GW")


if __name__ == "__main__":
    main(*sys.argv[1:])

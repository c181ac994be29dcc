"""Baselines of series: MiniRocket and ridge for classes and numbers, two for forecasts.

`baselines.baselines.majority_baseline` serves series as well: it reads their labels alone.
"""

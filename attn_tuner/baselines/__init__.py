"""Baselines for a search: the most frequent class, and a linear model on n-grams."""

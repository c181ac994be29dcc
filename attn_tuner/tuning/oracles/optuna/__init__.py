"""Optuna's samplers behind KerasTuner's oracle interface."""

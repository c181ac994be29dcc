"""Which values next: KerasTuner's own oracles by name, and Optuna's samplers behind its interface."""

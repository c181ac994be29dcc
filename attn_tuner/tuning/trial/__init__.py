"""Trains one trial: from its `TrialSpec` to its `TrialOutcome`, and to its record."""

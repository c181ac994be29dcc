"""Describes in sentences what was done to the exported model."""

import statistics

from attn_tuner.reporting.forecast import what_more_time_would_buy
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import members


def ensemble(run: Run) -> str:
    """What the exported model averages and what that gains; "" for a single trial."""
    if len(run.members) < 2:
        return ""
    shares = ", ".join(f"{share:.2f}" for share in run.members.values())
    objective = run.plan.objective
    return (
        f"The exported model averages {members(run.members)}, with the weights {shares}: "
        f"validation {objective} {run.outcome['validation'][objective]:.4f}, the best trial "
        f"alone {run.outcome['alone']:.4f}."
    )


def calibration(run: Run) -> str:
    """What calibration changed, in a sentence; "" where nothing was calibrated."""
    found = run.outcome.get("calibration")
    if not found:
        return ""
    return (
        f"Calibrated on validation texts at temperature {found['temperature']:.2f}: expected "
        f"calibration error {found['error_before']:.4f} before, {found['error_after']:.4f} after."
    )


def thresholds(run: Run) -> str:
    """Where the answers were moved to for F1, in a sentence; "" where one half is as good."""
    found = run.outcome.get("thresholds")
    if not found:
        return ""
    each = found["at"] if len(set(found["at"])) > 1 else found["at"][:1]
    shown = ", ".join(f"{at:.2f}" for at in each)
    return (
        f"For {found['objective']} the probabilities were moved, so that 0.5 stands where "
        f"{shown} stood: {found['before']:.4f} before, {found['after']:.4f} after on the "
        "validation texts. So they decide, and are no longer calibrated."
    )


def repeats(run: Run) -> str:
    """How the best trials did with fresh seeds; "" where none was repeated."""
    objective = run.plan.goal
    said = [
        f"trial {record.trial_id} {statistics.mean(scores):.4f} ± {statistics.stdev(scores):.4f} "
        f"over {len(scores)}"
        for record in run.ranked()
        if record.repeats and (scores := [record.score, *record.repeats])
    ]
    if not said:
        return ""
    return f"Trained with fresh seeds, validation {objective}: {'; '.join(said)} seeds."


def finishing(run: Run) -> list[str]:
    """What was done to the winner before it was exported, and what more time would buy."""
    every = (ensemble(run), calibration(run), thresholds(run), repeats(run), more_time(run))
    return [said for said in every if said]


def more_time(run: Run) -> str:
    """What as much time again would buy; "" where trials are too few or nothing is left to win."""
    ranked = run.ranked()
    forecast = what_more_time_would_buy(
        (record.ended, run.sign * record.score) for record in ranked if record.status != "cut"
    )
    if forecast.gain is None or (run.sign > 0 and ranked[0].score >= 1.0):
        return ""
    return str(forecast)

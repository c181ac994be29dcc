"""The table of the trials of a search over pairs of texts, and of its baselines."""

import pandas as pd

from attn_tuner.metrics import TEXT_MEASURES
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_status


def leaderboard(run: Run) -> pd.DataFrame:
    """Makes a table of the trials and baselines, the best on validation first.

    Args:
        run: of a search over pairs.

    Returns:
        One row for each trial and baseline. Columns: name, attention, encoder, decoder, validation
        metrics, test metrics of the exported trial, the control and the baselines, parameters,
        epochs, seconds and status; what a row does not have is missing.
    """
    outcome = run.outcome
    control = outcome.get("control", {})
    tested = {
        outcome.get("winner"): outcome.get("test", {}),
        control.get("trial"): control.get("test", {}),
    }
    rows = [
        {
            "name": record.trial_id,
            "attention": record.values.get("attention"),
            "encoder": record.values.get("encoder"),
            "decoder": record.values.get("decoder_cell"),
            **_metrics("val", record.metrics),
            **_metrics("test", tested.get(record.trial_id, {})),
            "parameters": record.parameters or None,
            "epochs": record.metrics.get("epochs"),
            "seconds": record.seconds,
            "status": describe_status(record.status),
        }
        for record in run.records
    ]
    rows += [
        {
            "name": row["name"],
            **_metrics("val", row["validation"]),
            **_metrics("test", row["test"]),
            "seconds": row["seconds"],
            "status": "baseline",
        }
        for row in run.baselines
    ]
    table = pd.DataFrame(rows)
    # A metric that nobody has is not shown.
    table = table.dropna(axis=1, how="all") if len(table) else table
    by = f"val_{run.plan.objective}"
    if by not in table:
        return table
    return table.sort_values(by, ascending=False, kind="stable", ignore_index=True)


def _metrics(part: str, metrics: dict) -> dict[str, float | None]:
    return {f"{part}_{name}": metrics.get(name) for name in TEXT_MEASURES}

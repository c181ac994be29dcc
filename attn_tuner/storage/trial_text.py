"""Describes trials, models and averages of models in a few words.

The one place that does, so a trial has the same name in the progress panel, the leaderboard, the
report and the page.
"""

from collections.abc import Iterable, Mapping

from attn_tuner.storage.trial_record import LINEAR_NAME, MINIROCKET_NAME, TrialRecord

# Sentences that records of earlier versions hold.
_STOP_REASONS = {
    "the time was over": "stopped: time limit",
    "nothing is left to get better": "perfect score",
}

_BASELINE_WORDS = {
    LINEAR_NAME: "the linear model",
    MINIROCKET_NAME: "MiniRocket",
}

_STATUS_WORDS = {"cut": "stopped", "infeasible": "over limit"}


def describe_model(values: Mapping) -> str:
    """Names the encoder and the head, or the attention of a decoder: `bigru + additive`.

    With regions and adversarial training it is `bigru + additive, regions, adversarial`.

    Args:
        values: hyperparameters of a trial by name.
    """
    part = values.get("head", values.get("attention", "?"))
    more = {"regions": "region_size", "adversarial": "adversarial_weight"}
    named = [word for word, name in more.items() if values.get(name)]
    return ", ".join([f"{values.get('encoder', '?')} + {part}", *named])


def describe_trial(values: Mapping) -> str:
    """Names the model and its learning rate: `bigru + additive, learning rate 2.0e-03`.

    Args:
        values: hyperparameters of a trial by name.
    """
    rate = values.get("learning_rate")
    model = describe_model(values)
    return model if rate is None else f"{model}, learning rate {rate:.1e}"


def describe_head(values: Mapping) -> str:
    """Names the head and the parts of a composed one: `pooling (gated, mean, softmax)`.

    Args:
        values: hyperparameters of a trial by name.
    """
    head = values.get("head", "")
    prefix = f"head.{head}."
    parts = [
        value
        for path, value in values.items()
        if path.startswith(prefix) and path.count(".") == 2 and isinstance(value, str)
    ]
    return f"{head} ({', '.join(parts)})" if parts else head


def describe_rung(record: TrialRecord) -> str:
    """Names the values that a rung changed, `max_length=43`; "" where it changed none."""
    return ", ".join(f"{name}={round(value, 3)}" for name, value in record.used.items())


def describe_members(ids: Iterable[str]) -> str:
    """Lists the members of an average: `trial 0001, trial 0004 and the linear model`.

    Args:
        ids: trial ids, and names of baselines.
    """
    named = [_BASELINE_WORDS.get(each, f"trial {each}") for each in ids]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def describe_export(ids: Iterable[str]) -> str:
    """Names what is exported: `trial 0001`, or `an average of trial 0001 and trial 0004`.

    Args:
        ids: trial ids, and names of baselines.
    """
    ids = list(ids)
    return describe_members(ids) if len(ids) == 1 else f"an average of {describe_members(ids)}"


def describe_status(status: str) -> str:
    """Names how a trial ended: `pruned`, `stopped` (by the time limit or by hand), `over limit`.

    Args:
        status: `TrialRecord.status`.
    """
    return _STATUS_WORDS.get(status, status)


def stop_reason(stored: str) -> str:
    """Translates why a trial ended, as records hold it, into the words that a reader sees.

    Args:
        stored: `TrialRecord.stopped`, as this or an earlier version wrote it.
    """
    return _STOP_REASONS.get(stored, stored)


def plural(count: int, noun: str) -> str:
    """Writes a count with its noun: `1 trial`, `1,200 trials`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"

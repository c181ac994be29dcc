"""Describes trials in words."""

from attn_tuner.storage.trial_record import LINEAR_NAME


def words(record) -> str:
    """A trial in a few words: `bigru + additive`."""
    return f"{record.values.get('encoder', '?')} + {record.values.get('head', '?')}"


def describe(values: dict) -> str:
    """A trial in a few words: `bigru + additive, lr 2.0e-03`."""
    words = f"{values.get('encoder', '')} + {values.get('head', '')}"
    rate = values.get("learning_rate")
    return words if rate is None else f"{words}, learning rate {rate:.1e}"


def describe_head(values: dict) -> str:
    """The head's name; for a composed one its members too: `pooling (gated, mean, softmax)`."""
    head = values.get("head", "")
    prefix = f"head.{head}."
    inner = [
        value
        for path, value in values.items()
        if path.startswith(prefix) and path.count(".") == 2 and isinstance(value, str)
    ]
    return f"{head} ({', '.join(inner)})" if inner else head


def counted(count: int, what: str) -> str:
    """`1 trial`, `1,200 trials`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def members(ids) -> str:
    """The parts of an average in words: `trial 0001, trial 0004 and the linear model`."""
    named = ["the linear model" if each == LINEAR_NAME else f"trial {each}" for each in ids]
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def model_of(ids) -> str:
    """What is exported in words: `trial 0001`, `an average of trial 0001 and trial 0004`."""
    return members(ids) if len(ids) == 1 else f"an average of {members(ids)}"


def given_by_rung(record) -> str:
    """What a rung put in the place of a trial's values: `max_length=43`; "" without rungs."""
    return ", ".join(f"{name}={round(value, 3)}" for name, value in record.used.items())

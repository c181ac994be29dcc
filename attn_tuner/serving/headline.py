"""Says in one sentence how often the model of a search is right."""

from attn_tuner.storage.trial_text import plural


def headline(facts: dict) -> str:
    """Says how many of 100 texts the model gets right, and how many a linear model.

    Args:
        facts: from `reporting.summary.summarize`.

    Returns:
        A sentence; the technical one is `reporting.summary.summary_sentence`.
    """
    if facts["objective_sentence"]:
        return facts["objective_sentence"]
    own = next((row for row in facts["scores"] if row["name"] == "this model"), None)
    if own is None:
        return "No trial has a score yet."
    linear = next(
        (row for row in facts["scores"] if (row["name"], row["part"]) == ("linear", own["part"])),
        None,
    )
    model = "This model" if facts["finished"] else "The best model so far"
    tested = own["part"] == "test"
    shares = [own["accuracy"], *([linear["accuracy"]] if linear else [])]
    total = _total(shares, own["texts"])
    texts = plural(total, "text" if tested else "validation text")
    said = f"{model} is right on {_count(own['accuracy'], total)} of {texts}"
    said += " it has never seen" if tested else ""
    if linear is None:
        return f"{said}."
    return f"{said}; a linear model on {_count(linear['accuracy'], total)}."


def _total(shares: list[float], texts: int) -> int:
    """Returns of how many texts to speak: 100, or more where that would hide a wrong answer."""
    total = 100
    while any(share < 1 and round(share * total) == total for share in shares):
        total *= 10
    if texts and (total > texts or 1 in shares):
        return texts
    return total


def _count(share: float, total: int) -> str:
    return f"{round(share * total):,}"

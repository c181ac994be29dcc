"""Says in words how a search over pairs of texts ended."""

from attn_tuner.metrics import TEXT_MEASURES, perfect
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_model, plural
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.weight_retention import CONTROL

_SHORTEST = 60  # Characters of a text in an example.


def outcome_rows(run: Run) -> list[tuple[str, str]]:
    """Returns labels and sentences: the result, what attention is worth, files, examples."""
    outcome, plan = run.outcome, run.plan
    if not outcome:
        return [("Result", "The search has not ended yet.")]
    winner = next(each for each in run.records if each.trial_id == outcome["winner"])
    trials = f"{plural(len(run.records), 'trial')} in {format_duration(outcome['seconds'])}"
    width = outcome["width"]["width"]
    decoding = f"beam {width}" if width > 1 else "greedy"
    model = f"trial {winner.trial_id}, {describe_model(winner.values)}, {decoding}"
    rows = [
        ("Result", f"test {metrics_line(outcome['test'])} ({outcome['test_texts']:,} pairs)"),
        ("", f"{model}; {trials}"),
        ("Control", _control(run, winner.values["attention"])),
    ]
    for row in run.baselines:
        rows.append(("", f"{row['name']}: {metrics_line(row['test'])}"))
    if outcome.get("mass") is not None:
        mass = f"{outcome['mass']:.3f} of the alignment lies on the characters that decide"
        rows.append(("Span", mass))
    rows += _lengths(run)
    for example in outcome["examples"]:
        rows.append((example["kind"].capitalize(), _example(example)))
    rows.append(
        (
            "Export",
            f"{run.export} ({outcome['megabytes']:.1f} MB): a process with TensorFlow alone wrote "
            f"the same {outcome['proved']} texts, scores within {outcome['difference']:.1e}",
        )
    )
    rows.append(("Score", f"validation {plan.objective} chose among the trials"))
    return rows


def table_lines(run: Run) -> list[str]:
    """Returns the outcome as lines of text."""
    return [f"{label:<10}{said}" for label, said in outcome_rows(run)]


def metrics_line(metrics: dict) -> str:
    """Lists the metrics of written texts: `exact match 0.9980, chrF 99.9`."""
    shown = {"exact_match": "exact match", "token_accuracy": "token accuracy", "chrf": "chrF"}
    shown |= {"bleu": "BLEU", "rouge1": "ROUGE-1", "rouge2": "ROUGE-2", "rougeL": "ROUGE-L"}
    return ", ".join(
        f"{shown[name]} {metrics[name]:.{1 if perfect(name) == 100 else 4}f}"
        for name in TEXT_MEASURES
        if metrics.get(name) is not None
    )


def _control(run: Run, attention: str) -> str:
    control, name = run.outcome.get("control"), run.plan.objective
    if attention == CONTROL:
        return "the best trial is one without attention"
    if control is None:
        return f"no other trial with attention '{CONTROL}' has its weights"
    gain = run.outcome["test"][name] - control["test"][name]
    return (
        f"without attention {metrics_line(control['test'])}; attention is worth {gain:+.4g} "
        f"{name.replace('_', ' ')}"
    )


def _lengths(run: Run) -> list[tuple[str, str]]:
    rows = []
    for each in run.outcome["by_length"]:
        found = "; ".join(
            f"{'' if name == 'model' else name + ' '}{metrics_line(metrics)}"
            for name, metrics in each["metrics"].items()
        )
        label = "Length" if not rows else ""
        rows.append((label, f"{each['from']}-{each['to']} tokens ({each['pairs']:,}): {found}"))
    return rows


def _example(example: dict) -> str:
    def short(text: str) -> str:
        return text if len(text) <= _SHORTEST else f"{text[: _SHORTEST - 1]}…"

    source, written = short(example["source"]), short(example["written"])
    if example["written"] == example["wanted"]:
        return f"{source!r} -> {written!r}"
    return f"{source!r} -> {written!r}, not {short(example['wanted'])!r}"

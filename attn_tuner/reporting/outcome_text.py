"""Says in sentences how the exported model was made and how good its scores are.

A sentence is "" where there is nothing to say. The sentences stand in the outcome on the terminal
and as notes in the report.
"""

import contextlib
import math
import shlex
import statistics
import textwrap
from collections.abc import Mapping
from pathlib import Path

from attn_tuner.baselines.members import member_of
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.metrics import interval
from attn_tuner.reporting.coverage import coverage_sentence, known_sentence, quantile_sentence
from attn_tuner.reporting.forecast import Forecast, forecast_gain
from attn_tuner.storage.layout import LEARNT_FROM
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import LINEAR_NAME, MINIROCKET_NAME
from attn_tuner.storage.trial_text import describe_export, describe_members, describe_model
from attn_tuner.text.dataset_notes import missing_class_note
from attn_tuner.tuning.duration import format_duration

LABEL_WIDTH = 8  # Columns of what begins a line: "Data", "Answer".


def outcome_rows(run: Run) -> list[tuple[str, str]]:
    """Lists the last lines of a search: the answer, the linear baseline, where the model is.

    Returns:
        Pairs of a label and a sentence.
    """
    if not run.outcome:
        return [("Answer", "The search has not ended yet. The same command continues it.")]
    part = "test" if run.outcome.get("test") else "validation"
    scores = run.outcome.get(part) or {}
    texts = run.outcome.get("test_texts", 0) if part == "test" else 0
    size = run.outcome.get("megabytes")
    size = f" of {size:.1f} MB" if size else ""
    proof = "checked in a fresh process"
    return [
        ("Answer", f"{_right(run, scores, part, texts)}: {_model(run)}."),
        ("Linear", _against_linear(run, scores, part, texts)),
        ("Model", f"{_near(run.export)}, a SavedModel{size}, {proof}."),
    ]


def outcome_notes(run: Run) -> list[str]:
    """Lists what a reader must know of the scores: missing classes, limits, damaged files."""
    missing = missing_classes_notes(run, "test") if run.outcome.get("test") else []
    said = filter(None, (attention_sentence(run), student_sentence(run)))
    remarks = run.outcome.get("remarks", [])  # Of an older folder, these say it too.
    return [*missing, *dict.fromkeys([*said, *remarks]), *run.notes]


def next_commands(run: Run) -> list[str]:
    """Lists the commands that go on from a finished search: those that its kind of input has."""
    folder, kind = shlex.quote(str(_near(run.directory))), kind_named(run.plan.input)
    others = {
        "predict": f"attn-tuner predict {folder} {kind.example}",
        "report": f"attn-tuner report {folder}",
        "serve": f"attn-tuner serve {folder}",
        "export": f"attn-tuner export {folder} FOLDER",
    }
    return [others[name] for name in kind.commands]


def hang(text: str, width: int) -> str:
    """Wraps lines that are wider than a terminal, behind the label with which each begins.

    Args:
        text: lines that begin with a label of `LABEL_WIDTH` columns.
        width: of the terminal, in columns.
    """
    indent = " " * LABEL_WIDTH
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=indent,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        )
        if len(line) > width
        else line
        for line in text.splitlines()
    )


def _near(path: Path) -> Path:
    """Returns the path from the current folder where it lies below that."""
    with contextlib.suppress(ValueError, OSError):
        return path.absolute().relative_to(Path.cwd())
    return path


def _right(run: Run, scores: Mapping, part: str, texts: int) -> str:
    """Says how good the exported model is, the number first."""
    on = f"{texts:,} {part} texts" if texts else f"the {part} texts"
    if "accuracy" not in scores:
        objective = run.plan.objective
        return f"{objective} {format_score(scores.get(objective))} on {on}"
    said = f"{_percent(scores['accuracy'])} of {on} right"
    if not texts:
        return said
    low, high = interval(scores["accuracy"], texts)
    return f"{said} (95 % interval {100 * low:.1f} to {_percent(high)})"


def _model(run: Run) -> str:
    members = list(run.members)
    values = {record.trial_id: record.values for record in run.records}
    named = describe_export(members)
    if len(members) == 1 and members[0] in values:
        return f"{named}, {describe_model(values[members[0]])}"
    return named


def _against_linear(run: Run, scores: Mapping, part: str, texts: int) -> str:
    """Compares the exported model with the linear baseline on the same texts."""
    linear = next((row.get(part) for row in run.baselines if row["name"] == "linear"), None)
    if not linear:
        return "The linear baseline was not measured."
    if "accuracy" not in scores:
        return f"{run.plan.objective} {format_score(linear.get(run.plan.objective))}."
    gap = scores["accuracy"] - linear["accuracy"]
    said = f"{_percent(linear['accuracy'])}. The model is "
    if round(abs(gap), 3) == 0:
        return f"{said}as good."
    said += f"{abs(gap) * 100:.1f} points {'better' if gap > 0 else 'worse'}"
    if not texts:
        return f"{said}."
    own, other = interval(scores["accuracy"], texts), interval(linear["accuracy"], texts)
    apart = own[0] > other[1] or own[1] < other[0]
    return f"{said}." if apart else f"{said}; the difference may be chance."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def final_model_notes(run: Run) -> list[str]:
    """Lists the sentences on how the exported model was made, the baseline and a longer search."""
    sentences = (
        ensemble_sentence(run),
        linear_sentence(run),
        minirocket_sentence(run),
        calibration_sentence(run),
        thresholds_sentence(run),
        coverage_sentence(run),
        quantile_sentence(run),
        known_sentence(run),
        attention_sentence(run),
        repeats_sentence(run),
        student_sentence(run),
        forecast_sentence(run),
    )
    return [sentence for sentence in sentences if sentence]


def ensemble_sentence(run: Run) -> str:
    """Says which trials the exported model averages, and its score beside the best trial's."""
    if len(run.members) < 2:
        return ""
    weights = ", ".join(f"{weight:.2f}" for weight in run.members.values())
    objective = run.plan.objective
    what = "the logarithms of the probabilities of " if run.logarithms else ""
    return (
        f"The exported model averages {what}{describe_members(run.members)}, with weights "
        f"{weights}: validation {objective} {run.outcome['validation'][objective]:.4f}; the best "
        f"trial alone has {run.outcome['alone']:.4f}."
    )


def student_sentence(run: Run) -> str:
    """Says what a trial learnt from a teacher, and its score beside that of the teacher."""
    facts = run.outcome.get(LEARNT_FROM) or {}
    if "teacher" not in facts:
        return ""
    score = facts["teacher_score"]
    teacher = "" if score is None else f", of its teacher {format_score(score)}"
    return (
        f"Trial {facts['student']} of {facts['run']} learnt from {facts['teacher']}: "
        f"{facts['training_texts']:,} training texts, {facts['unlabelled_texts']:,} without labels "
        f"and {facts['changed_texts']:,} changed copies, in {format_duration(facts['seconds'])}. "
        f"Validation {run.plan.objective}: {format_score(facts['before'])} before, "
        f"{format_score(facts['after'])} now{teacher}."
    )


def linear_sentence(run: Run) -> str:
    """Says that the linear baseline is better than the exported model, and how to include it."""
    objective = run.plan.objective
    linear = next((row for row in run.baselines if row["name"] == LINEAR_NAME), None)
    other = linear["validation"].get(objective) if linear else None
    own = run.outcome.get("validation", {}).get(objective)
    if own is None or other is None or run.sign * other <= run.sign * own:
        return ""
    said = f"The linear baseline is better: validation {objective} {other:.4f}, the exported model "
    return f"{said}{own:.4f}.{_how_to_average(run, LINEAR_NAME, 'the linear baseline')}"


def minirocket_sentence(run: Run) -> str:
    """Says what MiniRocket and ridge reach, and whether the exported model holds them."""
    found = next((row for row in run.baselines if row["name"] == MINIROCKET_NAME), None)
    score = found["validation"].get(run.plan.objective) if found else None
    if score is None:
        return ""
    said = f"MiniRocket and ridge reach validation {run.plan.objective} {score:.4f}"
    share = run.members.get(MINIROCKET_NAME)
    if share is not None:
        return f"{said}; they have {share:.2f} of the exported average."
    how = _how_to_average(run, MINIROCKET_NAME, "MiniRocket")
    return f"{said}; the exported model does not hold them.{how}"


def _how_to_average(run: Run, baseline: str, words: str) -> str:
    """Says which settings keep a baseline out of the exported model; "" if none does."""
    plan = run.plan
    if member_of(plan.input).name != baseline:
        return ""
    limits = [f"max_{name}" for name, limit in plan.limits.items() if limit is not None]
    excluding = [*limits, *(["faithful"] if plan.faithful else [])]
    if len(run.members) > 1 or (plan.ensemble > 1 and not excluding):
        return ""
    if excluding:
        return (
            f" With {' and '.join(excluding)} a single trial is exported; without, an average may "
            "include it."
        )
    return f" ensemble=1 exports a single trial; ensemble=5 may average it with {words}."


def attention_sentence(run: Run) -> str:
    """Says how much attention lies on what is known to decide; "" where that is not known."""
    found = run.outcome.get("attention")
    if not found:
        return ""
    return (
        f"On {found['inputs']:,} series of which it is known which steps decide, "
        f"{100 * found['mass']:.0f} % of the attention lies on those; even attention would put "
        f"{100 * found['even']:.0f} % there."
    )


def calibration_sentence(run: Run) -> str:
    """Gives the temperature, and the calibration error before and after it."""
    found = run.outcome.get("calibration")
    if not found:
        return ""
    return (
        f"Calibrated on validation texts with temperature {found['temperature']:.2f}: expected "
        f"calibration error {found['error_before']:.4f} before, {found['error_after']:.4f} after."
    )


def thresholds_sentence(run: Run) -> str:
    """Gives the decision thresholds chosen for F1, and the F1 before and after."""
    found = run.outcome.get("thresholds")
    if not found:
        return ""
    thresholds = found["at"] if len(set(found["at"])) > 1 else found["at"][:1]
    shown = ", ".join(f"{threshold:.2f}" for threshold in thresholds)
    return (
        f"Decision threshold for {found['objective']}: {shown}. Probabilities are shifted so that "
        f"it lies at 0.5, which raises {found['objective']} on the validation texts from "
        f"{found['before']:.4f} to {found['after']:.4f}. They are no longer calibrated."
    )


def repeats_sentence(run: Run) -> str:
    """Gives mean and standard deviation of the scores of trials trained with several seeds."""
    parts = []
    for record in run.ranked():
        if record.score is not None and record.repeats:
            scores = [record.score, *record.repeats]
            mean, deviation = statistics.mean(scores), statistics.stdev(scores)
            parts.append(
                f"trial {record.trial_id} {mean:.4f} (standard deviation {deviation:.4f}, "
                f"{len(scores)} seeds)"
            )
    if not parts:
        return ""
    return f"Mean validation {run.plan.goal} over several seeds: {'; '.join(parts)}."


def forecast_of(run: Run, more_seconds: float | None = None) -> Forecast:
    """Estimates what a longer search would gain; see `forecast.forecast_gain`.

    Args:
        run: the search.
        more_seconds: the extra time, in seconds; if not given, as much as was spent.
    """
    ended = [
        (record.ended, run.sign * record.score)
        for record in run.ranked()
        if record.score is not None and record.status != "cut"
    ]
    return forecast_gain(ended, more_seconds)


def forecast_sentence(run: Run) -> str:
    """Estimates what as much time again would gain; "" after few trials or a perfect score."""
    forecast = forecast_of(run)
    best = run.ranked()[0].score if forecast.trials else None
    if forecast.gain is None or (run.sign > 0 and best is not None and best >= 1.0):
        return ""
    return str(forecast)


def missing_classes_notes(run: Run, part: str) -> list[str]:
    """Lists the one sentence on classes that a part of the data lacks, or nothing.

    Args:
        run: the run, whose search has ended.
        part: "test" or "validation".
    """
    absent = (run.outcome.get("lacking") or {}).get(part)
    return [missing_class_note(part, absent, len(run.plan.classes))] if absent else []


def format_score(value: float | None) -> str:
    """Formats a score with four decimals; "unknown" where it could not be computed."""
    return f"{value:.4f}" if value is not None and math.isfinite(value) else "unknown"

"""The report: facts gathered from a run folder, drawn, and written as one file of HTML."""

import base64
import hashlib
import math
from pathlib import Path

import jinja2
from markupsafe import Markup

from attn_tuner.errors import RunError
from attn_tuner.explaining.faithfulness import NAMES
from attn_tuner.exporting import Bundle
from attn_tuner.reporting import classification as quality
from attn_tuner.reporting import classification_figures as quality_figures
from attn_tuner.reporting import search_figures as figures
from attn_tuner.reporting import search_history as facts
from attn_tuner.reporting.example_texts import KINDS, Looks, look
from attn_tuner.reporting.head_comparison import judge
from attn_tuner.reporting.highlighting import marked_text
from attn_tuner.reporting.importance import importances
from attn_tuner.reporting.json_in_html import as_script
from attn_tuner.reporting.reproducibility import reproducibility, usage
from attn_tuner.reporting.summary import answer, costs, sentence
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.layout import BUNDLE, REPORT
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import counted, words
from attn_tuner.storage.validation_data import Validation

SLICES = 6
MOST_ROWS = 300  # Of a table; a longer one ends with how many rows more there are.


def write_report(directory, out=None, *, seconds: float = 20.0, trust=()) -> Path:
    """Writes the report of the run in `directory`: one HTML file that needs nothing beside it.

    A run that has not ended is reported as far as it has come.

    Args:
        directory: the run's folder.
        out: the file; `report.html` in the run's folder if not given.
        seconds: time allowed for measuring how faithful the highlights are.
        trust: names of modules whose layers the model may hold; see `Bundle.load`.

    Returns:
        The file's path.

    Raises:
        RunError: `directory` is no run folder.
    """
    run = Run.read(directory)
    out = Path(out) if out is not None else run.directory / REPORT
    out.parent.mkdir(parents=True, exist_ok=True)
    html = render(gather(run, seconds=seconds, trust=trust))
    data = html.encode("utf-8", errors="replace")  # A lone surrogate has no bytes of its own.
    write_whole(out, lambda path: path.write_bytes(data))
    return out


def gather(run: Run, *, seconds: float = 20.0, trust=()) -> dict:
    """Everything that the report tells, as data and figures; nothing of it is HTML yet."""
    validation = Validation.read(run)
    bundle, damaged = _bundle(run, trust)
    found = answer(run, len(validation.labels))
    found["remarks"] += [*run.notes, *validation.notes, *damaged]
    sample = list(validation.texts[:15]) or ["a short text"]
    return {
        "title": run.plan.source,
        "classes": list(run.plan.classes),
        "answer": found,
        "sentence": sentence(found),
        "costs": costs(bundle, run.export if run.outcome else None, sample) if bundle else None,
        "usage": usage(run, bundle) if bundle and run.outcome else [],
        "verdict": judge(run, validation, run.plan.seed),
        "search": _search(run),
        "failures": _failures(run),
        "kind": run.plan.kind,
        "quality": _quality(run, found, validation, bundle) if run.plan.kind == "class" else None,
        "looks": _looks(run, bundle, validation, seconds),
        "card": reproducibility(run, bundle),
    }


def render(gathered: dict) -> str:
    """The facts as one page of HTML; all that came from outside is escaped."""
    from plotly.offline import get_plotlyjs

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("attn_tuner.reporting"), autoescape=True, undefined=_Strict
    )
    environment.filters |= {"cell": cell, "counted": counted, "marked": marked_text}
    verdict = gathered["verdict"]
    drawn = {
        "verdict": [figures.verdict_figure(verdict)] if verdict.kinds else [],
        "search": gathered["search"]["figures"],
        "slices": gathered["search"]["slices"],
        "quality": gathered["quality"]["figures"] if gathered["quality"] else [],
        "faithfulness": _faithfulness(gathered["looks"]),
    }
    plots = {figure.name: figure.plot for each in drawn.values() for figure in each}
    scripts = [get_plotlyjs(), environment.loader.get_source(environment, "report.js")[0]]
    return environment.get_template("report.html.j2").render(
        **{**gathered, "figures": drawn},
        kinds=KINDS,
        plots=as_script(plots),
        scripts=[Markup(script) for script in scripts],
        allowed=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        most_rows=MOST_ROWS,
    )


def cell(value) -> str:
    """A value as a table shows it."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _bundle(run, trust) -> tuple[Bundle | None, list[str]]:
    """The winner, or None and perhaps why it cannot be read."""
    if not (run.directory / BUNDLE).exists():
        return None, []
    try:
        return Bundle.load(run.directory / BUNDLE, trust), []
    except RunError as error:
        return None, [f"The exported model is left out: {error}"]


class _Strict(jinja2.StrictUndefined):
    """A name that the template asks for and nobody gave is a fault of ours."""


def _looks(run, bundle, validation, seconds) -> Looks:
    if not bundle:
        return Looks(notes=("Texts are shown once the search has ended and has a winner.",))
    if run.plan.kind != "class":
        return Looks(notes=("Texts are shown where each has one class.",))
    return look(bundle, validation, seconds=seconds, seed=run.plan.seed)


def _search(run) -> dict:
    objective = run.plan.objective
    times, curves = facts.scores_over_time(run), facts.learning_curves(run)
    importance = importances(run, run.plan.seed)
    order = [*importance["shares"], *facts.searched(run)]
    order = list(dict.fromkeys(order))
    found = []
    if times:
        found.append(figures.time_figure(times, run.plan.goal))
    if curves:
        found.append(figures.curves_figure(curves, objective))
    if order:
        found.append(figures.parallel_figure(facts.parallel_coordinates(run, order)))
    if importance["shares"]:
        found.append(figures.importance_figure(importance))
    return {
        "figures": found,
        "slices": [
            figures.slice_figure(each, objective) for each in facts.slices(run, order[:SLICES])
        ],
        "reason": importance.get("reason", ""),
    }


def _failures(run) -> list[tuple]:
    return [
        (record.trial_id, words(record), record.remark or record.stopped)
        for record in run.records
        if record.status in ("failed", "infeasible") or record.remark
    ]


def _quality(run, found, validation, bundle) -> dict | None:
    probabilities = validation.exported()
    if probabilities is None and found["winner"]:
        probabilities = validation.answers(found["winner"])
    if probabilities is None:
        return None
    labels, classes = validation.labels, run.plan.classes
    drawn = [quality_figures.reliability_figure(quality.reliability(labels, probabilities))]
    curves = quality.roc_curves(labels, probabilities, classes)
    if curves:
        drawn = [
            quality_figures.roc_figure(curves),
            quality_figures.precision_recall_figure(
                quality.precision_recall_curves(labels, probabilities, classes)
            ),
            *drawn,
        ]
    texts = len(validation.texts)
    if bundle and texts:
        _, offsets = bundle.vectorizer.encode(validation.texts)
        lengths = offsets[1:] - offsets[:-1]
        rows = quality.by_length(lengths, labels[:texts], probabilities[:texts])
        drawn.append(quality_figures.length_figure(rows))
    return {
        "texts": len(labels),
        "confusion": quality.confusion(labels, probabilities, classes),
        "classes": quality.per_class(labels, probabilities, classes),
        "figures": drawn,
    }


def _faithfulness(looks) -> list:
    if looks.faithfulness is None:
        return []
    return [quality_figures.faithfulness_figure(looks.faithfulness, NAMES)]


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

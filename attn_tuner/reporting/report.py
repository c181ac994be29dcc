"""Writes the report of a run: one HTML file with tables, figures and example texts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attn_tuner.errors import RunError
from attn_tuner.explaining.faithfulness import RANKING_NAMES
from attn_tuner.exporting import load_bundle
from attn_tuner.inputs.kinds import TEXT, kind_named
from attn_tuner.reporting import (
    classification,
    classification_figures,
    search_figures,
    search_history,
)
from attn_tuner.reporting.coverage import coverage_rows, coverage_sentence, known_sentence
from attn_tuner.reporting.data_to_check import find_data_to_check
from attn_tuner.reporting.example_texts import KINDS, ExampleTexts, explain_examples
from attn_tuner.reporting.hard_groups import HardGroups, described_groups, find_hard_groups
from attn_tuner.reporting.head_comparison import compare_heads
from attn_tuner.reporting.importance import importances
from attn_tuner.reporting.page import render_page
from attn_tuner.reporting.plotly_figure import Figure
from attn_tuner.reporting.reproducibility import reproducibility, usage
from attn_tuner.reporting.summary import measure_costs, summarize, summary_sentence
from attn_tuner.reporting.table_slices import NO_SLICES, Slices, sliced
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.layout import BUNDLE, DATA, REPORT
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_model, stop_reason
from attn_tuner.storage.validation_data import Validation, kept_inputs

Trust = str | Sequence[str]

MAX_SLICES = 6
SHOWN_TEXTS = 5  # Of a group that is answered worse.
LONGEST = 200  # Characters of such a text.
SAMPLE = 15  # Inputs on which the model is timed; generated ones where the run keeps none.


def write_report(
    directory: str | Path,
    out: str | Path | None = None,
    *,
    seconds: float = 20.0,
    trust: Trust = (),
    slices: Slices = NO_SLICES,
) -> Path:
    """Writes the report of a run as one self-contained HTML file.

    A search that still runs is reported as it stands.

    Args:
        directory: the run folder.
        out: path of the file; `report.html` in the run folder if not given.
        seconds: float, time limit for measuring the faithfulness of attention.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.
        slices: columns of the table of the search by which texts are grouped, see `table_slices`.

    Returns:
        The path of the file.

    Raises:
        DataError: the table of the slices cannot be read, or lacks a column.
        RunError: `directory` is not a run folder.
    """
    run = Run.read(directory)
    out = Path(out) if out is not None else run.directory / REPORT
    out.parent.mkdir(parents=True, exist_ok=True)
    html = render_report(collect_report(run, seconds=seconds, trust=trust, slices=slices))
    data = html.encode("utf-8", errors="replace")  # A lone surrogate has no UTF-8.
    write_whole(out, lambda path: path.write_bytes(data))
    return out


def collect_report(
    run: Run, *, seconds: float = 20.0, trust: Trust = (), slices: Slices = NO_SLICES
) -> dict:
    """Collects the data and the figures of a report.

    Args:
        run: the run.
        seconds: float, time limit for measuring the faithfulness of attention.
        trust, slices: as in `write_report`.

    Returns:
        What the template reads, by name; see `render_report`.
    """
    validation = Validation.read(run)
    bundle, damaged = _bundle(run, trust)
    found = summarize(run, len(validation.labels))
    found["remarks"] += [*run.notes, *validation.notes, *damaged]
    single_label = run.plan.kind == "class"
    quality = _classification(run, found, validation, bundle, slices) if single_label else None
    export = run.export if run.outcome else None
    sample = (kept_inputs(run, SAMPLE, validation)[0] or bundle.samples()) if bundle else []
    return {
        "title": run.plan.source,
        "input": run.plan.input,
        "classes": list(run.plan.classes),
        "answer": found,
        "sentence": summary_sentence(found),
        "costs": measure_costs(bundle, export, sample) if bundle else None,
        "usage": usage(run, bundle) if bundle and run.outcome else [],
        "verdict": compare_heads(run, validation, run.plan.seed),
        "search": _search(run),
        "failures": _failures(run),
        "kind": run.plan.kind,
        "several": run.plan.several,
        "quality": quality,
        "coverage": (coverage_sentence(run), coverage_rows(run)),
        "known": known_sentence(run),
        "examples": _examples(run, bundle, validation, seconds),
        "pictures": _of_validation(run, bundle, "pictures", run.plan.seed),
        "faithfulness": _of_validation(run, bundle, "faithfulness", seconds, run.plan.seed),
        "card": reproducibility(run, bundle),
    }


def render_report(gathered: dict) -> str:
    """Renders the collected report as one page of HTML; everything from outside is escaped.

    Args:
        gathered: from `collect_report`.
    """
    verdict = gathered["verdict"]
    drawn = {
        "verdict": [search_figures.verdict_figure(verdict)] if verdict.heads else [],
        "search": gathered["search"]["figures"],
        "slices": gathered["search"]["slices"],
        "quality": gathered["quality"]["figures"] if gathered["quality"] else [],
        "faithfulness": _faithfulness_figures(gathered["examples"]),
    }
    heading = kind_named(gathered["input"]).plural.capitalize()
    facts = {**gathered, "kinds": KINDS, "heading": heading}
    return render_page("report.html.j2", drawn, facts, gathered["input"])


def _bundle(run: Run, trust: Trust) -> tuple[Any, list[str]]:
    """Loads the exported model; None and a note where it cannot be read."""
    if not (run.directory / BUNDLE).exists():
        return None, []
    try:
        return load_bundle(run.directory / BUNDLE, trust), []
    except RunError as error:
        return None, [f"The exported model is left out: {error}"]


def _examples(run: Run, bundle: Any, validation: Validation, seconds: float) -> ExampleTexts:
    if not bundle:
        return ExampleTexts(notes=("Texts are shown once the search has ended.",))
    kind = kind_named(run.plan.input)
    if kind.unit != TEXT.unit:
        return ExampleTexts()
    if run.plan.kind != "class":
        return ExampleTexts(notes=("Texts are shown for tasks with one class per text.",))
    rows = None
    if kind.held_out:
        rows = bundle.inputs(kept_inputs(run, len(validation.texts), validation)[0])
    return explain_examples(bundle, validation, rows=rows, seconds=seconds, seed=run.plan.seed)


def _of_validation(run: Run, bundle: Any, name: str, *options: Any) -> Any:
    """Calls a function of the kind of input with model and validation store; None without one."""
    kind, folder = kind_named(run.plan.input), run.directory / DATA / "validation"
    if not (getattr(kind, name) and bundle and folder.exists()):
        return None
    open_store = kind.part("store").open
    return kind.part(name)(bundle, open_store(folder), *options)


def _search(run: Run) -> dict:
    objective = run.plan.objective
    times, curves = search_history.scores_over_time(run), search_history.learning_curves(run)
    importance = importances(run, run.plan.seed)
    order = [*importance["shares"], *search_history.varied_dimensions(run)]
    order = list(dict.fromkeys(order))
    found = []
    if times:
        found.append(search_figures.time_figure(times, run.plan.goal))
    if curves:
        found.append(search_figures.curves_figure(curves, objective))
    if order:
        found.append(
            search_figures.parallel_figure(search_history.parallel_coordinates(run, order))
        )
    if importance["shares"]:
        found.append(search_figures.importance_figure(importance))
    slices = search_history.slices(run, order[:MAX_SLICES])
    return {
        "figures": found,
        "slices": [search_figures.slice_figure(each, objective) for each in slices],
        "reason": importance.get("reason", ""),
    }


def _failures(run: Run) -> list[tuple]:
    return [
        (
            record.trial_id,
            describe_model(record.values),
            record.remark or stop_reason(record.stopped),
        )
        for record in run.records
        if record.status in ("failed", "infeasible") or record.remark
    ]


def _classification(
    run: Run, found: dict, validation: Validation, bundle: Any, slices: Slices
) -> dict | None:
    probabilities = validation.exported()
    if probabilities is None and found["winner"]:
        probabilities = validation.answers(found["winner"])
    if probabilities is None:
        return None
    labels, classes = validation.labels, run.plan.classes
    drawn = [
        classification_figures.reliability_figure(classification.reliability(labels, probabilities))
    ]
    curves = classification.roc_curves(labels, probabilities, classes)
    if curves:
        drawn = [
            classification_figures.roc_figure(curves),
            classification_figures.precision_recall_figure(
                classification.precision_recall_curves(labels, probabilities, classes)
            ),
            *drawn,
        ]
    texts, hard = len(validation.texts), None
    if bundle and texts:
        ids, offsets = bundle.vectorizer.encode(validation.texts)
        lengths = offsets[1:] - offsets[:-1]
        rows = classification.accuracy_by_length(lengths, labels[:texts], probabilities[:texts])
        drawn.append(classification_figures.length_figure(rows))
        truth, answers = labels[:texts], probabilities[:texts].argmax(axis=1)
        groups = described_groups(
            truth, answers, classes, ids, offsets, bundle.vectorizer.vocabulary
        )
        groups |= sliced(run, validation.texts, slices)
        hard = find_hard_groups(truth == answers, groups)
    return {
        "hard": hard,
        "check": find_data_to_check(validation, probabilities, classes),
        "wrong_texts": {} if hard is None else _wrong_texts(hard, validation),
        "texts": len(labels),
        "confusion": classification.confusion(labels, probabilities, classes),
        "classes": classification.per_class(labels, probabilities, classes),
        "figures": drawn,
    }


def _wrong_texts(hard: HardGroups, validation: Validation) -> dict[str, list[str]]:
    """Returns some texts of each group that are answered wrongly, cut where they are long."""
    return {
        group.name: [_cut(validation.texts[place]) for place in group.wrong[:SHOWN_TEXTS]]
        for group in hard.groups
    }


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _faithfulness_figures(examples: ExampleTexts) -> list[Figure]:
    if examples.faithfulness is None:
        return []
    return [classification_figures.faithfulness_figure(examples.faithfulness, RANKING_NAMES)]

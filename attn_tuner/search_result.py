"""The result of a search: its leaderboard, its best model, its report and exports."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.explaining.explainer import explain
from attn_tuner.explaining.explanation import Explanations
from attn_tuner.exporting import load_bundle
from attn_tuner.exporting.artefact_folder import check_targets
from attn_tuner.exporting.export import export_bundle
from attn_tuner.exporting.prediction import Prediction, Predictions, predictions
from attn_tuner.inputs.kinds import COLUMNS, SERIES, TEXT, kind_named, require_words
from attn_tuner.metrics import interval
from attn_tuner.reporting.head_comparison import HeadComparison, compare_heads
from attn_tuner.reporting.leaderboard import front, leaderboard
from attn_tuner.reporting.outcome_text import (
    LABEL_WIDTH,
    final_model_notes,
    format_score,
    missing_classes_notes,
    next_commands,
    outcome_notes,
    outcome_rows,
)
from attn_tuner.reporting.report import write_report
from attn_tuner.reporting.table_slices import Slices
from attn_tuner.storage.checked_files import AGAIN
from attn_tuner.storage.layout import BUNDLE
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_export, plural
from attn_tuner.storage.validation_data import Validation, kept_inputs
from attn_tuner.system.terminal import escape_controls
from attn_tuner.tasks import task_named
from attn_tuner.tuning.duration import format_duration

__all__ = ["Prediction", "SearchResult"]

HELD_OUT = 500  # Validation texts at most on which an export is compared with its model.
WIDE = 120  # Columns where no terminal says how many there are.
_NEXT_IN_PYTHON = {
    TEXT.name: 'result.predict(["a text"]), result.explain(["a text"]), result.report(), '
    'result.export("folder")',
    SERIES.name: 'result.predict(series), result.report(), result.export("folder")',
    COLUMNS.name: 'result.predict(frame), result.report(), result.export("folder")',
}
_FORMATS = {"epochs": "{:.2f}", "seconds": "{:.0f}", "parameters": "{:,.0f}"}


class SearchResult:
    """The result of a search, read from its run folder.

    result.leaderboard()               trials and baselines, the best on validation first
    result.front()                     the Pareto front by score, size and speed
    result.verdict().sentence          whether attention helped
    result.test_metrics["accuracy"]    test metrics of the exported model
    result.predict(["a text"])         label and probabilities
    result.explain(["a text"])         attention weights of the words
    result.report("report.html")       a report of the search
    result.export("folder")            the best model, in one or several formats

    Args:
        directory: the run folder.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.

    Raises:
        RunError: `directory` is not a run folder.
    """

    def __init__(self, directory: str | os.PathLike, trust: str | Sequence[str] = ()):
        self.directory = Path(directory)
        self.run = Run.read(self.directory)
        self._trust = trust

    def leaderboard(self) -> pd.DataFrame:
        """One row a trial or baseline; see `reporting.leaderboard.leaderboard`."""
        return leaderboard(self.run)

    def front(self) -> pd.DataFrame:
        """The Pareto front; see `reporting.leaderboard.front`."""
        return front(self.run)

    def verdict(self) -> HeadComparison:
        """Compares heads with attention and without; see `head_comparison.compare_heads`."""
        return compare_heads(self.run, Validation.read(self.run), self.run.plan.seed)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the probabilities."""
        return self.run.plan.classes

    @cached_property
    def bundle(self) -> Any:
        """The best model with what reads its input, and class names: `Bundle`, `SeriesBundle`."""
        folder = self.directory / BUNDLE
        if not folder.exists() and self.run.outcome:
            raise DamagedFile(folder, "is missing", AGAIN)
        if not folder.exists():
            raise RunError(
                f"The search in {self.directory} has no model yet. Continue it with the command "
                "that started it."
            )
        return load_bundle(folder, self._trust)

    @property
    def best_model(self) -> keras.Model:
        """The best model, a Keras model of padded token ids or of padded series of numbers."""
        return self.bundle.model

    @property
    def test_metrics(self) -> dict[str, float]:
        """Test metrics of the exported model by name; empty without a test part."""
        return dict(self.run.outcome.get("test", {}))

    def predict(self, texts: object, text: str | list[str] | None = None) -> Predictions:
        """Predicts each text or series with the best model.

        Args:
            texts: of a model of series, series as `search` takes them; else a text; a list, array
                or Series of texts; a DataFrame, a mapping of columns or the path of a table; or a
                `tf.data.Dataset`: see `text.input_texts.read_texts`. Of a model of texts with
                columns a DataFrame, a mapping of columns, a list of dictionaries or the path of a
                table, with these columns.
            text: str, name of the text column of a table, or a list of columns to join as in
                training; if not given, the columns that the search was given, or an obvious one.

        Raises:
            DataError: no texts can be read from it.
        """
        bundle = self.bundle
        found = bundle.inputs(texts, text=text, trained=self.run.plan.text_columns)
        task = task_named(bundle.task, len(bundle.classes))
        answers = bundle.predict(found)
        names = [bundle.described(each) for each in found]
        doubt = (bundle.conformal, bundle.known)
        return predictions(names, answers, task, bundle.classes, *doubt)

    def explain(self, texts: object, text: str | list[str] | None = None) -> Explanations:
        """Predicts each text and returns the attention weights of its tokens.

        Args:
            texts, text: as for `predict`.
        """
        require_words(self.run.plan.input, "explain()", "Use predict().")
        columns = self.run.plan.text_columns
        given = self.bundle.inputs(texts, "explain()", text=text, trained=columns)
        return Explanations(explain(self.bundle, given))

    def report(
        self, path: str | Path | None = None, slices: Sequence[str] = (), table: Any = None
    ) -> Path:
        """Writes an HTML report; to `report.html` in the run folder if no path is given.

        Args:
            path: path of the file.
            slices: columns of the table of the search, such as `["source"]`, whose values are among
                the groups of texts that are searched for errors.
            table: another table with the same texts and these columns.
        """
        chosen = Slices((slices,) if isinstance(slices, str) else tuple(slices), table)
        return write_report(self.directory, path, trust=self._trust, slices=chosen)

    def export(
        self,
        path: str | os.PathLike,
        formats: str | Sequence[str] = ("savedmodel",),
        texts: Sequence[str] | None = None,
        labels: Any = None,
        **options: Any,
    ) -> list:
        """Writes the winner to the folder `path`; see `exporting.export_bundle`.

        Args:
            path: the folder.
            formats: names of formats.
            texts, labels: texts or series on which each artefact is compared with the model, and
                its accuracy measured. If not given, validation texts or series of the run.
            options: of `export_bundle`, such as `max_size_mb`.
        """
        formats = [formats] if isinstance(formats, str) else formats
        check_targets(path, formats)
        if texts is None:
            kept, labels = kept_inputs(self.run, HELD_OUT)
            texts, labels = (kept, labels) if kept else (None, None)
        return export_bundle(self.bundle, path, formats, texts, labels, **options)

    def __str__(self) -> str:
        said = [self.leaderboard_text(), *self.run.notes, *self.sentences()]
        return escape_controls("\n".join(said))

    def leaderboard_text(self, rows: int = 12) -> str:
        """Formats the top of the leaderboard, the baselines and the exported model.

        Args:
            rows: int, number of rows from the top.
        """
        table = self.leaderboard()
        plan = self.run.plan
        first = dict.fromkeys([f"val_{plan.goal}", f"val_{plan.objective}"])
        first = [*first, f"test_{plan.objective}"]
        rung = ["rung"] if "rung" in table else []
        shown = table[["name", "encoder", "head", *first, *rung, *_FORMATS, "status"]]
        always = shown["status"].isin(["baseline", "exported"])
        shown = shown[always | (np.arange(len(shown)) < rows)]
        formats = {**dict.fromkeys(first, "{:.4f}"), **_FORMATS}
        formatters = {name: _blank_or(form) for name, form in formats.items()}
        return shown.to_string(index=False, na_rep="", formatters=formatters)

    def sentences(self) -> list[str]:
        """Describes the outcome of the search in sentences."""
        outcome, plan = self.run.outcome, self.run.plan
        if not outcome:
            return ["The search has not ended yet."]
        said = []
        if outcome.get("test"):
            said += missing_classes_notes(self.run, "test")
            said.append(self._tested(outcome["test"], outcome["test_texts"]))
        if outcome.get("export"):
            said.append(
                f"Exported to {self.run.export}: checked in a fresh process, "
                f"{'numbers' if plan.kind == 'number' else 'probabilities'} "
                f"within {outcome['difference']:.1e}."
            )
        said.append(
            f"{plural(len(self.run.records), 'trial')} in {format_duration(outcome['seconds'])}; "
            f"objective {plan.goal} on validation."
        )
        said += [*final_model_notes(self.run), self.verdict().sentence]
        worded = kind_named(plan.input).worded
        return [worded(each) for each in (*said, *outcome.get("remarks", []))]

    def _tested(self, test: Mapping[str, float], texts: int) -> str:
        if "accuracy" not in test:
            said = ", ".join(f"{name} {format_score(value)}" for name, value in test.items())
            return f"Test {said} ({texts:,} texts), {describe_export(self.run.members)}."
        low, high = interval(test["accuracy"], texts)
        return (
            f"Test accuracy {test['accuracy']:.4f} (95 % interval {low:.4f} to {high:.4f}, "
            f"{texts:,} texts), {describe_export(self.run.members)}."
        )

    def summary(self) -> str:
        """Says in a few lines how good the model is, where it is, and what to do next."""
        worded = kind_named(self.run.plan.input).worded
        rows = outcome_rows(self.run)
        lines = [f"{label:<{LABEL_WIDTH}}{worded(said)}" for label, said in rows]
        if self.run.outcome:
            notes = outcome_notes(self.run)
            lines += [f"{'':<{LABEL_WIDTH}}{worded(note)}" for note in notes]
            lines += next_lines(next_commands(self.run))
        return escape_controls("\n".join(lines))

    def __repr__(self) -> str:
        return f"SearchResult({str(self.directory)!r})"

    def _repr_html_(self) -> str:
        kind = kind_named(self.run.plan.input)
        rows = [*outcome_rows(self.run), *(("Note", note) for note in outcome_notes(self.run))]
        rows = [(label, kind.worded(said)) for label, said in rows]
        if self.run.outcome:
            rows.append(("Next", _NEXT_IN_PYTHON[kind.name]))
        said = "".join(
            f"<div><strong>{escape(label)}</strong> {escape(escape_controls(sentence))}</div>"
            for label, sentence in rows
        )
        return f"<div class='attn-result'>{said}{self.leaderboard()._repr_html_()}</div>"


def next_lines(commands: Sequence[str], width: int | None = None) -> list[str]:
    """Lays out commands behind the label "Next": two on a line, or one where that is too wide.

    Args:
        commands: what may be done next.
        width: columns of the terminal; that of this one if not given.
    """
    width = width or shutil.get_terminal_size((WIDE, 24)).columns
    left = max(map(len, commands[::2])) + 3
    right = max(map(len, commands[1::2]), default=0)
    pairs = [
        f"{one:<{left}}{other}".rstrip()
        for one, other in zip_longest(commands[::2], commands[1::2], fillvalue="")
    ]
    rows = pairs if LABEL_WIDTH + left + right <= width else commands
    return [f"{'' if at else 'Next':<{LABEL_WIDTH}}{row}" for at, row in enumerate(rows)]


def _blank_or(form: str) -> Callable[[float], str]:
    return lambda value: "" if pd.isna(value) else form.format(value)

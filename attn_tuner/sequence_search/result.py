"""The result of a search over pairs of texts."""

import os
import shutil
from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from attn_tuner.errors import DamagedFile, RunError, UnknownName
from attn_tuner.exporting.artefact_folder import artefact_folder
from attn_tuner.exporting.trusted_modules import import_trusted, load_trusted_model
from attn_tuner.metrics import TEXT_MEASURES
from attn_tuner.registry import unknown
from attn_tuner.reporting.outcome_text import LABEL_WIDTH
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.sequence_search.encoded_pairs import EncodedPairs
from attn_tuner.sequence_search.leaderboard import leaderboard
from attn_tuner.sequence_search.report import write_report
from attn_tuner.sequence_search.wording import outcome_rows, table_lines
from attn_tuner.storage.atomic_files import write_text
from attn_tuner.storage.checked_files import AGAIN, read_object, reading
from attn_tuner.storage.layout import (
    BUNDLE,
    BUNDLE_MODEL,
    CARD_PAGE,
    DATA,
    PLAN,
    SAVED_MODEL,
    TRANSLATOR,
)
from attn_tuner.storage.plan import SEQUENCE, Plan
from attn_tuner.storage.run import Run
from attn_tuner.system.terminal import escape_controls
from attn_tuner.text.input_texts import read_texts

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.sequence.translator import Translator

BATCH = 128  # Texts that are written at once.
PROVED = 64  # Validation texts with which an export is checked.


class SequenceResult:
    """The result of a search over pairs of texts, read from its run folder.

    result.leaderboard()               trials and baselines, the best on validation first
    result.test_metrics["bleu"]        test metrics of the exported model
    result.gain()                      what attention is worth against the control
    result.predict(["a text"])         the text that the model writes
    result.report("report.html")       examples with their alignments, quality by length
    result.translator.explained([...]) with tokens and alignment

    Args:
        directory: the run folder.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.

    Raises:
        RunError: `directory` is not the folder of such a search.
    """

    def __init__(self, directory: str | os.PathLike, trust: str | Sequence[str] = ()):
        self.directory = Path(directory)
        self.run = Run.read(self.directory)
        self._trust = trust
        if self.run.plan.task != SEQUENCE:
            raise RunError(
                f"{directory} is not the folder of a search over pairs of texts. Use "
                "attn_tuner.load, which tells what was searched."
            )

    def leaderboard(self) -> pd.DataFrame:
        """One row a trial or baseline; see `sequence_search.leaderboard.leaderboard`."""
        return leaderboard(self.run)

    @property
    def test_metrics(self) -> dict[str, float]:
        """Test metrics of the exported model by name."""
        return dict(self.run.outcome.get("test", {}))

    def gain(self) -> float | None:
        """Returns the test objective of the exported model less that of the control.

        The control is the best trial with `attention="none"`; None where none has its weights.
        """
        control = self.run.outcome.get("control")
        if control is None:
            return None
        name = self.run.plan.objective
        return self.test_metrics[name] - control["test"][name]

    @cached_property
    def translator(self) -> "Translator":
        """The exported model with its vocabularies: strings in, strings out."""
        from attn_tuner.sequence.translator import Translator

        folder = self.directory / BUNDLE
        if not folder.exists():
            if self.run.outcome:
                raise DamagedFile(folder, "is missing", AGAIN)
            raise RunError(f"The search in {self.directory} has no model yet. Continue it.")
        kinds: dict[str, Any] = {"source": dict, "target": dict, "width": int}
        config = read_object(folder / TRANSLATOR, kinds, AGAIN)
        with reading(folder / BUNDLE_MODEL, AGAIN):
            model = load_trusted_model(folder / BUNDLE_MODEL, folder, import_trusted(self._trust))
        with reading(folder / TRANSLATOR, AGAIN):
            vocabularies = PairVocabularies.from_config(config)
        return Translator(model, vocabularies, config["width"], config["length_penalty"])

    def predict(self, texts: object, text: str | list[str] | None = None) -> list[str]:
        """Returns what the model writes for each text.

        Args:
            texts: a text; a list, array or Series of texts; a table, or the path of one; or a
                `tf.data.Dataset`: see `text.input_texts.read_texts`.
            text: str, name of the column of sources in a table, or a list of columns to join.

        Raises:
            DataError: no texts can be read from it.
        """
        given = read_texts(texts, text, "predict()", self.run.plan.text_columns).texts
        found: list[str] = []
        for start in range(0, len(given), BATCH):
            found += self.translator(given[start : start + BATCH])
        return found

    def export(self, path: str | os.PathLike, formats: str | Sequence[str] = "savedmodel") -> Path:
        """Writes the model as its user runs it, and returns its folder.

        Args:
            path: the folder; with several formats it has a folder for each.
            formats: "savedmodel", a copy of the one that the search has proved; "onnx" and "keras",
                which are proved now; see `sequence_search.onnx_export` and `keras_export`.

        Raises:
            ExportError: `path` is a file, a folder that no export wrote, or not writable, or the
                export does not write what the model writes.
            UnknownName: there is no such format.
        """
        path = Path(path)
        names = [formats] if isinstance(formats, str) else list(formats)
        writers = {
            "savedmodel": self._copy_export,
            "onnx": self._write_onnx,
            "keras": self._write_keras,
        }
        for name in names:
            if name not in writers:
                raise UnknownName(unknown("format of pairs", name, writers))
        if not self.run.outcome:
            raise RunError(f"The search in {self.directory} has no model yet. Continue it.")
        for name in names:
            folder = path if len(names) == 1 else path / name
            writers[name](folder)
        return path

    def _copy_export(self, path: Path) -> None:
        if not (self.run.export / SAVED_MODEL).exists():
            raise DamagedFile(self.run.export, "is missing", AGAIN)
        with artefact_folder(path) as draft:
            shutil.copytree(self.run.export, draft, dirs_exist_ok=True)
            page = (draft / CARD_PAGE).read_text(encoding="utf-8")
            code = page.replace(repr(self.run.outcome["export"]), repr(str(path)))
            write_text(draft / CARD_PAGE, code)

    def _write_onnx(self, path: Path) -> None:
        from attn_tuner.sequence_search.onnx_export import export_onnx

        export_onnx(self.translator, path, self._proof_texts(), self.test_metrics)

    def _write_keras(self, path: Path) -> None:
        from attn_tuner.sequence_search.keras_export import export_keras

        bundle = self.directory / BUNDLE
        export_keras(self.translator, bundle, path, self._proof_texts(), self.test_metrics)

    def _proof_texts(self) -> list[str]:
        """The sources of the examples, and validation texts as their vocabulary writes them."""
        texts = [each["source"] for each in self.run.outcome["examples"]]
        rows = EncodedPairs.open(self.directory / DATA).rows["validation"][0]
        ids = rows.padded(np.arange(min(len(rows), PROVED)))
        return texts + self.translator.vocabularies.source.texts(ids)

    def report(self, path: str | Path | None = None) -> Path:
        """Writes an HTML report; to `report.html` in the run folder if no path is given."""
        return write_report(self.run, path)

    def summary(self) -> str:
        """Says in a few lines how good the model is, where it is, and what it writes."""
        lines = [f"{label:<{LABEL_WIDTH}}{said}" for label, said in outcome_rows(self.run)]
        return escape_controls("\n".join(lines))

    def __str__(self) -> str:
        table = self.leaderboard()
        shown = [f"val_{name}" for name in TEXT_MEASURES if f"val_{name}" in table]
        columns = ["name", "attention", *shown, "epochs", "seconds", "status"]
        text = table[columns].to_string(index=False, na_rep="", float_format="{:.4f}".format)
        return escape_controls("\n".join([text, "", *table_lines(self.run)]))

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<div><strong>{escape(label)}</strong> {escape(escape_controls(said))}</div>"
            for label, said in outcome_rows(self.run)
        )
        return f"<div class='attn-result'>{rows}{self.leaderboard()._repr_html_()}</div>"

    def __repr__(self) -> str:
        return f"SequenceResult({str(self.directory)!r})"


def is_sequence_run(directory: str | os.PathLike) -> bool:
    """Returns whether a folder is that of a search over pairs of texts."""
    return (Path(directory) / PLAN).exists() and Plan.load(Path(directory)).task == SEQUENCE

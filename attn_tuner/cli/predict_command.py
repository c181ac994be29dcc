"""The command `attn-tuner predict`: its options, and what it prints."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attn_tuner.cli.options import AsJson, RunFolder, TextColumn, Texts, Trust
from attn_tuner.cli.run_folder import (
    given_texts,
    inputs_of,
    is_of_pairs,
    load_result,
    print_notes,
    read_run,
)
from attn_tuner.cli.signals import handles_signals
from attn_tuner.errors import DamagedFile
from attn_tuner.inputs.kinds import COLUMNS, SERIES
from attn_tuner.system.terminal import escape_controls, print_json, to_single_line
from attn_tuner.verbosity import silence

if TYPE_CHECKING:
    from attn_tuner.text.input_texts import InputTexts


@handles_signals
def predict(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the texts with their predictions: .csv, .tsv, .jsonl, .parquet."
        ),
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Predict the class of each text or series with the exported model of RUN."""
    from attn_tuner.reporting.answer_table import (
        check_output_path,
        prediction_columns,
        write_predictions,
    )

    check_output_path(out, texts[0] if texts else None)
    if is_of_pairs(run):
        from attn_tuner.sequence_search.command import predict_pairs

        return predict_pairs(run, given_texts(texts, text, "predict", read_run(run)), out, as_json)
    answers, given = _predicted(run, texts, text, trust)
    if out is not None:
        write_predictions(out, given, prediction_columns(answers))
        return print(escape_controls(f"{len(answers):,} predictions were written to {out}."))
    for answer in answers:
        if as_json:
            print_json(answer.as_dict())
        else:
            sure = "" if answer.probability is None else f"\t{answer.probability:.4f}"
            print(f"{to_single_line(answer.label)}{sure}\t{_one_line(answer.text)}")


def _predicted(
    run: Path, texts: list[str] | None, column: list[str] | None, trust: list[str] | None
) -> tuple[list, "InputTexts"]:
    """Predicts with the exported SavedModel; with the model in Keras where that is damaged.

    Returns:
        The predictions, and the texts as they were given.
    """
    from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor
    from attn_tuner.storage.run import Run

    # The folder is read before texts are, from standard input.
    read = Run.read(run)
    if read.plan.input in _PREDICTED_BY_KIND:
        return _PREDICTED_BY_KIND[read.plan.input](run, texts, column, trust)
    given = given_texts(texts, column, "predict", read)
    try:
        with silence(stderr=True):
            predictor = SavedModelPredictor(run)
    except DamagedFile:
        return load_result(run, trust).predict(given.texts), given
    print_notes(predictor.run.notes)
    return predictor.predict(given.texts), given


def _predicted_series(
    run: Path, files: list[str] | None, column: list[str] | None, trust: list[str] | None
) -> tuple[list, "InputTexts"]:
    """Predicts the series of one file; returns the predictions, and the names of the series."""
    from attn_tuner.series.series_file import ID, read_series_file, series_path
    from attn_tuner.text.input_texts import InputTexts

    path = series_path(files, column)  # Before seconds of imports.
    result = load_result(run, trust)
    given = read_series_file(path, result.bundle.features)
    for note in given.notes:
        print(escape_controls(note), file=sys.stderr)
    named = [
        replace(answer, text=f"{name}: {answer.text}")
        for name, answer in zip(given.names, result.predict(given.series), strict=True)
    ]
    return named, InputTexts(given.names, {ID: given.names})


def _predicted_rows(
    run: Path, files: list[str] | None, column: list[str] | None, trust: list[str] | None
) -> tuple[list, "InputTexts"]:
    """Predicts the rows of a table; returns the predictions, and the table."""
    given = given_texts(files, column, "predict", read_run(run))
    result = load_result(run, trust)
    return result.predict(*inputs_of(result, given, column)), given


# What `predict` calls for inputs that the SavedModel of texts alone does not read.
_PREDICTED_BY_KIND = {SERIES.name: _predicted_series, COLUMNS.name: _predicted_rows}


def _one_line(text: str) -> str:
    return to_single_line(" ".join(text.split())[:120])

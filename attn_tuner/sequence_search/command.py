"""What the command does with the folder of a search over pairs of texts."""

from pathlib import Path

from attn_tuner.errors import ExportError, RunError
from attn_tuner.reporting.answer_table import ANSWER, write_predictions
from attn_tuner.sequence_search.result import SequenceResult
from attn_tuner.system.terminal import escape_controls, print_json, to_single_line
from attn_tuner.text.input_texts import InputTexts


def predict_pairs(run: Path, given: InputTexts, out: Path | None, as_json: bool) -> None:
    """Prints what the model writes for each text, or writes it to a file.

    Args:
        run: the run folder.
        given: the texts.
        out: file for the texts with what was written; None prints it.
        as_json: whether to print a JSON object a line.
    """
    written = SequenceResult(run).predict(list(given.texts))
    if out is not None:
        write_predictions(out, given, {ANSWER: written})
        return print(escape_controls(f"{len(written):,} predictions were written to {out}."))
    for source, target in zip(given.texts, written, strict=True):
        if as_json:
            print_json({"text": source, "prediction": target})
        else:
            print(to_single_line(target))


def export_pairs(run: Path, path: Path, formats: list[str], max_size_mb: float | None) -> None:
    """Exports the translator of a run.

    Raises:
        ExportError: a limit of size is asked for.
        UnknownName: pairs have no such format.
    """
    if max_size_mb is not None:
        raise ExportError("A model of pairs is not made smaller. Leave out --max-size-mb.")
    print(escape_controls(SequenceResult(run).export(path, formats)))


def refuse_pairs(what: str, instead: str) -> RunError:
    """Makes the error for a command that does not know pairs of texts.

    Args:
        what: what the command needs.
        instead: what does the same.
    """
    return RunError(f"This run searched pairs of texts, which have no {what}. {instead}")

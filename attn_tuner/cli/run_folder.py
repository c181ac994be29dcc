"""Opens the run folder that a command is given, and reads its texts."""

import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from attn_tuner.errors import DataError
from attn_tuner.inputs.kinds import COLUMNS
from attn_tuner.settings.command_options import one_or_several
from attn_tuner.system.terminal import escape_controls
from attn_tuner.verbosity import silence

if TYPE_CHECKING:
    from attn_tuner.search_result import SearchResult
    from attn_tuner.storage.run import Run
    from attn_tuner.text.input_texts import InputTexts


def read_run(run: Path) -> "Run":
    """Reads a run folder."""
    from attn_tuner.storage.run import Run

    return Run.read(run)


def is_of_pairs(run: Path) -> bool:
    """Returns whether a run folder is that of a search over pairs of texts."""
    from attn_tuner.storage.plan import SEQUENCE

    return read_run(run).plan.task == SEQUENCE


def require_labelled_texts(run: Path, who: str) -> None:
    """Refuses a folder of series or pairs before texts are read, from standard input."""
    from attn_tuner.storage.plan import require_labelled_texts

    require_labelled_texts(read_run(run).plan, f"attn-tuner {who}")


def import_api() -> ModuleType:
    """Imports the API silently: TensorFlow's libraries write warnings before any can be set."""
    with silence(stderr=True):
        from attn_tuner import api
    return api


def load_result(run: Path, trust: list[str] | None) -> "SearchResult":
    """Loads the result in a run folder; what of it is damaged is said on standard error."""
    result = import_api().load(run, trust=trust or ())
    print_notes(result.run.notes)
    return result


def given_texts(
    arguments: list[str] | None, column: list[str] | None, who: str, run: "Run"
) -> "InputTexts":
    """Reads the texts that a command is given: its arguments, one file, or standard input.

    Args:
        arguments: the texts, or one file of them.
        column: columns of the texts in a table.
        who: name of the command.
        run: the run folder, whose columns are read where none is given.
    """
    from attn_tuner.text.standard_input import read_arguments

    if not arguments and sys.stdin.isatty():
        print("Type one text per line; Ctrl-D ends.", file=sys.stderr)
    columns = one_or_several(column)
    given, note = read_arguments(arguments, sys.stdin.buffer, columns, who, run.plan.text_columns)
    if note:
        print(escape_controls(note), file=sys.stderr)
    return given


def inputs_of(result: "SearchResult", given: "InputTexts", column: list[str] | None) -> tuple:
    """Returns what a model is called with: texts, or a table with the column of the texts.

    Args:
        result: the loaded result.
        given: the texts, and the table that they came in.
        column: columns of the texts in that table.

    Raises:
        DataError: the model reads columns beside the text, and none were given.
    """
    if result.run.plan.input != COLUMNS.name:
        return (given.texts,)
    if not given.columns:
        names = ", ".join(f"'{each}'" for each in result.bundle.vectorizer.columns.names)
        raise DataError(
            f"The model reads the columns {names} beside each text. Give a table that has them, "
            "such as rows.csv."
        )
    return dict(given.columns), one_or_several(column)


def print_notes(notes: Iterable[str]) -> None:
    """Prints what of a run folder is damaged, on standard error."""
    for note in notes:
        print(f"attn-tuner: {escape_controls(note)}", file=sys.stderr)

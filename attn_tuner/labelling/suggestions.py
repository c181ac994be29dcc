"""The texts to label next, and the table in which a person labels them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from os import PathLike
from typing import Any

from attn_tuner.checking.correction_table import check_table_path, write_table
from attn_tuner.checking.wording import shortened
from attn_tuner.reporting.answer_table import TEXT
from attn_tuner.system.terminal import to_single_line
from attn_tuner.text.input_texts import InputTexts

SHOWN = 10  # Texts in a summary.


@dataclass(frozen=True)
class Suggestion:
    """A text to be labelled.

    Args:
        row: int, its place among the texts given, the first 1.
        text: str.
        guess: str, what the model takes it for.
        uncertainty: float from 0 to 1, of the model and a linear one together; see
            `selection.uncertainty`.
    """

    row: int
    text: str
    guess: str
    uncertainty: float


@dataclass(frozen=True)
class Suggestions(Sequence):
    """The texts to label next, as a sequence of `Suggestion`.

    Args:
        rows: tuple of `Suggestion`, in the order in which they were selected.
        given_texts: int, number of texts given.
        candidates: int, those of them that might have been selected.
        given: the texts, and the table that they came from.
        label: str, name of the column for labels.
    """

    rows: tuple[Suggestion, ...]
    given_texts: int
    candidates: int
    given: InputTexts = field(repr=False)
    label: str = "label"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        return self.rows[place]

    def write(self, path: str | PathLike) -> None:
        """Writes the texts into a new .csv file with an empty column for their labels.

        It has the columns of the table that the texts came from, or `text`, and the column of
        labels of the search. The model's guess is left out: it would sway who labels.

        Raises:
            DataError: the file exists, is no .csv file, or its folder is missing.
        """
        check_label_path(path)
        columns = dict(self.given.columns) or {TEXT: self.given.texts}
        places = [each.row - 1 for each in self.rows]
        chosen = {name: [values[place] for place in places] for name, values in columns.items()}
        chosen[self.label] = [""] * len(places)
        rows = [list(chosen), *zip(*chosen.values(), strict=True)]
        write_table(path, rows)

    def summary(self, show: int = SHOWN) -> str:
        """Lists the first texts, with what the model takes them for.

        Args:
            show: int, texts at most.
        """
        lines = [
            f"{len(self):,} of {self.given_texts:,} texts to label next, out of "
            f"{self.candidates:,} that are new and not repeated"
        ]
        for each in self.rows[:show]:
            guess = to_single_line(each.guess)
            lines.append(f"{each.row:>8}  {shortened(each.text)}  ({guess}?)")
        hidden = len(self) - show
        return "\n".join([*lines, f"{'':8}  and {hidden:,} more"] if hidden > 0 else lines)

    def as_rows(self) -> Iterator[dict[str, Any]]:
        """Yields the fields of each suggestion, ready for JSON."""
        yield from map(asdict, self.rows)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(self.summary())}</pre>"


def check_label_path(path: str | PathLike) -> None:
    """Checks that a table for labels can be written, before any work is done.

    Raises:
        DataError: it is no .csv file, its folder is missing, or it exists and might be filled in.
    """
    check_table_path(path, "table of texts to label", "texts may have been labelled in it")

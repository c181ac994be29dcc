"""What a check of labelled texts found."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

from attn_tuner.checking.confused import ConfusedClasses
from attn_tuner.checking.copies import Copies
from attn_tuner.checking.correction_table import write_correction_table
from attn_tuner.checking.gain import Gain
from attn_tuner.checking.label_errors import LabelError
from attn_tuner.checking.leaks import Leak
from attn_tuner.checking.odd_texts import OddText
from attn_tuner.checking.wording import (
    confused_lines,
    copies_lines,
    gain_lines,
    label_lines,
    leak_lines,
    odd_lines,
    size_line,
)

SHOWN = 10  # Findings of each kind in a summary.


@dataclass(frozen=True)
class DataCheck:
    """The findings of `attn_tuner.check`.

    Args:
        name: str, name of the data.
        classes: tuple of str, class names.
        sizes: mapping of part to its number of texts.
        judged: int, number of labels that were judged; 0 where there are too few texts.
        label_errors: tuple of `LabelError`, the most suspicious first.
        gain: `Gain`, what leaving these out changes; None if it was not estimated.
        confused: tuple of `ConfusedClasses`, the most confused first.
        leaks: tuple of `Leak`, the most frequent first.
        copies: tuple of `Copies`, those in several parts first.
        odd_texts: tuple of `OddText`.
        notes: tuple of str, sentences on how the data were read.
    """

    name: str
    classes: tuple[str, ...]
    sizes: Mapping[str, int]
    judged: int = 0
    label_errors: tuple[LabelError, ...] = ()
    gain: Gain | None = None
    confused: tuple[ConfusedClasses, ...] = ()
    leaks: tuple[Leak, ...] = ()
    copies: tuple[Copies, ...] = ()
    odd_texts: tuple[OddText, ...] = ()
    notes: tuple[str, ...] = ()

    def summary(self, show: int = SHOWN) -> str:
        """Says what was found, in lines for a terminal.

        Args:
            show: int, findings of each kind at most.
        """
        lines = [
            *self.notes,
            size_line(self.name, self.sizes, self.classes),
            *label_lines(self.label_errors, self.judged, show),
            *gain_lines(self.gain),
            *confused_lines(self.confused, show),
            *leak_lines(self.leaks, show),
            *copies_lines(self.copies, show),
            *odd_lines(self.odd_texts, show),
        ]
        return "\n".join(lines)

    def as_rows(self) -> Iterator[dict[str, Any]]:
        """Yields one dict for each finding, ready for JSON; its key "finding" says of what kind."""
        sizes = dict(self.sizes)
        yield {"finding": "summary", "name": self.name, "texts": sizes, "judged": self.judged}
        kinds = {
            "label": self.label_errors,
            "gain": () if self.gain is None else (self.gain,),
            "confused": self.confused,
            "leak": self.leaks,
            "copies": self.copies,
            "odd text": self.odd_texts,
        }
        for kind, findings in kinds.items():
            for each in findings:
                yield {"finding": kind, **asdict(each)}

    def write_corrections(self, path: str | PathLike) -> None:
        """Writes the suspicious labels into a new .csv file, for a person to correct them in.

        Its columns are part, row, text, label, suggested, probability and correct. A label written
        into the last replaces the given one in `search(..., corrections=path)`; where it stays
        empty, nothing changes.

        Raises:
            DataError: the file exists, is no .csv file, or its folder is missing.
        """
        write_correction_table(Path(path), self.label_errors)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        """Shows the summary in a notebook, escaped, so that nothing in a text runs."""
        return f"<pre style='white-space:pre-wrap'>{escape(self.summary())}</pre>"

"""The kinds of input that a search reads: one row each, with the classes that a kind brings.

A kind is chosen once, where data come in: by the data in memory, or by a file of the run folder.
Everything above asks the objects that the row names, and never which kind it is. A further kind is
a further row; docs/architecture.md says what its classes have to do.
"""

import importlib
import re
from dataclasses import dataclass, replace
from typing import Any

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.registry import unknown


@dataclass(frozen=True)
class InputKind:
    """A kind of input, and where its classes are.

    Args:
        name: str, as the plan, the facts of a store and a bundle record it.
        noun: str, one input in a sentence.
        plural: str, several.
        unit: str, what its length counts.
        store: path of the class that holds the encoded inputs of a part on disk.
        encoded: path of the class that holds the encoded parts of a run.
        bundle: path of the class that joins a model with what reads raw inputs for it.
        baseline: path of the function that measures a linear model on the stores.
        further: path of a function that measures a further model; "" for none.
        member: path of the `BaselineMember` that may join an average.
        pictures: path of the function that draws validation inputs for the report; "" where texts
            are shown.
        faithfulness: path of the function that says for the report whether attention is faithful;
            "" where it is measured on texts.
        held_out: path of the function that returns validation inputs and labels from a store, to
            compare an export on; "" where the inputs are kept in a file of their own.
        answers: path of the function that adds to a server what the page asks of a model of this
            kind; "" where there is no page.
        body: str, the body of a request to that server.
        told: str, several inputs where they are told from those of other kinds; the plural if
            "".
        example: str, one input as the command takes it.
        commands: names of the commands that take the folder of such a search.
    """

    name: str
    noun: str
    plural: str
    unit: str
    store: str
    encoded: str
    bundle: str
    baseline: str
    member: str
    answers: str
    body: str
    further: str = ""
    pictures: str = ""
    faithfulness: str = ""
    held_out: str = ""
    told: str = ""
    example: str = '"a text"'
    commands: tuple[str, ...] = ("predict", "report", "serve", "export")

    def part(self, name: str) -> Any:
        """Imports one of the classes: `part("store")`."""
        module, _, attribute = getattr(self, name).partition(":")
        return getattr(importlib.import_module(module), attribute)

    def worded(self, sentence: str) -> str:
        """Returns a sentence about texts as a sentence about inputs of this kind."""
        spoken = {"text": self.noun, "texts": self.plural, "token": self.unit}
        spoken |= {"tokens": f"{self.unit}s"}
        spoken |= {word.capitalize(): own.capitalize() for word, own in spoken.items()}
        return re.sub(r"\b([Tt]exts?|[Tt]okens?)\b", lambda found: spoken[found[0]], sentence)

    def counted(self, count: int) -> str:
        """Writes a number of inputs: `1 text`, `1,200 texts`."""
        return f"{count:,} {self.noun if count == 1 else self.plural}"


TEXT = InputKind(
    name="text",
    noun="text",
    plural="texts",
    unit="token",
    store="attn_tuner.text.token_store:TokenStore",
    encoded="attn_tuner.tuning.encoded_texts:EncodedTexts",
    bundle="attn_tuner.exporting.bundle:Bundle",
    baseline="attn_tuner.baselines.baselines:linear_baseline",
    member="attn_tuner.baselines.members:LINEAR_MEMBER",
    answers="attn_tuner.serving.text_answers:add_text_answers",
    body='{"text": "..."} or a list "texts"',
)
SERIES = InputKind(
    name="series",
    noun="series",
    plural="series",
    unit="step",
    store="attn_tuner.series.store:SeriesStore",
    encoded="attn_tuner.tuning.encoded_series:EncodedSeries",
    bundle="attn_tuner.exporting.series_bundle:SeriesBundle",
    baseline="attn_tuner.baselines.series_baseline:summary_baseline",
    member="attn_tuner.baselines.members:MINIROCKET_MEMBER",
    answers="attn_tuner.serving.series_answers:add_series_answers",
    body='{"series": [[[1.5, 0.2], [1.7, 0.1]]]}, which is a series of two steps of two values',
    further="attn_tuner.baselines.series.minirocket:minirocket_baseline",
    pictures="attn_tuner.reporting.example_series:draw_examples",
    faithfulness="attn_tuner.reporting.example_series:faithfulness_sentence",
    held_out="attn_tuner.series.store:held_out",
    example="series.csv",
)
COLUMNS = replace(
    TEXT,
    name="columns",
    told="texts with columns",
    encoded="attn_tuner.tuning.encoded_rows:EncodedRows",
    bundle="attn_tuner.exporting.row_bundle:RowBundle",
    held_out="attn_tuner.text.columns.reading:held_out",
    answers="",
    example="rows.csv",
    commands=("predict", "report", "export"),
)
KINDS = {each.name: each for each in (TEXT, SERIES, COLUMNS)}


def kind_named(name: str) -> InputKind:
    """Returns the kind of input of a name.

    Raises:
        UnknownName: there is none.
    """
    if name not in KINDS:
        raise UnknownName(unknown("kind of input", name, KINDS))
    return KINDS[name]


def require_words(kind: str, what: str, instead: str) -> None:
    """Raises DataError where something that works on words is asked of inputs without any.

    Args:
        kind, what, instead: as of `require_text`.
    """
    if KINDS[kind].unit != TEXT.unit:
        require_text(kind, what, instead)


def require_text(kind: str, what: str, instead: str) -> None:
    """Raises DataError where something that works on texts alone is asked of another kind.

    Args:
        kind: str, name of the kind of input.
        what: str, subject of the sentence: "explain()".
        instead: str, a sentence on what to do.
    """
    if kind != TEXT.name:
        inputs = KINDS[kind].told or KINDS[kind].plural
        alone = " alone" if KINDS[kind].noun == TEXT.noun else ""
        raise DataError(
            f"{what} works for texts{alone}, and this search has {inputs} as input. {instead}"
        )

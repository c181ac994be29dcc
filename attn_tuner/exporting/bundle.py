"""Bundles a model with its vectorizer and class names, the input of every export format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.array_input import ArrayInput
from attn_tuner.exporting.bundle_checks import (
    check_doubt,
    check_outputs,
    check_parts,
    check_truncation,
    part_readers,
)
from attn_tuner.exporting.bundle_files import plain_card, read_bundle, save_bundle
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.predicted_model import PredictedModel
from attn_tuner.exporting.text_card import TextCard
from attn_tuner.inputs.kinds import TEXT, kind_named, require_text
from attn_tuner.inputs.truncation import truncate
from attn_tuner.storage.checked_files import reading
from attn_tuner.storage.layout import BUNDLE_FACTS
from attn_tuner.tasks import task_named
from attn_tuner.text.input_texts import read_texts
from attn_tuner.text.subwords import WORD, WORD_AND_SUBWORD
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.training.adversarial import plain

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.exporting.signatures import TextScorer

READER = "reader.py"
SAMPLES = 24  # Generated texts on which an export is compared with its model.


@dataclass(frozen=True, eq=False)
class Bundle(TextCard, PredictedModel):
    """A model with what it needs to read strings and to name its answers.

    Args:
        vectorizer: `text.Vectorizer`, or a Keras `TextVectorization` through `adapt_vectorizer`.
        model: `keras.Model` of ids `(batch, steps)`, 0 padding and 1 unknown. It gives `(batch,
            classes)` probabilities, or `(batch, 1)` for the second of two classes; for several
            labels one probability each; for a regression `(batch, 1)` numbers.
        classes: sequence of str, names of classes or labels by index; empty for a regression.
        max_length: tokens kept of a text; None where the model cuts texts itself.
        truncation: which part of a longer text stays: `"head"`, `"tail"` or `"ends"`.
        vocabulary_size: ids from here on are read as unknown; None keeps all.
        card: mapping for the model card, such as `data`, `scores` and `limits`; JSON values.
        task: str, name in `tasks.TASKS`; by the number of classes if not given.
        conformal: prediction sets or intervals, which every format then gives; None for none.
        known: tells texts that are none of the classes, in every format; None where it does not.

    Raises:
        ExportError: the parts do not fit each other.
    """

    vectorizer: Any
    model: keras.Model
    classes: Sequence[str]
    max_length: int | None
    truncation: str = "head"
    vocabulary_size: int | None = None
    card: Mapping = field(default_factory=dict)
    task: str = ""
    conformal: Conformal | None = None
    known: KnownTexts | None = None

    input: ClassVar[str] = TEXT.name

    def __post_init__(self):
        object.__setattr__(self, "model", plain(self.model))
        classes = tuple(str(name) for name in self.classes)
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "task", task_named(self.task, len(classes)).name)
        object.__setattr__(self, "card", plain_card(self.card))
        limit = None if self.max_length is None else int(self.max_length)
        object.__setattr__(self, "max_length", limit)
        check_truncation(self.truncation)
        if limit is not None and limit < 1:
            raise ExportError(f"max_length is {limit}; it should be at least 1 token.")
        check_outputs(self.task, classes, self.model.output_shape[-1])
        check_doubt(self.conformal, self.known, self.kind, self.width)
        if self.subwords:
            check_parts(self.vectorizer, part_readers(self.model))
        if self.steps is not None and (limit is None or limit > self.steps):
            raise ExportError(
                f"The model takes {self.steps} ids per text, fewer than max_length={limit}. "
                f"Set max_length to at most {self.steps}."
            )

    @property
    def steps(self) -> int | None:
        """Length of input that the model takes; None for any length."""
        return self.model.inputs[0].shape[1]

    @property
    def token_limits(self) -> dict:
        """How texts are truncated, and which words are kept: arguments of `TokenLimits`."""
        return {
            "max_length": self.max_length,
            "truncation": self.truncation,
            "vocabulary_size": self.vocabulary_size,
        }

    @property
    def reading(self) -> dict:
        """How texts are read: `token_limits`."""
        return self.token_limits

    @property
    def batch_values(self) -> dict:
        """Values of a trial that reads texts as the model does, for `EncodedData.batches`."""
        return {**self.reading, "tokens": WORD_AND_SUBWORD if self.subwords else WORD}

    @cached_property
    def used_vocabulary(self) -> list[str]:
        """Tokens that reach the model, by id; others are read as unknown."""
        return list(self.vectorizer.vocabulary[: self.vocabulary_size])

    @cached_property
    def subwords(self) -> bool:
        """Whether the model reads the parts of words outside the vocabulary, by their ids."""
        return self.vocabulary_size is None and bool(part_readers(self.model))

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Encodes texts as the model reads them: truncated, rare words unknown or in parts."""
        if not isinstance(texts, list):
            texts = read_texts(texts, who="Bundle.predict()").texts
        own = {"subwords": True} if self.subwords else {}
        ids, offsets = self.vectorizer.encode(texts, **own)
        if self.vocabulary_size is not None:
            ids = np.where(ids < self.vocabulary_size, ids, UNKNOWN)
        each = np.split(ids, offsets[1:-1]) if len(offsets) > 1 else []
        return [truncate(own, self.max_length, self.truncation).tolist() for own in each]

    def beside(self, texts: Sequence) -> np.ndarray | None:
        """Returns what the model reads beside the ids, `(texts, columns)`; of texts alone None."""
        return None

    def padded(self, texts: Sequence[str]) -> Any:
        """Encodes texts as a batch for the model, `(texts, steps)` int32, 0 after each text."""
        return pad_ids(self.ids(texts), self.steps)

    def predict(self, texts: Sequence[str], batch_size: int = 64) -> np.ndarray:
        """Predicts probabilities `(texts, classes)`, or numbers `(texts, 1)`, in float32."""
        rows, beside = self.ids(texts), self.beside(texts)

        def batch_of(chosen: np.ndarray) -> Any:
            ids = pad_ids([rows[each] for each in chosen], self.steps)
            return ids if beside is None else [ids, beside[chosen]]

        return self.predict_by_length([len(ids) for ids in rows], batch_of, batch_size)

    def inputs(self, given: Any, who: str = "predict()", **options: Any) -> list[str]:
        """Reads texts in any form that `text.input_texts.read_texts` takes.

        Args:
            given: the texts.
            who: str, what reads them, for messages.
            options: `text` and `trained` of `read_texts`.

        Raises:
            DataError: no texts can be read from it.
        """
        return read_texts(given, options.get("text"), who, options.get("trained", ())).texts

    def described(self, given: str) -> str:
        """Names one text in a table of predictions: it is the text itself."""
        return given

    def samples(self) -> list[str]:
        """Generates texts of known and unknown words, in many lengths."""
        random = np.random.default_rng(0)
        words = [word for word in self.used_vocabulary[2:] if word.strip()] or ["word"]
        longest = min(2 * (self.max_length or 300), 600)
        lengths = np.geomspace(1, longest, SAMPLES).astype(int)
        texts = [" ".join(random.choice(words, length)) for length in lengths]
        return ["", "Ünknown wörds, 房间很干净 <br /> \U0001f600", *texts]

    def plain(self, given: Sequence[str]) -> list:
        """Returns texts as JSON has them."""
        return list(given)

    def scorer(self) -> "TextScorer":
        """Builds the TensorFlow graph of a SavedModel."""
        from attn_tuner.exporting.signatures import TextScorer

        return TextScorer(self)

    def array_input(self, fixed_length: bool = False) -> ArrayInput:
        """Returns what ONNX and LiteRT files take: ids, of any length but of a model of one."""
        cut = (self.max_length, self.truncation)
        return ArrayInput("ids", (self.steps,), "int32", cut)

    def write_reader(self, folder: Path) -> None:
        """Writes what converts strings to ids, beside a file that takes ids."""
        from attn_tuner.exporting.standalone_reader.write import write_reader

        write_reader(self, folder)

    def check_formats(self, formats: Sequence[str], smaller: bool = False) -> None:
        """Raises nothing: every registered format takes a model of texts, and can shrink it."""

    def save(self, folder: str | Path) -> Path:
        """Writes the bundle as a `.keras` file and JSON, which `load` reads."""
        return save_bundle(self, folder)

    @classmethod
    def load(cls, folder: str | Path, trust: str | Sequence[str] = ()) -> "Bundle":
        """Loads a bundle of a model of texts that `save` wrote, under any Keras backend.

        Args:
            folder: path of the folder that `save` wrote.
            trust: module name or names; the model may hold classes of these modules, besides those
                of Keras, this package, and those already registered with Keras. The modules are
                imported.

        Raises:
            DamagedFile: a file is not whole.
            RunError: the model names classes of other modules; nothing of them was imported.
        """
        kind, facts = read_bundle(folder, trust)
        if kind != cls.input:
            require_text(kind, "Bundle.load()", "Use attn_tuner.exporting.load_bundle().")
        with reading(Path(folder) / BUNDLE_FACTS):
            return cls(**facts)


def load_bundle(folder: str | Path, trust: str | Sequence[str] = ()) -> Any:
    """Loads the bundle in a folder: a `Bundle`, `RowBundle` or `SeriesBundle` by kind of input.

    Args:
        folder, trust: as of `Bundle.load`.

    Raises:
        DamagedFile: a file is not whole.
        RunError: the model names classes of other modules; nothing of them was imported.
    """
    kind, facts = read_bundle(folder, trust)
    with reading(Path(folder) / BUNDLE_FACTS):
        return kind_named(kind).part("bundle")(**facts)


def pad_ids(rows: Sequence[Sequence[int]], steps: int | None = None) -> np.ndarray:
    """Pads ids at the end: to `steps`, or to one of a few lengths; returns (texts, steps) int32.

    With few lengths a compiled model is traced only a few times.
    """
    longest = max([1, *map(len, rows)])
    ids = np.full((len(rows), steps or bucket_length(longest)), PADDING, "int32")
    for row, each in enumerate(rows):
        ids[row, : len(each)] = each
    return ids


def bucket_length(length: int) -> int:
    """Returns the smallest of 16, 24, 32, 48, 64, 96, ... that is at least `length`.

    Args:
        length: int, of the longest input of a batch.
    """
    rung = 16
    while rung < length:
        rung = rung * 3 // 2 if rung & (rung - 1) == 0 else rung * 4 // 3
    return rung

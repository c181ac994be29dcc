"""Smaller artefacts: what to take from the embedding, and what that costs, measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.compression.compact_embedding import ROWS, CompactEmbedding
from attn_tuner.exporting.compression.product_quantization import CODES, GROUPS
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.metrics import measure
from attn_tuner.tasks import THRESHOLD

_LEAST_RANK, _LEAST_WORDS = 4, 100
_WIDTHS = {"float32": 4, "float16": 2, "int8": 1, "int4": 1 / 2}
_TOLD = {"class": "accuracy", "labels": "f1_micro", "number": "rmse"}
_WIDTHS |= {rows: 1 / group for rows, group in GROUPS.items()}


@dataclass(frozen=True)
class Shrink:
    """What to do to the embedding, nine tenths of a text model.

    Args:
        rows: numbers of the table: `"float32"`, `"float16"`, `"int8"` or `"int4"` with a scale
            per row, or `"pairs"`, `"triples"` or `"fours"`, which share a byte.
        rank: width of a low-rank factorisation of the table; None for none.
        vocabulary: ids kept; the rarer words are read as unknown. None keeps all.

    Rows of ids that the vectorizer never gives are dropped in any case.
    """

    rows: str = "float32"
    rank: int | None = None
    vocabulary: int | None = None

    def __post_init__(self):
        if self.rows not in ROWS:
            raise ExportError(f"rows is {self.rows!r}. It should be one of {', '.join(ROWS)}.")
        if (self.rank is not None and self.rank < 1) or (
            self.vocabulary is not None and self.vocabulary < 3
        ):
            raise ExportError(f"{self}: a rank is at least 1, a vocabulary at least 3 ids.")

    @property
    def words(self) -> str:
        """The same as words of a sentence."""
        parts = [f"{self.rows} rows"]
        parts += [f"rank {self.rank}"] if self.rank else []
        parts += [f"{self.vocabulary:,} ids"] if self.vocabulary else []
        return ", ".join(parts)


def shrunk(bundle: Bundle, shrink: Shrink) -> Bundle:
    """The bundle around a copy of its model with smaller embeddings.

    Raises:
        ExportError: the model has no embedding.
    """
    used = min(len(bundle.used_vocabulary), shrink.vocabulary or len(bundle.used_vocabulary))
    if not embeddings(bundle.model):
        raise ExportError(
            f"The model '{bundle.model.name}' has no Embedding layer, which is what shrinks."
        )

    def smaller(layer):
        config = layer.get_config()
        if type(layer) is keras.layers.Embedding:
            kept = {name: config[name] for name in ("name", "output_dim", "mask_zero", "dtype")}
            rank = shrink.rank if shrink.rank and shrink.rank < layer.output_dim else None
            rows = min(used, layer.input_dim)
            return CompactEmbedding(input_dim=rows, rows=shrink.rows, rank=rank, **kept)
        if isinstance(layer, TokenLimits):
            config["vocabulary_size"] = min(config["vocabulary_size"], used)
        return type(layer).from_config(config)

    model = keras.models.clone_model(bundle.model, clone_function=smaller)
    for layer, own in zip(bundle.model.layers, model.layers, strict=True):
        if isinstance(own, CompactEmbedding):
            own.hold(np.asarray(layer.get_weights()[0], "float32")[: own.input_dim])
        else:
            own.set_weights(layer.get_weights())
    return bundle.with_model(model, vocabulary_size=used)


def embeddings(model: keras.Model) -> list[keras.layers.Embedding]:
    """The layers that can be shrunk."""
    return [layer for layer in model.layers if type(layer) is keras.layers.Embedding]


def ladder(bundle: Bundle, room: float) -> list[Shrink]:
    """Ways to shrink the embeddings to `room` bytes, those that leave more of them first."""
    width = max((table.output_dim for table in embeddings(bundle.model)), default=1)
    ways = [Shrink(), Shrink("float16")]
    ways = [way for way in ways if weight(bundle, way) <= room]
    narrow = [Shrink(rows) for rows in ("int8", "int4", *GROUPS)]
    narrow += [Shrink("int8", rank) for rank in (width // 2, width // 4) if rank >= _LEAST_RANK]
    fitted = [fitting_words(bundle, way, room) for way in narrow]
    ways += [way for way in fitted if way is not None]
    return sorted(ways, key=lambda way: -weight(bundle, way))


def fitting_words(bundle: Bundle, way: Shrink, room: float) -> Shrink | None:
    """This way with as many words as fit into `room` bytes; None where too few would."""
    if weight(bundle, way) <= room:
        return way
    words = min(len(bundle.used_vocabulary), way.vocabulary or len(bundle.used_vocabulary))
    least = min(_LEAST_WORDS, words)
    smallest = weight(bundle, replace(way, vocabulary=least))
    each = (weight(bundle, way) - smallest) / max(words - least, 1)
    count = least + int((room - smallest) / max(each, 1))
    return replace(way, vocabulary=count) if least <= count < words else None


def weight(bundle: Bundle, way: Shrink) -> float:
    """Bytes of the embeddings after shrinking this way."""
    rows = min(len(bundle.used_vocabulary), way.vocabulary or len(bundle.used_vocabulary))
    total = 0
    for table in embeddings(bundle.model):
        narrow = min(way.rank or table.output_dim, table.output_dim)
        columns = np.ceil(narrow * _WIDTHS[way.rows])
        total += min(rows, table.input_dim) * columns
        total += 4 * rows * (way.rows in ("int8", "int4"))
        total += 4 * CODES * columns * GROUPS.get(way.rows, 0)
        total += 4 * narrow * table.output_dim * (way.rank is not None)
    return total


def best_that_fits(
    bundle: Bundle,
    room: float,
    texts: Sequence[str],
    expected: np.ndarray,
    tries: int = 6,
) -> Iterator[tuple[Shrink, Bundle]]:
    """Ways whose embeddings fit, the most faithful first, each with the bundle that it makes.

    Args:
        bundle: what to shrink.
        room: bytes that the embeddings may have.
        texts: where the cost is measured.
        expected: (texts, classes) answers of the bundle as it is.
        tries: how many of the ways that fit are measured, those that leave most first.
    """
    measured = []
    for way in ladder(bundle, room)[:tries]:
        small = shrunk(bundle, way)
        measured.append((change(small.predict(texts), expected), way, small))
    measured.sort(key=lambda each: each[0])
    for _, way, small in measured:
        yield way, small


def change(given: np.ndarray, expected: np.ndarray) -> float:
    """The mean change of a probability, or of a number.

    Few texts tell models of nearly equal accuracy apart by chance alone, their probabilities do
    not; so it is these that say which is more faithful.
    """
    return float(np.abs(given - expected).mean()) if len(given) else 0.0


def cost(given: np.ndarray, expected: np.ndarray, labels=None, kind: str = "class") -> str:
    """What a smaller model loses, in words.

    Args:
        given, expected: (texts, classes) answers of the smaller model and of the whole one.
        labels: the truth about the texts, where known.
        kind: what they answer, key of `measures.MEASURES`.
    """
    off, count = change(given, expected), len(given)
    if kind == "number":
        words = f"numbers change by {off:.4g} on average of {count} texts"
    else:
        same = f"{_same(given, expected, kind):.1%}"
        words = (
            f"probabilities change by {off:.4f} on average, {same} of {count} texts keep "
            f"their {'labels' if kind == 'labels' else 'label'}"
        )
    if labels is None or not count:
        return words + "."
    name = _TOLD[kind]
    before, after = (measure(labels, each, [name])[name] for each in (expected, given))
    return f"{words}; {name} {before:.4f} before, {after:.4f} after."


def _same(given: np.ndarray, expected: np.ndarray, kind: str) -> float:
    """The share of the texts that keep their label, or all of their labels."""
    if kind == "class":
        kept = given.argmax(axis=-1) == expected.argmax(axis=-1)
    else:
        kept = ((given >= THRESHOLD) == (expected >= THRESHOLD)).all(axis=-1)
    return float(kept.mean()) if len(kept) else 1.0

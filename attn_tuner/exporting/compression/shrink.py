"""Shrinks the embeddings of a bundle, and measures the effect on its answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.compression.compact_embedding import ROW_FORMATS, CompactEmbedding
from attn_tuner.exporting.compression.product_quantization import CODEBOOK_SIZE, GROUP_SIZES
from attn_tuner.layers.embedding_tables import embedding_layers, has_bucket_table, is_table
from attn_tuner.layers.hashed_ngrams import NGramIds, folded
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.metrics import measure
from attn_tuner.tasks import THRESHOLD

_MIN_RANK, _MIN_WORDS = 4, 100
LEAST_BUCKETS = 2  # Of hashed n-grams.
_WIDTHS = {"float32": 4, "float16": 2, "int8": 1, "int4": 1 / 2}
_REPORTED_METRIC = {"class": "accuracy", "labels": "f1_micro", "number": "rmse"}
_WIDTHS |= {rows: 1 / group for rows, group in GROUP_SIZES.items()}


@dataclass(frozen=True)
class Shrink:
    """Settings for the compression of embeddings, nine tenths of most text models.

    Rows of ids that the vectorizer never gives are always dropped.

    Args:
        rows: format of the table: `"float32"`, `"float16"`, `"int8"` or `"int4"` with a scale per
            row, or `"pairs"`, `"triples"` or `"fours"` of numbers in one byte.
        rank: int, width of a low-rank factorisation of the table; None for none.
        vocabulary: int, ids kept; rarer words are read as unknown. None keeps all.
        fold: int, by which the number of buckets of hashed n-grams is divided; of the rows that
            fall together the longest is kept.
    """

    rows: str = "float32"
    rank: int | None = None
    vocabulary: int | None = None
    fold: int = 1

    def __post_init__(self):
        if self.rows not in ROW_FORMATS:
            raise ExportError(
                f"rows is {self.rows!r}. It should be one of {', '.join(ROW_FORMATS)}."
            )
        if (self.rank is not None and self.rank < 1) or (
            self.vocabulary is not None and self.vocabulary < 3
        ):
            raise ExportError(f"{self}: a rank is at least 1, a vocabulary at least 3 ids.")

    @property
    def words(self) -> str:
        """The settings as words of a sentence."""
        parts = [f"{self.rows} rows"]
        parts += [f"rank {self.rank}"] if self.rank else []
        parts += [f"{self.vocabulary:,} ids"] if self.vocabulary else []
        parts += [f"1/{self.fold} of the n-gram buckets"] if self.fold > 1 else []
        return ", ".join(parts)


def shrink_embeddings(bundle: Bundle, shrink: Shrink) -> Bundle:
    """Returns the bundle with a copy of its model that has smaller embeddings.

    Raises:
        ExportError: the model has no embedding.
    """
    used = min(len(bundle.used_vocabulary), shrink.vocabulary or len(bundle.used_vocabulary))
    if not embedding_layers(bundle.model):
        raise ExportError(
            f"The model '{bundle.model.name}' has no Embedding layer, which is what shrinks."
        )

    hashed, rows_of = hashed_tables(bundle.model), rows_to_keep(bundle.model, used, shrink.fold)

    def smaller(layer):
        config = layer.get_config()
        if is_table(layer):
            return _compact(layer, shrink, rows_of[layer.name])
        if has_bucket_table(layer):
            config["table"] = _compact(layer.table, shrink, layer.buckets)
        if isinstance(layer, TokenLimits) and layer.vocabulary_size is not None:
            config["vocabulary_size"] = min(config["vocabulary_size"], used)
        if isinstance(layer, NGramIds):
            config["buckets"] //= shrink.fold
        return type(layer).from_config(config)

    model = keras.models.clone_model(bundle.model, clone_function=smaller)
    for layer, own in zip(bundle.model.layers, model.layers, strict=True):
        if isinstance(own, CompactEmbedding):
            table = _rows_of(layer)
            kept = folded(table, own.input_dim) if own.name in hashed else table[: own.input_dim]
            own.assign_table(kept)
        elif has_bucket_table(layer):
            own.table.assign_table(_rows_of(layer.table))
            own.hold(layer.held)
        else:
            own.set_weights(layer.get_weights())
    # A word of which no row is left still has its parts, which are found by its id.
    return bundle.with_model(model, vocabulary_size=None if bundle.subwords else used)


def _compact(table: keras.layers.Embedding, shrink: Shrink, rows: int) -> CompactEmbedding:
    config = table.get_config()
    kept = {name: config[name] for name in ("name", "output_dim", "mask_zero", "dtype")}
    rank = shrink.rank if shrink.rank and shrink.rank < table.output_dim else None
    return CompactEmbedding(input_dim=rows, rows=shrink.rows, rank=rank, **kept)


def _rows_of(table: keras.layers.Embedding) -> np.ndarray:
    return np.asarray(table.get_weights()[0], "float32")


def hashed_tables(model: keras.Model) -> dict[str, int]:
    """Returns the buckets of each table of hashed n-grams, by the name of its layer."""
    ids = [layer.output for layer in model.layers if isinstance(layer, NGramIds)]
    return {
        layer.name: layer.input_dim
        for layer in embedding_layers(model)
        if any(layer.input is each for each in ids)
    }


def rows_to_keep(model: keras.Model, used: int, fold: int = 1) -> dict[str, int]:
    """Returns the rows that each embedding keeps, by the name of its layer.

    Args:
        model: the model.
        used: ids of tokens that are kept.
        fold: by which the buckets of hashed n-grams are divided.
    """
    tokens = {each.name: min(used, each.input_dim) for each in embedding_layers(model)}
    return tokens | {name: rows // fold for name, rows in hashed_tables(model).items()}


def candidate_shrinks(bundle: Bundle, room: float) -> list[Shrink]:
    """Lists settings whose embeddings fit into `room` bytes, the largest first."""
    width = max((table.output_dim for table in embedding_layers(bundle.model)), default=1)
    ways = [Shrink(), Shrink("float16")]
    ways = [way for way in ways if embedding_bytes(bundle, way) <= room]
    narrow = [Shrink(rows) for rows in ("int8", "int4", *GROUP_SIZES)]
    narrow += [Shrink("int8", rank) for rank in (width // 2, width // 4) if rank >= _MIN_RANK]
    fitted = [fit_tables(bundle, way, room) for way in narrow]
    ways += [way for way in fitted if way is not None]
    return sorted(ways, key=lambda way: -embedding_bytes(bundle, way))


def fit_tables(bundle: Bundle, way: Shrink, room: float) -> Shrink | None:
    """Folds n-grams, then leaves out words, to fit into `room` bytes; None if that does not do."""
    return fit_vocabulary(bundle, fit_buckets(bundle, way, room), room)


def fit_buckets(bundle: Bundle, way: Shrink, room: float) -> Shrink:
    """Folds hashed n-grams until all embeddings fit, or they have half of `room` bytes."""
    buckets = min(hashed_tables(bundle.model).values(), default=1)
    while (
        embedding_bytes(bundle, way) > room
        and buckets % (2 * way.fold) == 0
        and buckets >= LEAST_BUCKETS * 2 * way.fold
    ):
        narrow = Shrink(way.rows, way.rank, _MIN_WORDS, way.fold)
        if embedding_bytes(bundle, narrow) <= room / 2:
            break
        way = replace(way, fold=2 * way.fold)
    return way


def fit_vocabulary(bundle: Bundle, way: Shrink, room: float) -> Shrink | None:
    """Reduces the vocabulary of `way` to fit into `room` bytes; None if too few words remain."""
    if embedding_bytes(bundle, way) <= room:
        return way
    words = min(len(bundle.used_vocabulary), way.vocabulary or len(bundle.used_vocabulary))
    least = min(_MIN_WORDS, words)
    smallest = embedding_bytes(bundle, replace(way, vocabulary=least))
    each = (embedding_bytes(bundle, way) - smallest) / max(words - least, 1)
    count = least + int((room - smallest) / max(each, 1))
    return replace(way, vocabulary=count) if least <= count < words else None


def embedding_bytes(bundle: Bundle, way: Shrink) -> float:
    """Computes the bytes of the embeddings after shrinking."""
    used = min(len(bundle.used_vocabulary), way.vocabulary or len(bundle.used_vocabulary))
    rows_of = rows_to_keep(bundle.model, used, way.fold)
    tables = [(rows_of[each.name], each) for each in embedding_layers(bundle.model)]
    tables += [(each.buckets, each.table) for each in bundle.model.layers if has_bucket_table(each)]
    total = 0
    for rows, table in tables:
        narrow = min(way.rank or table.output_dim, table.output_dim)
        columns = np.ceil(narrow * _WIDTHS[way.rows])
        total += rows * columns
        total += 4 * rows * (way.rows in ("int8", "int4"))
        total += 4 * CODEBOOK_SIZE * columns * GROUP_SIZES.get(way.rows, 0)
        total += 4 * narrow * table.output_dim * (way.rank is not None)
    return total


def rank_candidates(
    bundle: Bundle,
    room: float,
    texts: Sequence[str],
    expected: np.ndarray,
    tries: int = 6,
) -> Iterator[tuple[Shrink, Bundle]]:
    """Yields settings that fit with their bundles, the smallest change of answers first.

    Args:
        bundle: `Bundle` to shrink.
        room: float, bytes that the embeddings may have.
        texts: list of str, on which the change is measured.
        expected: (texts, classes) answers of the original bundle.
        tries: int, how many settings are measured, the largest first.
    """
    measured = []
    for way in candidate_shrinks(bundle, room)[:tries]:
        small = shrink_embeddings(bundle, way)
        measured.append((mean_change(small.predict(texts), expected), way, small))
    measured.sort(key=lambda each: each[0])
    for _, way, small in measured:
        yield way, small


def mean_change(given: np.ndarray, expected: np.ndarray) -> float:
    """Computes the mean absolute change of the probabilities, or numbers.

    On few texts the accuracies of similar models differ by chance; probabilities tell more
    precisely which model is more faithful.
    """
    return float(np.abs(given - expected).mean()) if len(given) else 0.0


def describe_change(
    given: np.ndarray,
    expected: np.ndarray,
    labels: Sequence[int] | np.ndarray | None = None,
    kind: str = "class",
) -> str:
    """Describes in words how the answers of a shrunk model change.

    Args:
        given, expected: (texts, classes) answers of the shrunk and the original model.
        labels: true labels of the texts, if known.
        kind: kind of the answers, key of `metrics.MEASURES`.
    """
    off, count = mean_change(given, expected), len(given)
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
    name = _REPORTED_METRIC[kind]
    before, after = (measure(labels, each, [name])[name] for each in (expected, given))
    return f"{words}; {name} {before:.4f} before, {after:.4f} after."


def _same(given: np.ndarray, expected: np.ndarray, kind: str) -> float:
    """Computes the share of texts that keep their label, or all their labels."""
    if kind == "class":
        kept = given.argmax(axis=-1) == expected.argmax(axis=-1)
    else:
        kept = ((given >= THRESHOLD) == (expected >= THRESHOLD)).all(axis=-1)
    return float(kept.mean()) if len(kept) else 1.0

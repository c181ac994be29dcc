"""Reads static embeddings: folders of model2vec, and `.safetensors` files beside their tokens.

They hold a vector for each token of a tokenizer. A word may be several tokens; its vector is the
mean of theirs, as model2vec encodes a text of this one word.
"""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError, need
from attn_tuner.text.word_vectors.tokens_file import read_tokenizer, read_tokens

WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE, TOKENS_FILE = "tokenizer.json", "vocab.txt"
INNER_FOLDER = "0_StaticEmbedding"  # Of a folder that sentence-transformers wrote.
TABLES = ("embeddings", "embedding.weight")  # model2vec's name, and sentence-transformers'.
MOST_COLUMNS = 4_096  # Their covariances fill a matrix of so many rows and columns.
MOST_BYTES = 200_000_000  # Of a file of tokens. The largest tokenizers have a sixth of it.
_KINDS = {  # What an array may hold, in the names of safetensors.
    "table": ("F64", "F32", "F16", "I8"),
    "weights": ("F64", "F32", "F16"),
    "mapping": ("I64", "I32", "I16", "U32", "U16"),
}


@dataclass(frozen=True)
class TokenVectors:
    """The vectors of tokens, by id.

        e_i = w_i T[m_i]        without weights w_i = 1, without a mapping m_i = i

    Args:
        table: T, `(rows, width)`.
        weights: w, `(tokens,)` float, or None.
        mapping: m, `(tokens,)` int, or None; several tokens may share a row.

    Reference:
        Arrays of https://github.com/MinishLab/model2vec, `embeddings`, `weights` and `mapping`.
    """

    table: np.ndarray
    weights: np.ndarray | None = None
    mapping: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.table if self.mapping is None else self.mapping)

    def mean(self, ids: Sequence[int]) -> np.ndarray:
        """Returns the mean of the vectors of tokens, `(width,)` float32."""
        at = np.asarray(ids)
        vectors = self.table[at if self.mapping is None else self.mapping[at]].astype("float32")
        if self.weights is not None:
            vectors = vectors * self.weights[at].astype("float32")[:, None]
        return vectors.mean(axis=0)


def is_static(path: Path) -> bool:
    """Returns whether a path is read as static embeddings: a folder or a `.safetensors` file."""
    return path.suffix == ".safetensors" or path.is_dir()


def check_static(path: Path) -> None:
    """Checks the files of static embeddings, but not the numbers of their vectors.

    Raises:
        DataError: a file is missing, or holds something else.
        MissingExtra: a package that reads one is not installed.
    """
    for _ in static_entries(path, ()):
        return


def static_entries(path: Path, words: Sequence[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yields words with their vectors, `(width,)`.

    With `tokenizer.json` these are the given words, but for those of which every token is unknown;
    with `vocab.txt` the tokens of the file, whether they are among the words or not.

    Args:
        path: folder of model2vec or of sentence-transformers' static embeddings, or a
            `.safetensors` file with `tokenizer.json` or `vocab.txt` beside it.
        words: sequence of str.

    Raises:
        DataError: a file is missing, or holds something else.
        MissingExtra: a package that reads one is not installed.
    """
    arrays, tokens = _files(path)
    vectors = _read_vectors(arrays)
    if tokens.name == TOKENS_FILE:
        names = read_tokens(tokens, len(vectors))
        yield from ((name, vectors.mean([at])) for at, name in enumerate(names))
        return
    for word, ids in zip(words, read_tokenizer(tokens, len(vectors)).ids(words), strict=True):
        if ids:
            yield word, vectors.mean(ids)


def _files(path: Path) -> tuple[Path, Path]:
    """Returns the files of vectors and of tokens."""
    if path.is_dir():
        inner = path / INNER_FOLDER
        arrays = (inner if inner.is_dir() else path) / WEIGHTS_FILE
    else:
        arrays = path
    _check_file(arrays)
    for name in (TOKENIZER_FILE, TOKENS_FILE):
        tokens = arrays.with_name(name)
        if tokens.exists():
            _check_file(tokens, MOST_BYTES)
            return arrays, tokens
    raise DataError(
        f"The tokens of {arrays} are missing. Put the {TOKENIZER_FILE} of the embeddings beside "
        f"it, or {TOKENS_FILE} with one token a line, in the order of the vectors."
    )


def _check_file(path: Path, most: float = np.inf) -> None:
    """Raises DataError for what is no file, a pipe for example, or too large.

    A link is followed, as downloads are often folders of links.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not stat.S_ISREG(found.st_mode):
        raise DataError(f"{path} is not a file.")
    if found.st_size > most:
        raise DataError(f"{path} has {found.st_size:,} bytes; at most {most:,} are read.")


def _read_vectors(path: Path) -> TokenVectors:
    """Reads the arrays of a file, which its own library has checked against the file's size."""
    safetensors = need("safetensors", "vectors")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = set(file.keys())
            found = {"table": _table_name(file, names, path)}
            found |= {name: name for name in ("weights", "mapping") if name in names}
            for role, name in found.items():
                _check_array(file.get_slice(name), role, name, path)
            vectors = TokenVectors(**{role: file.get_tensor(name) for role, name in found.items()})
    except (safetensors.SafetensorError, OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} does not hold arrays of safetensors: {error}.") from error
    _check_tokens(vectors, path)
    return vectors


def _table_name(file: Any, names: set[str], path: Path) -> str:
    """Returns the name of the table of vectors: a usual one, or that of the only matrix."""
    for name in TABLES:
        if name in names:
            return name
    matrices = [name for name in sorted(names) if len(file.get_slice(name).get_shape()) == 2]
    if len(matrices) == 1:
        return matrices[0]
    raise DataError(
        f"{path} holds {len(matrices)} matrices, and none is called '{TABLES[0]}' or "
        f"'{TABLES[1]}'. Give a file of one table of vectors, a row for each token."
    )


def _check_array(array: Any, role: str, name: str, path: Path) -> None:
    """Checks kind and shape of an array in the file, before it is read."""
    shape, kind, kinds = array.get_shape(), array.get_dtype(), _KINDS[role]
    if kind not in kinds:
        raise DataError(
            f"'{name}' of {path} holds {kind} numbers. It should hold {', '.join(kinds)}."
        )
    if len(shape) != (2 if role == "table" else 1) or not shape[0]:
        raise DataError(f"'{name}' of {path} has the shape {tuple(shape)}.")
    if role == "table" and not 2 <= shape[1] <= MOST_COLUMNS:
        raise DataError(
            f"The vectors of {path} have {shape[1]:,} columns; they should have 2 to "
            f"{MOST_COLUMNS:,}."
        )


def _check_tokens(vectors: TokenVectors, path: Path) -> None:
    """Checks that the arrays are of as many tokens, and the rows of a mapping in the table."""
    rows, mapping, weights = len(vectors.table), vectors.mapping, vectors.weights
    if mapping is not None and not (mapping.min() >= 0 and mapping.max() < rows):
        raise DataError(
            f"'mapping' of {path} names row {int(mapping[(mapping < 0) | (mapping >= rows)][0]):,} "
            f"of a table of {rows:,} rows."
        )
    if weights is not None and len(weights) != len(vectors):
        raise DataError(
            f"'weights' of {path} has {len(weights):,} numbers for {len(vectors):,} tokens."
        )

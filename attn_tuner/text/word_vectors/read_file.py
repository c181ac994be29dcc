"""Reads word vectors from a file: GloVe, word2vec (text or binary), fastText .vec, or static
embeddings."""

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import short_repr
from attn_tuner.text.tokenization import tokens
from attn_tuner.text.word_vectors.static_embeddings import check_static, is_static, static_entries
from attn_tuner.text.word_vectors.train import standardize_vectors

_GREATEST = 1e6  # Largest accepted size of a number in a vector.
_PROBED = 100  # Entries that `check_vectors` reads.
_LONGEST_WORD = 10_000  # Bytes; a binary file without a space for so long is not word2vec's.


@dataclass(frozen=True)
class ReadVectors:
    """Word vectors that were read from a file.

    Args:
        table: `(words, width)` float32, standardised as by `train_vectors`. Words without a vector
            in the file have the mean of the rarest tenth of those with one.
        found: `(words with a vector,)` int, their ids in rising order.
    """

    table: np.ndarray
    found: np.ndarray


def load_vectors(path: str | Path, vocabulary: Sequence[str], split: str = "word") -> ReadVectors:
    """Reads the vectors of the words of a vocabulary.

    A word matches the entry of exactly that spelling; else, for files with case and accents, the
    first entry that the vectorizer spells the same, as these files list frequent words first.

    Args:
        path: text file with a word and its numbers per line, with or without a first line of two
            counts (GloVe has none, word2vec and fastText have one), or binary file of word2vec;
            also compressed with gzip, `.gz`. Static embeddings as in `static_entries`.
        vocabulary: sequence of str, words by id, 0 for padding and 1 for unknown.
        split: str, how the vectorizer splits texts.

    Raises:
        DataError: the file does not hold vectors, or none of a word of the vocabulary.
        MissingExtra: a package that reads static embeddings is not installed.
    """
    path = Path(path)
    places = {word: number for number, word in enumerate(vocabulary) if number > 1}
    rows, exact = {}, set()
    try:
        static = is_static(path)
        for word, numbers in static_entries(path, list(places)) if static else _entries(path):
            place = places.get(word)
            if place is None:
                place = places.get(_as_token(word, split))
                if place is None or place in rows:
                    continue
            elif place in exact:
                continue
            else:
                exact.add(place)
            rows[place] = _checked_vector(np.asarray(numbers), word, path)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise _format_error(path) from error
    if not rows:
        raise DataError(
            f"None of the {len(places):,} words of the vocabulary has a vector in {path}. Check "
            "that the file is in the language of the texts."
        )
    found = np.array(sorted(rows))
    vectors = np.zeros((len(vocabulary), len(rows[found[0]])), "float32")
    vectors[found] = np.stack([rows[place] for place in found])
    # Ranks replace counts: a vocabulary lists frequent words first.
    ranks = np.zeros(len(vocabulary), "int64")
    ranks[found] = len(vocabulary) - found
    return ReadVectors(standardize_vectors(vectors, ranks), found)


def _checked_vector(numbers, word, path) -> np.ndarray:
    """Converts a vector to float32; raises DataError if a number is not finite or very large."""
    numbers = numbers.astype("float64")
    unusable = numbers[~(np.abs(numbers) <= _GREATEST)]
    if len(unusable):
        raise DataError(
            f"The vector of {short_repr(word)} in {path} holds {unusable[0]:g}. Numbers should "
            f"lie within {_GREATEST:,.0f} of 0. Remove this word, or correct its vector."
        )
    return numbers.astype("float32")


def check_vectors(path: str | Path) -> None:
    """Raises DataError if the file does not exist or does not begin with word vectors."""
    path = Path(path)
    if is_static(path):
        check_static(path)
        return
    try:
        found = [np.asarray(each).astype("float32") for _, each in islice(_entries(path), _PROBED)]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise _format_error(path) from error
    if not found:
        raise _format_error(path)


def _entries(path):
    """Yields each word with its numbers, as bytes or floats."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        first = file.readline()
        fields = first.split()
        if len(fields) == 2 and all(field.isdigit() for field in fields):
            count, width = map(int, fields)
            start = file.tell()
            second = file.readline()
            if not _is_entry(second, width):
                file.seek(start)
                yield from _binary(file, count, width, path)
                return
            lines = chain([second], file)
        else:
            width = len(fields) - 1
            lines = chain([first], file)
        if width < 2:
            raise _format_error(path)
        for line in lines:
            # Split from the right, as words may contain spaces.
            word, *numbers = line.strip(b"\r\n ").rsplit(b" ", width)
            if len(numbers) == width:
                yield word.decode("utf-8", errors="replace"), numbers
            elif line.strip():
                raise _format_error(path)


def _binary(file, count, width, path):
    for _ in range(count):
        word = bytearray()
        while (letter := file.read(1)) != b" ":
            if not letter or len(word) > _LONGEST_WORD:
                raise _format_error(path)
            word += letter
        numbers = np.frombuffer(file.read(4 * width), "<f4")
        if len(numbers) != width:
            raise _format_error(path)
        yield word.lstrip(b"\n").decode("utf-8", errors="replace"), numbers


def _is_entry(line, width) -> bool:
    fields = line.strip(b"\r\n ").rsplit(b" ", width)
    try:
        return len([float(field) for field in fields[1:]]) == width
    except ValueError:
        return False


def _as_token(word, split) -> str | None:
    """Returns the word as the vectorizer spells it, if it is one token."""
    found = tokens(word, split)
    return found[0] if len(found) == 1 else None


def _format_error(path) -> DataError:
    return DataError(
        f"{path} does not contain word vectors. It should be GloVe's text, word2vec's text or "
        "binary file, or fastText's .vec: a word and its numbers in each row. Static embeddings "
        "are a folder of model2vec or a .safetensors file."
    )

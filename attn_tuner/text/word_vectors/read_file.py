"""Word vectors from a file that the user has: GloVe, word2vec (text or binary), fastText .vec."""

import gzip
import zlib
from itertools import chain, islice
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import shown
from attn_tuner.text.tokenization import tokens
from attn_tuner.text.word_vectors.train import finished

_GREATEST = 1e6  # Of a number in a vector; those of a unit's size are usual.
_PROBED = 100  # Entries by which a file is told.
_LONGEST_WORD = 10_000  # Bytes; a binary file without a space for so long is none.


def load_vectors(path, vocabulary, split: str = "word") -> np.ndarray:
    """The file's vectors of the words of a vocabulary.

    A word is found as it is spelt or, in files that keep case and accents, by the first entry that
    the vectorizer would spell like it; these files list frequent words first.

    Args:
        path: a text file of a word and its numbers a line, with or without a first line of two
            counts (GloVe has none, word2vec and fastText have one), or word2vec's binary file; each
            may be packed, `.gz`.
        vocabulary: words by id, 0 for padding and 1 for unknown, `Vectorizer.vocabulary`.
        split: how the vectorizer splits texts.

    Returns:
        `(len(vocabulary), dimension)`, float32, centred and scaled as `train_vectors` does. Words
        that the file lacks share the mean of the rarest tenth of those it has.

    Raises:
        DataError: the file cannot be read as vectors, or holds no word of the vocabulary.
    """
    path = Path(path)
    places = {word: number for number, word in enumerate(vocabulary) if number > 1}
    rows, exact = {}, set()
    try:
        for word, numbers in _entries(path):
            place = places.get(word)
            if place is None:
                place = places.get(_spelt(word, split))
                if place is None or place in rows:
                    continue
            elif place in exact:
                continue
            else:
                exact.add(place)
            rows[place] = _usable(np.asarray(numbers), word, path)
    except DataError:
        raise
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise _no_vectors(path) from error
    if not rows:
        raise DataError(
            f"{path} holds vectors for none of the {len(places):,} words of the vocabulary. Is it "
            "in the language of the texts?"
        )
    vectors = np.zeros((len(vocabulary), len(next(iter(rows.values())))), "float32")
    vectors[list(rows)] = np.stack(list(rows.values()))
    # A vocabulary lists frequent words first, which stands in for their counts.
    ranks = np.zeros(len(vocabulary), "int64")
    ranks[list(rows)] = len(vocabulary) - np.array(list(rows))
    return finished(vectors, ranks)


def _usable(numbers, word, path) -> np.ndarray:
    """The vector of a word as float32; DataError where it would make all others useless."""
    numbers = numbers.astype("float64")
    unusable = numbers[~(np.abs(numbers) <= _GREATEST)]
    if len(unusable):
        raise DataError(
            f"The vector of {shown(word)} in {path} holds {unusable[0]:g}. Numbers of an ordinary "
            "size are needed: leave this word out, or write its vector again."
        )
    return numbers.astype("float32")


def check_vectors(path):
    """Raises DataError unless the file is there and begins as word vectors do."""
    path = Path(path)
    try:
        found = [np.asarray(each).astype("float32") for _, each in islice(_entries(path), _PROBED)]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, zlib.error) as error:
        raise _no_vectors(path) from error
    if not found:
        raise _no_vectors(path)


def _entries(path):
    """Each word with its numbers, as bytes or floats."""
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
            raise _no_vectors(path)
        for line in lines:
            # From the right, for some files hold words with spaces in them.
            word, *numbers = line.strip(b"\r\n ").rsplit(b" ", width)
            if len(numbers) == width:
                yield word.decode("utf-8", errors="replace"), numbers
            elif line.strip():
                raise _no_vectors(path)


def _binary(file, count, width, path):
    for _ in range(count):
        word = bytearray()
        while (letter := file.read(1)) != b" ":
            if not letter or len(word) > _LONGEST_WORD:
                raise _no_vectors(path)
            word += letter
        numbers = np.frombuffer(file.read(4 * width), "<f4")
        if len(numbers) != width:
            raise _no_vectors(path)
        yield word.lstrip(b"\n").decode("utf-8", errors="replace"), numbers


def _is_entry(line, width) -> bool:
    fields = line.strip(b"\r\n ").rsplit(b" ", width)
    try:
        return len([float(field) for field in fields[1:]]) == width
    except ValueError:
        return False


def _spelt(word, split) -> str | None:
    """The word as the vectorizer would write it, where it is one token."""
    found = tokens(word, split)
    return found[0] if len(found) == 1 else None


def _no_vectors(path) -> DataError:
    return DataError(
        f"{path} does not read as word vectors. It should be GloVe's text, word2vec's text or "
        "binary file, or fastText's .vec: a word and its numbers in each row."
    )

"""Reads the tokens of static embeddings: `tokenizer.json`, or a token in each line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError, need
from attn_tuner.text.cleaning import short_repr

_CONTEXT = "a"  # Tokenizers may spell the first word of a text in their own way; this one is it.


@dataclass(frozen=True)
class Pieces:
    """Divides words into the tokens of `tokenizer.json`.

    Args:
        tokenizer: `tokenizers.Tokenizer`.
        unknown: id of the token for what the tokenizer does not know; None without one.
        path: of the file, for messages.
    """

    tokenizer: Any
    unknown: int | None
    path: Path

    def ids(self, words: Sequence[str]) -> list[list[int]]:
        """Returns the ids of the tokens of each word as it stands within a text.

        A word follows another after a space, a symbol follows it directly: ("a film", "a,").
        Unknown tokens are left out.
        """
        texts = [_within_text(word) for word in words]
        try:
            encoded = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        except Exception as error:  # The library raises nothing more precise.
            raise DataError(f"{self.path} cannot encode the words: {error}.") from error
        return [
            [
                token
                for token, (_, end) in zip(each.ids, each.offsets, strict=True)
                if end > len(text) - len(word) and token != self.unknown
            ]
            for word, text, each in zip(words, texts, encoded, strict=True)
        ]


def read_tokenizer(path: Path, count: int) -> Pieces:
    """Reads `tokenizer.json`.

    Args:
        path: the file.
        count: number of tokens that have a vector.

    Raises:
        DataError: it is no tokenizer, has a token twice, or more tokens than there are vectors.
        MissingExtra: the package that reads it is not installed.
    """
    tokenizers = need("tokenizers", "vectors")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        model = json.loads(path.read_bytes(), object_pairs_hook=_distinct)["model"]
    except _Twice as error:
        raise DataError(f"{path} has {short_repr(error.args[0])} twice.") from error
    except Exception as error:  # The library raises nothing more precise.
        raise DataError(f"{path} does not hold a tokenizer: {error}.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    _check_count(path, 1 + max(tokenizer.get_vocab().values(), default=-1), count)
    unknown = model.get("unk_id")  # A number or a token, by the kind of tokenizer.
    if unknown is None and model.get("unk_token") is not None:
        unknown = tokenizer.token_to_id(model["unk_token"])
    return Pieces(tokenizer, unknown, path)


def read_tokens(path: Path, count: int) -> list[str]:
    """Reads a file with a token in each line, in the order of their vectors.

    Args:
        path: the file, in UTF-8.
        count: number of vectors.

    Raises:
        DataError: a token stands twice, or there are more or fewer tokens than vectors.
    """
    try:
        tokens = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error.reason} at byte {error.start:,}.") from error
    tokens = [token.removesuffix("\r") for token in tokens]
    lines: dict[str, int] = {}
    for line, token in enumerate(tokens, start=1):
        if lines.setdefault(token, line) != line:
            raise DataError(f"{path} has {short_repr(token)} in lines {lines[token]} and {line}.")
    _check_count(path, len(tokens), count, equal=True)
    return tokens


class _Twice(ValueError):
    """A key of a JSON object that stands there twice."""


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(name)
        found[name] = value
    return found


def _check_count(path: Path, tokens: int, vectors: int, equal: bool = False) -> None:
    if tokens > vectors or (equal and tokens < vectors):
        raise DataError(
            f"{path} has {tokens:,} tokens, and there are {vectors:,} vectors. They are not of the "
            "same embeddings."
        )


def _within_text(word: str) -> str:
    space = " " if any(map(str.isalnum, word)) else ""
    return f"{_CONTEXT}{space}{word}"

"""The ids that every vocabulary reserves, and the tokens that stand for them."""

from collections import Counter
from collections.abc import Sequence

from attn_tuner.errors import DataError

PADDING, UNKNOWN = 0, 1
SPECIAL_TOKENS = ("", "[UNK]")  # By id: padding, and any token that is not in the vocabulary.


def ids_by_token(
    vocabulary: Sequence[str], reserved: Sequence[str], first: int = 0
) -> dict[str, int]:
    """Returns the id of each token of a vocabulary.

    Args:
        vocabulary: tokens by id.
        reserved: the tokens that it begins with.
        first: int, the first id that a token of a text may have.

    Raises:
        DataError: it begins otherwise, or holds a token twice.
    """
    begins, wanted = list(vocabulary[: len(reserved)]), list(reserved)
    if begins != wanted:
        raise DataError(f"A vocabulary begins with {wanted}; got {begins}.")
    ids = {token: place for place, token in enumerate(vocabulary) if place >= first}
    if len(ids) != len(vocabulary) - first:
        twice = next(token for token, count in Counter(vocabulary).items() if count > 1)
        raise DataError(f"The vocabulary holds the token {twice!r} twice.")
    return ids

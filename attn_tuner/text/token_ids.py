"""The ids that every vocabulary reserves, and the tokens that stand for them."""

PADDING, UNKNOWN = 0, 1
SPECIAL_TOKENS = ("", "[UNK]")  # By id: padding, and any token that is not in the vocabulary.

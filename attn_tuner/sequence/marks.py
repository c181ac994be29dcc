"""The marks of a sequence, which every vocabulary of a sequence model reserves."""

from attn_tuner.text.token_ids import SPECIAL_TOKENS

START, END = 2, 3
MARKS = ("[START]", "[END]")
RESERVED = (*SPECIAL_TOKENS, *MARKS)  # By id.
FIRST_TOKEN = len(RESERVED)

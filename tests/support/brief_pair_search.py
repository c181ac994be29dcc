"""A search over a few dates, of one epoch a trial."""

from attn_tuner.text.dates_corpus import date_pairs

PAIRS = date_pairs(120)
DATA = ([pair.source for pair in PAIRS], [pair.target for pair in PAIRS])
BRIEF = {
    "task": "sequence",
    "objective": "token_accuracy",
    "max_trials": 2,
    "epochs": 1,
    "workers": 1,
    "progress": False,
    "space": {"embedding_dim": [32], "decoder_units": [32], "encoder.bigru.units": [32]},
}

"""Writes every head's and encoder's answer, on the backend of this process, to the file named.

Weights and inputs are drawn by NumPy and so are the same on every backend.
"""

import sys

import numpy as np

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.testing import example, make, run

states, mask = example()
answers = {}
for name in heads:
    context, weights = run(make(heads[name]), states, mask, return_attention_scores=True)
    answers[f"{name} context"], answers[f"{name} weights"] = context, weights
for name in encoders:
    answers[f"{name} states"] = run(make(encoders[name]), states, mask)
np.savez(sys.argv[1], **answers)

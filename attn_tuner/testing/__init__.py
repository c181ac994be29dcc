"""What heads, encoders and decoder attentions promise, as checks that authors of new parts can run.

    from attn_tuner.testing import check_head, far_corner

    check_head(heads["mine"])                 raises AssertionError where a promise is broken
    head = far_corner(heads["mine"])          the part from values that are not its defaults

The checks run on the Keras backend at hand. `HEAD_CHECKS`, `ENCODER_CHECKS` and
`DECODER_ATTENTION_CHECKS` hold them by name, for one test each:
`HEAD_CHECKS["weights_are_a_distribution"](variant)`.
"""

from attn_tuner.testing.decoding import DECODER_ATTENTION_CHECKS, check_decoder_attention
from attn_tuner.testing.encoders import ENCODER_CHECKS, check_encoder
from attn_tuner.testing.heads import HEAD_CHECKS, check_head
from attn_tuner.testing.parts import (
    BATCH,
    FEATURES,
    LENGTHS,
    STEPS,
    TOLERANCE,
    example,
    far_corner,
    gradients,
    make,
    run,
)

__all__ = [
    "BATCH",
    "DECODER_ATTENTION_CHECKS",
    "ENCODER_CHECKS",
    "FEATURES",
    "HEAD_CHECKS",
    "LENGTHS",
    "STEPS",
    "TOLERANCE",
    "check_decoder_attention",
    "check_encoder",
    "check_head",
    "example",
    "far_corner",
    "gradients",
    "make",
    "run",
]

"""Encoders: embedded tokens (batch, steps, features) to states of the same steps.

    encoders["bigru"](units=64)(embedded, mask=mask)

Every registered class can be imported from here.
"""

from typing import Any

from attn_tuner.encoding.base import Encoder, encoders
from attn_tuner.encoding.projection import Projection

__all__ = ["Encoder", "Projection", "encoders"]


def __getattr__(name: str) -> Any:
    # Only capitals: while the modules of this package import each other, they are looked up here.
    if name[:1].isupper():
        classes = {encoders[each].build.__name__: encoders[each].build for each in encoders}
        if name in classes:
            return classes[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *(encoders[each].build.__name__ for each in encoders)])

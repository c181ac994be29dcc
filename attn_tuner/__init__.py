"""Search recurrent encoders and attention heads for text, and export the best classifier.

The public names are imported when first touched, so that `attn-tuner --help` needs no TensorFlow.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "AttentionHyperModel": "attn_tuner.hypermodel",
    "Choice": "attn_tuner.space",
    "Float": "attn_tuner.space",
    "Int": "attn_tuner.space",
    "OptunaOracle": "attn_tuner.tuning.oracles.optuna.oracle",
    "Part": "attn_tuner.space",
    "SearchResult": "attn_tuner.api",
    "SearchSpace": "attn_tuner.space",
    "export": "attn_tuner.api",
    "load": "attn_tuner.api",
    "search": "attn_tuner.api",
}
_FOLDERS = ("attention", "encoding", "exporting", "reporting", "text", "tuning")

__all__ = [*_HOMES, "__version__"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _FOLDERS:
        return importlib.import_module(f"attn_tuner.{name}")
    raise AttributeError(f"module 'attn_tuner' has no attribute '{name}'")


def __dir__():
    return sorted([*globals(), *_HOMES, *_FOLDERS])

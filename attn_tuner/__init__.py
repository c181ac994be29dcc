"""Search recurrent encoders and attention heads for text, and export the best classifier.

The public names are imported when first touched, so that `attn-tuner --help` needs no TensorFlow.
Importing this package makes `keras.saving.load_model` know its layers, in whichever order it and
Keras are imported.
"""

import importlib
from typing import TYPE_CHECKING, Any

from attn_tuner.layers.registration import register_with_keras

if TYPE_CHECKING:
    from attn_tuner import attention, encoding, exporting, reporting, sequence, text, tuning
    from attn_tuner.api import export, load, search
    from attn_tuner.checking.check import check
    from attn_tuner.distilling.distil import distil
    from attn_tuner.drift.monitor import monitor
    from attn_tuner.hypermodel import AttentionHyperModel
    from attn_tuner.labelling.learning_curve import learning_curve
    from attn_tuner.labelling.suggest import suggest
    from attn_tuner.search_result import SearchResult
    from attn_tuner.sequence.hypermodel import SequenceHyperModel
    from attn_tuner.sequence_search.result import SequenceResult
    from attn_tuner.space import Choice, Float, Int, Part, SearchSpace
    from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle
    from attn_tuner.updating.update import update

__version__ = "0.1.0"

__all__ = [
    "AttentionHyperModel",
    "Choice",
    "Float",
    "Int",
    "OptunaOracle",
    "Part",
    "SearchResult",
    "SearchSpace",
    "SequenceHyperModel",
    "SequenceResult",
    "__version__",
    "attention",
    "check",
    "distil",
    "encoding",
    "export",
    "exporting",
    "learning_curve",
    "load",
    "monitor",
    "reporting",
    "search",
    "sequence",
    "suggest",
    "text",
    "tuning",
    "update",
]

_HOMES = {
    "AttentionHyperModel": "attn_tuner.hypermodel",
    "Choice": "attn_tuner.space",
    "Float": "attn_tuner.space",
    "Int": "attn_tuner.space",
    "OptunaOracle": "attn_tuner.tuning.oracles.optuna.oracle",
    "Part": "attn_tuner.space",
    "SearchResult": "attn_tuner.search_result",
    "SearchSpace": "attn_tuner.space",
    "SequenceHyperModel": "attn_tuner.sequence.hypermodel",
    "SequenceResult": "attn_tuner.sequence_search.result",
    "check": "attn_tuner.checking.check",
    "export": "attn_tuner.api",
    "learning_curve": "attn_tuner.labelling.learning_curve",
    "load": "attn_tuner.api",
    "monitor": "attn_tuner.drift.monitor",
    "search": "attn_tuner.api",
    "suggest": "attn_tuner.labelling.suggest",
    "update": "attn_tuner.updating.update",
    "distil": "attn_tuner.distilling.distil",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in __all__:
        return importlib.import_module(f"attn_tuner.{name}")
    raise AttributeError(f"module 'attn_tuner' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)


register_with_keras()

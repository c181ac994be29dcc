"""Encoder and decoder: a model that reads one text and writes another, with searched attention.

    vocabularies = PairVocabularies.build(sources, targets)    ids between marks, a side each
    SequenceHyperModel(source_size, target_size)               for any KerasTuner tuner
    SequenceModel(source_size, target_size, attention="dot")   one model, without a search
    Translator(model, vocabularies, width=4)                   strings in, strings out; SavedModel

The attentions between decoder and encoder are parts in a registry of their own,
`attn_tuner.attention.decoding`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attn_tuner.sequence.decoder import AttentionDecoder
    from attn_tuner.sequence.hypermodel import SequenceHyperModel
    from attn_tuner.sequence.losses import ExactMatch, TokenAccuracy, TokenCrossentropy
    from attn_tuner.sequence.model import SequenceModel
    from attn_tuner.sequence.pairs import PairVocabularies
    from attn_tuner.sequence.space import default_sequence_space
    from attn_tuner.sequence.translator import Translator
    from attn_tuner.sequence.vocabulary import SequenceVocabulary

_HOMES = {
    "AttentionDecoder": "decoder",
    "ExactMatch": "losses",
    "PairVocabularies": "pairs",
    "SequenceHyperModel": "hypermodel",
    "SequenceModel": "model",
    "SequenceVocabulary": "vocabulary",
    "TokenAccuracy": "losses",
    "TokenCrossentropy": "losses",
    "Translator": "translator",
    "default_sequence_space": "space",
}

__all__ = [
    "AttentionDecoder",
    "ExactMatch",
    "PairVocabularies",
    "SequenceHyperModel",
    "SequenceModel",
    "SequenceVocabulary",
    "TokenAccuracy",
    "TokenCrossentropy",
    "Translator",
    "default_sequence_space",
]


def __getattr__(name: str) -> Any:
    # Imported when first touched: only the translator needs TensorFlow.
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""Attention heads: states (batch, steps, features) to one context vector per text.

    heads["additive"](units=64)        by name, as a search makes them
    AdditiveHead(units=64)             by class; every registered class can be imported from here
    attention_model(model)             a model that returns the attention weights of a model

A pooling head is a product, score x query x normalizer x fusion; each factor is a registry in the
folder of that name. Heads that mix the steps before they pool have files of their own. `decoding`
has the attentions with which a decoder asks the states of an encoder.
"""

import importlib
from typing import Any

from attn_tuner.attention.base import Head, attention_model, heads
from attn_tuner.attention.masking import masked_normalize
from attn_tuner.layers.block import Block

__all__ = ["Block", "Head", "attention_model", "heads", "masked_normalize"]

# Folder to the name of its registry.
_FOLDERS = {
    "scores": "scores",
    "queries": "queries",
    "normalizers": "normalizers",
    "fusions": "fusions",
    "decoding": "decoder_attentions",
}


def _classes() -> dict[str, Any]:
    folders = [
        (importlib.import_module(f"{__name__}.{folder}"), kinds)
        for folder, kinds in _FOLDERS.items()
    ]
    registries = [heads, *(vars(folder)[kinds] for folder, kinds in folders)]
    members = [registry[name].build for registry in registries for name in registry]
    return {member.__name__: member for member in members}


def __getattr__(name: str) -> Any:
    # Only capitals: while the modules of this package import each other, they are looked up here.
    if name[:1].isupper() and name in (classes := _classes()):
        return classes[name]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_classes()])

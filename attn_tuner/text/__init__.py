"""Loads texts and labels, builds a vocabulary, encodes the texts and makes batches."""

import importlib

_HOMES = {
    "Batches": "attn_tuner.text.batches",
    "Split": "attn_tuner.text.dataset",
    "TextDataset": "attn_tuner.text.dataset",
    "TokenStore": "attn_tuner.text.token_store",
    "Vectorizer": "attn_tuner.text.vectorizer",
    "balanced_weights": "attn_tuner.inputs.class_weights",
    "encode_parts": "attn_tuner.text.token_store",
    "load": "attn_tuner.text.loading",
    "open_vectorizer": "attn_tuner.text.token_store",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'attn_tuner.text' has no attribute '{name}'")


def __dir__():
    return sorted([*globals(), *_HOMES])

"""Finds the embeddings of a model that an export can shrink."""

from typing import TypeGuard

import keras

from attn_tuner.layers.subword_embedding import SubwordEmbedding


def embedding_tables(model: keras.Model) -> list[keras.layers.Embedding]:
    """Returns all tables of a model that can be shrunk, those of the parts of words included.

    Layers of a class that extends `keras.layers.Embedding` are left as they are, and so is what
    else `SubwordEmbedding` holds: the buckets of each word.
    """
    parts = [layer.table for layer in model.layers if has_bucket_table(layer)]
    return embedding_layers(model) + parts


def embedding_layers(model: keras.Model) -> list[keras.layers.Embedding]:
    """Returns the tables that are layers of the model: of tokens, and of hashed n-grams."""
    return [layer for layer in model.layers if is_table(layer)]


def has_bucket_table(layer: keras.layers.Layer) -> TypeGuard[SubwordEmbedding]:
    """Returns whether a layer has a table of the parts of words that can be shrunk."""
    return isinstance(layer, SubwordEmbedding) and is_table(layer.table)


def is_table(layer: keras.layers.Layer) -> TypeGuard[keras.layers.Embedding]:
    """Returns whether a layer is an `Embedding`, and of no class that extends it."""
    return type(layer) is keras.layers.Embedding

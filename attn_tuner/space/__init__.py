"""The search space: its dimensions, how they nest, and their form in KerasTuner."""

from attn_tuner.space.dimensions import Choice, Dimension, Float, Int, Part, default_of
from attn_tuner.space.search_space import Leaf, SearchSpace, assemble

__all__ = [
    "Choice",
    "Dimension",
    "Float",
    "Int",
    "Leaf",
    "Part",
    "SearchSpace",
    "assemble",
    "default_of",
]

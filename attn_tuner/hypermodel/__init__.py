"""A point of the search space becomes a compiled Keras model.

attention_hypermodel   the whole model, and what a tuner calls
input_layers           ids or series to embedded steps and their mask
context_layers         embedded steps to the vector that the last layer reads
answer_layers          that vector to probabilities or numbers
compilation            loss, optimizer, schedule and metrics
layer_names            how layers are called
"""

from attn_tuner.hypermodel.attention_hypermodel import AttentionHyperModel
from attn_tuner.model_space import default_space

__all__ = ["AttentionHyperModel", "default_space"]

"""The contract of an attention head, and what all heads share.

A head turns states (batch, steps, features) into one context vector per text:

    context = head(states, mask=mask)                                          (batch, features_out)
    context, weights = head(states, mask=mask, return_attention_scores=True)   (batch, hops, steps)

The mask is bool, (batch, steps), True where there is text. If none is given, Keras passes the one
that is attached to `states`; if there is none either, every step counts. Padding never changes the
result, and a row that is all padding gives zeros.
"""

from collections.abc import ValuesView
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.block import Block, SequenceBlock, cleared
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

heads = Registry("head", package="attn_tuner.attention")

# Name and weights of each head that is called, while an `AttentionWeights` runs its model.
_recorded: ContextVar[list[tuple[str, Tensor]] | None] = ContextVar("recorded", default=None)


class Head(SequenceBlock):
    """Turns states into one context vector per text, and returns its attention weights on request.

    A head implements `attend` and `compute_output_shape`, makes its weights in `build`, and
    declares its properties in four attributes, which the contract tests read.

    Attributes:
        hops: number of rows of attention.
        ordered: whether the context depends on the order of the steps.
        averages: whether the context is a weighted average of the states themselves.
        even: whether equal states get equal weights.
    """

    hops = 1
    ordered = False
    averages = False
    even = True

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.symbolic_calls = 0  # How often models call it; `input` is that of the first call.

    def __call__(self, *args, **kwargs) -> Any:
        found = super().__call__(*args, **kwargs)
        if isinstance(keras.tree.flatten(found)[0], keras.KerasTensor):
            self.symbolic_calls += 1
        return found

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        """Returns the context and the weights.

        Args:
            states: (batch, steps, features), zeros at padding.
            mask: bool, (batch, steps), always given.

        Returns:
            The context, (batch, features_out), and the weights, (batch, hops, steps), or, where
            they cost extra, a function of no arguments that returns them.
        """
        raise NotImplementedError(f"{type(self).__name__} has no attend(states, mask).")

    def require(self, batch: int, steps: int) -> None:
        """Raises TooLarge if a batch of this size would not fit into memory; most heads never do.

        Args:
            batch: int, texts in a batch.
            steps: int, steps of a text.
        """

    def call(
        self, states: Tensor, mask: Tensor | None = None, return_attention_scores: bool = False
    ) -> Tensor:
        states, present = self.prepared(states, mask)
        batch, steps = states.shape[:2]
        if isinstance(batch, int) and isinstance(steps, int):
            self.require(batch, steps)
        # Zeros first, so that neither NaN nor a gradient can pass through padding.
        states = cleared(states, present)
        recorded = _recorded.get()
        inner = _recorded.set(None)  # A head inside this one is part of its weights.
        try:
            context, weights = self.attend(states, present)
        finally:
            _recorded.reset(inner)
        has_text = ops.any(present, axis=1, keepdims=True)
        context = ops.where(has_text, context, ops.zeros_like(context))
        if callable(weights) and (return_attention_scores or recorded is not None):
            weights = weights()
        if recorded is not None:
            recorded.append((self.name, weights))
        return (context, weights) if return_attention_scores else context

    def compute_mask(self, states: Tensor, previous_mask: Tensor | None = None) -> None:
        """Returns None: the context has no steps, and Keras would pass their mask to the loss."""

    def compute_output_spec(
        self, states: Tensor, mask: Tensor | None = None, return_attention_scores: bool = False
    ) -> Any:
        self.require_mask(mask, states)
        shape = self.compute_output_shape(states.shape)
        context = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return context
        rows = (states.shape[0], self.hops, states.shape[1])
        return context, keras.KerasTensor(rows, dtype="float32")


class WeightsOf(Block):
    """Returns the weights of a head that a Functional model already calls for its context.

    Keras assumes that every call of a layer has as many outputs as its first, so a second call,
    which returns the weights as well, needs a layer of its own.

    Args:
        head: the head, whose weights are shared.
    """

    def __init__(self, head: Head, **kwargs: Any):
        kwargs.setdefault("dtype", head.dtype_policy)
        super().__init__(**kwargs)
        self.supports_masking = True
        self.head = head

    def build(self, states_shape: Shape) -> None:
        if not self.head.built:
            self.head.build(states_shape)

    def call(self, states: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.head(states, mask=mask, return_attention_scores=True)[1]

    def compute_mask(self, states: Tensor, previous_mask: Tensor | None = None) -> None:
        """Returns None, as the head does."""

    def compute_output_spec(self, states: Tensor, mask: Tensor | None = None) -> Any:
        return self.head.compute_output_spec(states, mask, return_attention_scores=True)[1]


class AttentionWeights(keras.Model):
    """Runs a model and returns the attention weights of the heads that it calls.

    Args:
        model: any Keras model. Its heads may be in models and layers inside it, but not in a loop
            or a `tf.function` of its own.
    """

    def __init__(self, model: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.model = model

    def call(self, inputs: Any, training: bool = False) -> dict[str, Tensor]:
        found: list[tuple[str, Tensor]] = []
        outer = _recorded.set(found)
        try:
            self.model(inputs, training=training)
        finally:
            _recorded.reset(outer)
        weights: dict[str, Tensor] = {}
        for name, each in found:
            names = [name, *(f"{name}_{place}" for place in range(1, len(found)))]
            weights[next(free for free in names if free not in weights)] = each
        return weights


def attention_model(model: keras.Model) -> keras.Model:
    """Returns a model of the same inputs whose outputs are the attention weights of all heads.

    Args:
        model: a model that calls heads of this package, itself or in models and layers inside it.

    Returns:
        A model from the same inputs to `{name of the head: weights}`, each (batch, hops, steps).
        Where a head is called twice, or two have the same name, the later weights are `name_1`,
        `name_2`, in the order of the calls. It shares the weights of `model`.

    Raises:
        ValueError: the model has no head.
    """
    direct = [layer for layer in model.layers if isinstance(layer, Head)]
    others = [layer for layer in model.layers if not isinstance(layer, Head)]
    inside = any(_has_head(layer, set()) for layer in others)
    if not direct and not inside and not _has_head(model, set()):
        raise ValueError(
            f"The model '{model.name}' has no attention head among its layers "
            f"{[layer.name for layer in model.layers]}. Give one whose layers include a head of "
            "attn_tuner.attention."
        )
    if not direct or inside or any(head.symbolic_calls != 1 for head in direct):
        return AttentionWeights(model)
    weights = {}
    for head in direct:  # In the graph of the model, which can be exported layer by layer.
        given = head.input
        states, mask = given if isinstance(given, list | tuple) else (given, None)
        weights[head.name] = WeightsOf(head, name=f"{head.name}_weights")(states, mask=mask)
    return keras.Model(model.inputs, weights)


def _has_head(layer: keras.layers.Layer, seen: set[int]) -> bool:
    """Returns whether a layer is a head or holds one in its attributes."""
    if isinstance(layer, Head):
        return True
    seen.add(id(layer))
    for value in vars(layer).values():
        members = value.values() if isinstance(value, dict) else value
        for each in members if isinstance(members, list | tuple | ValuesView) else [value]:
            fresh = isinstance(each, keras.layers.Layer) and id(each) not in seen
            if fresh and _has_head(each, seen):
                return True
    return False

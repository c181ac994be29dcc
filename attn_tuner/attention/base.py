"""The contract of an attention head, and what all heads share.

A head turns states (batch, steps, features) into one context vector per text:

    context = head(states, mask=mask)                                          (batch, features_out)
    context, weights = head(states, mask=mask, return_attention_scores=True)   (batch, hops, steps)

The mask is bool, (batch, steps), True where there is text. Where none is given, Keras hands over
the one that travels with `states`; where there is none either, every step counts. Padding can
never change an answer, and a row that is all padding gives zeros.
"""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

heads = Registry("head", package="attn_tuner.attention")


class Head(Block):
    """States to one context vector per text, with the weights that made it.

    A head implements `attend` and `compute_output_shape`, makes its weights in `build`, and says
    what it is like by four attributes, which the contract tests read.

    Attributes:
        hops: rows of attention that it returns.
        ordered: True where the answer depends on the order of the steps.
        averages: True where the context is a weighted average of the states themselves.
        even: True where equal states get equal weights.
    """

    hops = 1
    ordered = False
    averages = False
    even = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        """Context and weights, for states that are zero at padding.

        Args:
            states: (batch, steps, features).
            mask: bool, (batch, steps), always given.

        Returns:
            The context, (batch, features_out), and the weights, (batch, hops, steps), or a
            function of no arguments that makes them where they cost extra.
        """
        raise NotImplementedError(f"{type(self).__name__} has no attend(states, mask).")

    def require(self, batch: int, steps: int) -> None:
        """Raises TooLarge where a batch of this size would not fit; most heads always fit."""

    def call(
        self, states: Tensor, mask: Tensor | None = None, return_attention_scores: bool = False
    ) -> Tensor:
        everywhere = ops.shape(states)[:2]
        present = ops.ones(everywhere, "bool") if mask is None else ops.cast(mask, "bool")
        batch, steps = states.shape[:2]
        if isinstance(batch, int) and isinstance(steps, int):
            self.require(batch, steps)
        # Cleared at once, so that neither NaN nor a gradient can pass through padding.
        states = ops.where(present[:, :, None], states, ops.zeros_like(states))
        context, weights = self.attend(states, present)
        has_text = ops.any(present, axis=1, keepdims=True)
        context = ops.where(has_text, context, ops.zeros_like(context))
        if not return_attention_scores:
            return context
        return context, weights() if callable(weights) else weights

    def compute_mask(self, states: Tensor, previous_mask: Tensor | None = None) -> None:
        """Always None: the steps are gone, and Keras would hand their mask on to the loss."""

    def compute_output_spec(
        self, states: Tensor, mask: Tensor | None = None, return_attention_scores: bool = False
    ) -> Any:
        shape = self.compute_output_shape(states.shape)
        context = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return context
        rows = (states.shape[0], self.hops, states.shape[1])
        return context, keras.KerasTensor(rows, dtype="float32")


class WeightsOf(Block):
    """The weights of a head that another model already calls for its context.

    Keras takes all calls of one layer to have as many outputs as the first, so that a second call
    that also returns weights has to be made by a layer of its own.
    """

    def __init__(self, head: Head, **kwargs):
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
        """Always None, as for the head."""

    def compute_output_spec(self, states: Tensor, mask: Tensor | None = None) -> Any:
        return self.head.compute_output_spec(states, mask, return_attention_scores=True)[1]


def attention_model(model: keras.Model) -> keras.Model:
    """A model with the same inputs that gives the attention of every head in `model`.

    Args:
        model: a Functional or Sequential model that calls heads of this package.

    Returns:
        A model from the same inputs to `{name of the head's layer: weights}`, each
        (batch, hops, steps). It shares the weights of `model`.

    Raises:
        ValueError: where the model holds no head.
    """
    weights = {}
    for layer in model.layers:
        if isinstance(layer, Head):
            given = layer.input
            states, mask = given if isinstance(given, list | tuple) else (given, None)
            weights[layer.name] = WeightsOf(layer, name=f"{layer.name}_weights")(states, mask=mask)
    if not weights:
        raise ValueError(
            f"The model '{model.name}' has no attention head among its layers "
            f"{[layer.name for layer in model.layers]}. Give one whose layers include a head of "
            "attn_tuner.attention."
        )
    return keras.Model(model.inputs, weights)

"""The base classes of the layers: serialisation, a description of itself, and checks of inputs."""

import inspect
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.arguments import require_mask, require_states
from attn_tuner.layers.types import Member, Tensor
from attn_tuner.registry import Registry


class Block(keras.layers.Layer):
    """A Keras layer that is registered for serialisation and describes itself.

    Every constructor argument is kept under its own name; `get_config` reads them back, inner
    layers included. Arguments that a subclass sets itself are named in `settled`.

    Args:
        quantized: dtype policies of inner layers that `quantize` has changed, by attribute; as
            `get_config` has them, so that a quantized model can be loaded.
    """

    settled = ()

    def __init__(self, quantized: dict[str, str] | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.quantized = quantized or {}

    def policy_of(self, attribute: str) -> Any:
        """Returns the dtype policy for an inner layer.

        Args:
            attribute: where this layer keeps it.
        """
        return self.quantized.get(attribute, self.dtype_policy)

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable(cls.__module__.split(".")[0])(cls)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in self._arguments():
            value = getattr(self, name)
            if isinstance(value, keras.layers.Layer):
                value = keras.saving.serialize_keras_object(value)
                # The owner builds it; Keras would build it on reading, and then a second time.
                value.pop("build_config", None)
            config[name] = value
        quantized = {
            name: value.dtype_policy.name
            for name, value in vars(self).items()
            if isinstance(value, keras.layers.Dense) and value.quantization_mode
        }
        return {**config, "quantized": quantized} if quantized else config

    @classmethod
    def _arguments(cls) -> list[str]:
        named = []
        for each in cls.__mro__:
            if issubclass(each, Block) and each is not Block and "__init__" in vars(each):
                parameters = list(inspect.signature(each.__init__).parameters.values())[1:]
                named += [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
        return [name for name in dict.fromkeys(named) if name not in cls.settled]

    def member(self, registry: Registry, given: Member) -> Any:
        """Returns the layer that a name, a saved config or the layer itself stands for.

        A layer made from a name gets this layer's dtype policy.

        Args:
            registry: where a name is looked up.
            given: the name, the config or the layer.
        """
        if isinstance(given, str):
            return registry[given](dtype=self.dtype_policy)
        if isinstance(given, dict):
            # This layer's own build makes the weights; built already, it could not.
            unbuilt = {key: value for key, value in given.items() if key != "build_config"}
            return keras.saving.deserialize_keras_object(unbuilt)
        return given


class SequenceBlock(Block):
    """A block that is called with a sequence (batch, steps, features) and a mask (batch, steps)."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def __call__(self, *args, **kwargs) -> Any:
        # Before `build`, in which a missing axis would end in an error about something else.
        require_states(self._title(), next(iter((*args, *kwargs.values())), None))
        return super().__call__(*args, **kwargs)

    def prepared(self, states: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """Returns the states in a float dtype, and a bool mask; without one every step counts.

        Args:
            states: (batch, steps, features), of any dtype; integers become the compute dtype.
            mask: (batch, steps), or None.

        Raises:
            DataError: the mask has another shape.
        """
        self.require_mask(mask, states)
        if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(states.dtype)):
            states = ops.cast(states, self.compute_dtype)
        if mask is None:
            return states, ops.ones(ops.shape(states)[:2], "bool")
        return states, ops.cast(mask, "bool")

    def require_mask(self, mask: Tensor | None, states: Tensor) -> None:
        """Raises DataError unless the mask is None or has one value for each step of `states`."""
        require_mask(self._title(), mask, states)

    def _title(self) -> str:
        return f"{type(self).__name__} '{self.name}'"


def cleared(tensor: Tensor, mask: Tensor) -> Tensor:
    """Returns the tensor (batch, steps, features) with zeros where the mask is False."""
    return ops.where(mask[:, :, None], tensor, ops.zeros_like(tensor))

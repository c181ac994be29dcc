"""The base class of the layers: serialisation and a description of itself."""

import inspect
from typing import Any

import keras

from attn_tuner.layers.types import Member
from attn_tuner.registry import Registry


class Block(keras.layers.Layer):
    """A Keras layer that is registered for serialisation and describes itself.

    Every constructor argument is kept under its own name; `get_config` reads them back, inner
    layers included. Arguments that a subclass settles itself are named in `settled`.
    """

    settled = ()

    def __init_subclass__(cls, **kwargs):
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
        return config

    @classmethod
    def _arguments(cls) -> list[str]:
        named = []
        for each in cls.__mro__:
            if issubclass(each, Block) and each is not Block and "__init__" in vars(each):
                parameters = list(inspect.signature(each.__init__).parameters.values())[1:]
                named += [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
        return [name for name in dict.fromkeys(named) if name not in cls.settled]

    def member(self, registry: Registry, given: Member) -> Any:
        """The layer meant by a name, a saved config or the layer itself.

        A layer made from a name takes on this layer's dtype policy.
        """
        if isinstance(given, str):
            return registry[given](dtype=self.dtype_policy)
        if isinstance(given, dict):
            # This layer's own build makes the weights; built already, it could not.
            unbuilt = {key: value for key, value in given.items() if key != "build_config"}
            return keras.saving.deserialize_keras_object(unbuilt)
        return given

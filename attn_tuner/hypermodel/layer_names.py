"""Names the layers of a model, so that two models may stand in one."""

from dataclasses import dataclass

NAME = "attention_classifier"  # Layers of a hypermodel of another name begin with that name.


@dataclass(frozen=True)
class LayerNames:
    """Gives the argument that names a layer.

        keras.layers.Dense(4, **LayerNames("question")("dense"))     "question_dense"

    Args:
        hypermodel: str, its name.
        prefixed: bool, whether all layers begin with it, even where the name is `NAME`.
    """

    hypermodel: str
    prefixed: bool = False

    def __call__(self, layer: str, always: bool = False) -> dict[str, str]:
        """Returns `{"name": ...}`; under `NAME` nothing for a layer that Keras may name."""
        if self.prefixed or self.hypermodel != NAME:
            return {"name": f"{self.hypermodel}_{layer}"}
        return {"name": layer} if always else {}

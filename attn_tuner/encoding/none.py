"""No encoder: the head sees the embeddings."""

from attn_tuner.encoding.base import Encoder, encoders
from attn_tuner.layers.types import Tensor


@encoders.register("none")
class NoEncoder(Encoder):
    """Returns the embedded tokens unchanged.

        h_t = e_t

    Cost: none. With a head that ignores order, the model is a weighted bag of words.

    Reference:
        Iyyer et al. 2015. https://aclanthology.org/P15-1162
    """

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        return embedded

    def features_out(self, features: int) -> int:
        return features

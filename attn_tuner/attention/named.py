"""The pooling heads of the literature: points of score x query x normalizer x fusion."""

from typing import Any

from attn_tuner.attention.base import heads
from attn_tuner.attention.fusions.tanh import TanhFusion
from attn_tuner.attention.pooling import PoolingHead
from attn_tuner.attention.scores.additive import AdditiveScore
from attn_tuner.attention.scores.concat import ConcatScore
from attn_tuner.attention.scores.gated import GatedScore
from attn_tuner.attention.scores.linear import LinearScore
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member
from attn_tuner.space import Choice, Float, Int


@heads.register("additive", units=Int(32, 256, step=32, default=64))
class AdditiveHead(PoolingHead):
    """Scores each step against a query that is learned and the same for every text.

        a = softmax(v . tanh(W h_t + b))
        context = sum_t a_t h_t

    Args:
        units: width of the hidden layer; v is the query.

    Cost: O(T d units) time, O(T units) memory.

    Reference:
        Yang et al. 2016, eqs. 5-7. https://aclanthology.org/N16-1174 ;
        Bahdanau et al. 2015, A.1.2. https://arxiv.org/abs/1409.0473
    """

    settled = ("score", "query")

    def __init__(self, units: int = 64, **kwargs: Any):
        dtype = kwargs.get("dtype")
        super().__init__(score=AdditiveScore(units, dtype=dtype), query="learned", **kwargs)
        self.units = size("units", units)


@heads.register("feedforward", activation=Choice(["linear", "tanh"]))
class FeedForwardHead(PoolingHead):
    """Scores a step by itself, with one weight per feature.

        a = softmax(w . h_t)   or   softmax(tanh(w . h_t + b))
        context = sum_t a_t h_t

    A constant added to every score does not change the softmax, so only the tanh has a bias. No
    weight depends on the number of steps.

    Args:
        activation: "linear" or "tanh". With tanh the scores are in (-1, 1), so the weights of a
            long text are nearly equal.

    Cost: O(T d) time, O(T) memory; d weights.

    Reference:
        Raffel & Ellis 2015, eq. 1 and section 1.3. https://arxiv.org/abs/1512.08756
    """

    settled = ("score", "query")

    def __init__(self, activation: str = "linear", **kwargs: Any):
        dtype = kwargs.get("dtype")
        super().__init__(score=LinearScore(activation, dtype=dtype), query="learned", **kwargs)
        self.activation = activation


@heads.register("gated", units=Int(32, 256, step=32, default=64))
class GatedHead(PoolingHead):
    """Additive attention with a gate on each hidden unit.

        a = softmax(w . (tanh(V h_t) * sigmoid(U h_t)))
        context = sum_t a_t h_t

    Args:
        units: width of the hidden layer and of its gate.

    Cost: O(2 T d units) time, O(2 T units) memory.

    Reference:
        Ilse et al. 2018, eq. 9. https://arxiv.org/abs/1802.04712
    """

    settled = ("score", "query")

    def __init__(self, units: int = 64, **kwargs: Any):
        dtype = kwargs.get("dtype")
        super().__init__(score=GatedScore(units, dtype=dtype), query="learned", **kwargs)
        self.units = size("units", units)


class LuongHead(PoolingHead):
    """Base of the three heads of Luong et al.: a query from the text, and tanh(W [c; q])."""

    settled = ("score", "fusion")

    def __init__(self, score: Member, query: Member = "last", units: int = 128, **kwargs: Any):
        fusion = TanhFusion(units, dtype=kwargs.get("dtype"))
        super().__init__(score=score, query=query, fusion=fusion, **kwargs)
        self.units = size("units", units)


@heads.register("luong_dot", query=Choice(["last", "mean"]), units=Int(32, 256, step=32))
class LuongDotHead(LuongHead):
    """Attention of the last state over all states by their dot product.

        a = softmax(h_t . q)
        context = tanh(W [c; q]),  c = sum_t a_t h_t

    Args:
        query: "last" state with text, or "mean" of them.
        units: width of the context.

    Cost: O(T d) time, O(T) memory.

    Reference:
        Luong et al. 2015, eqs. 5, 7 and 8 (dot). https://aclanthology.org/D15-1166
    """

    def __init__(self, query: Member = "last", units: int = 128, **kwargs: Any):
        super().__init__("dot", query, units, **kwargs)


@heads.register("luong_general", query=Choice(["last", "mean"]), units=Int(32, 256, step=32))
class LuongGeneralHead(LuongHead):
    """Attention of the last state over all states through a learned bilinear form.

        a = softmax(h_t . W_a q)
        context = tanh(W [c; q]),  c = sum_t a_t h_t

    Args:
        query: "last" state with text, or "mean" of them.
        units: width of the context.

    Cost: O(d^2 + T d) time, O(T) memory: W_a is applied to the one query, not to T states.

    Reference:
        Luong et al. 2015, eqs. 5, 7 and 8 (general). https://aclanthology.org/D15-1166
    """

    def __init__(self, query: Member = "last", units: int = 128, **kwargs: Any):
        super().__init__("general", query, units, **kwargs)


@heads.register("luong_concat", query=Choice(["last", "mean"]), units=Int(32, 256, step=32))
class LuongConcatHead(LuongHead):
    """Attention of the last state over all states through a hidden layer over both.

        a = softmax(v . tanh(W_a [h_t; q]))
        context = tanh(W [c; q]),  c = sum_t a_t h_t

    Args:
        query: "last" state with text, or "mean" of them.
        units: width of the hidden layer and of the context.

    Cost: O(T d units) time, O(T units) memory.

    Reference:
        Luong et al. 2015, eqs. 5, 7 and 8 (concat). https://aclanthology.org/D15-1166
    """

    def __init__(self, query: Member = "last", units: int = 128, **kwargs: Any):
        score = ConcatScore(units, dtype=kwargs.get("dtype"))
        super().__init__(score, query, units, **kwargs)


@heads.register(
    "global",
    query=Choice(["mean", "last"]),
    score=Choice(["general", "dot", "scaled_dot"]),
    units=Int(32, 256, step=32),
)
class GlobalHead(PoolingHead):
    """Attention of the pooled states over all states, concatenated with them.

        q = mean_t h_t   or   h_last
        a = softmax(score(h_t, q))
        context = tanh(W [c; q]),  c = sum_t a_t h_t

    Args:
        query: "mean" of the states with text, or the "last" one.
        score: "general", "dot" or "scaled_dot".
        units: width of the context.

    Cost: O(d^2 + T d) time, O(T) memory.

    Reference:
        Luong et al. 2015, section 3.1 and eq. 5. https://aclanthology.org/D15-1166
    """

    settled = ("fusion",)

    def __init__(
        self, query: Member = "mean", score: Member = "general", units: int = 128, **kwargs: Any
    ):
        fusion = TanhFusion(units, dtype=kwargs.get("dtype"))
        super().__init__(score=score, query=query, fusion=fusion, **kwargs)
        self.units = size("units", units)


@heads.register(
    "structured",
    units=Int(32, 256, step=32, default=64),
    hops=Int(2, 8),
    penalty=Float(0.0, 1.0, default=0.0),
)
class StructuredHead(PoolingHead):
    """Several rows of additive attention, which may attend to different parts of the text.

        A = softmax(W_2 tanh(W_1 H^T))
        context = flatten(A H)
        loss += penalty * mean over batch of ||A A^T - I||^2

    Args:
        units: width of the hidden layer.
        hops: number of rows; the context is `hops` times as wide as a state.
        penalty: weight of the loss that keeps the rows apart.

    Cost: O(T units (d + hops)) time, O(T (units + hops)) memory; the next layer is hops times as
    large.

    Reference:
        Lin et al. 2017, eqs. 5-8. https://arxiv.org/abs/1703.03130
    """

    settled = ("score", "query")

    def __init__(self, units: int = 64, hops: int = 4, penalty: float = 0.0, **kwargs: Any):
        score = AdditiveScore(units, use_bias=False, dtype=kwargs.get("dtype"))
        super().__init__(score=score, query="learned", hops=hops, penalty=penalty, **kwargs)
        self.units = size("units", units)

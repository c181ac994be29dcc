"""Measures faithfulness: do predictions change without the most attended tokens?"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy.stats import kendalltau

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining.explainer import Explainer, predict_ids
from attn_tuner.explaining.rankings import Gradients, leave_one_out
from attn_tuner.exporting.bundle import Bundle

TOP_SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
SENTENCE_SHARE = 0.1  # The share of tokens in the sentence and the figure.
MAX_LEAVE_ONE_OUT_TOKENS = 200  # Leave-one-out takes a prediction for each token.
RANDOM_DRAWS = 3
RANKING_NAMES = {
    "attention": "attention",
    "random": "random tokens",
    "gradient": "gradient",
    "integrated": "integrated gradients",
    "leave_one_out": "leave-one-out",
}


@dataclass(frozen=True)
class RankingResult:
    """How well one ranking of tokens finds those that decide.

    Args:
        name: a key of `RANKING_NAMES`.
        texts: int, number of texts measured.
        comprehensiveness: float, mean fall of the probability of the predicted class without the
            top tokens; higher is more faithful.
        sufficiency: float, mean fall with the top tokens alone; lower is more faithful.
        changed: float, share of the answers that change without the top 10 % of the tokens.
        kept: float, share of the answers that stay with the top 10 % alone.
        tau: float, Kendall's tau between this ranking and attention; None where either has only
            ties.
    """

    name: str
    texts: int
    comprehensiveness: float
    sufficiency: float
    changed: float
    kept: float
    tau: float | None = None


@dataclass(frozen=True)
class Faithfulness:
    """The result of `measure_faithfulness`.

    Args:
        methods: ranking to its result; always has "attention" and "random".
        texts: int, number of texts measured.
        seconds: float, how long it took.
        notes: sentences on what was not measured, and why.
    """

    methods: dict[str, RankingResult] = field(hash=False)
    texts: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Compares attention with random tokens; between about -1 and 1, higher is more faithful.

        comprehensiveness(attention) - comprehensiveness(random tokens)
        """
        attention, random = self.methods["attention"], self.methods["random"]
        return attention.comprehensiveness - random.comprehensiveness

    def sentence(self) -> str:
        """Says the finding in words."""
        attention, random = self.methods["attention"], self.methods["random"]
        return (
            f"Removing the {100 * SENTENCE_SHARE:.0f} % most attended tokens changes "
            f"{100 * attention.changed:.0f} % of the answers; removing a random "
            f"{100 * SENTENCE_SHARE:.0f} % changes {100 * random.changed:.0f} %."
        )

    def as_dict(self) -> dict:
        """Returns the fields, the score and the sentence."""
        return {**asdict(self), "score": self.score, "sentence": self.sentence()}


def measure_faithfulness(
    bundle: Bundle,
    texts: Sequence[str],
    *,
    sample: int = 100,
    seconds: float = 20.0,
    seed: int = 0,
    others: Sequence[str] = ("gradient", "integrated", "leave_one_out"),
) -> Faithfulness:
    """Measures comprehensiveness and sufficiency of attention, random tokens and other rankings.

        comprehensiveness = mean over k of p(y | x) - p(y | x without its top k tokens)
        sufficiency       = mean over k of p(y | x) - p(y | the top k tokens of x)

    y is the class that the model predicts for the whole text; k runs over 1, 5, 10, 20 and 50 % of
    its tokens, at least one. Ties are broken at random. Gradients need the TensorFlow backend;
    leave-one-out is for texts of up to 200 tokens.

    Args:
        bundle: the model.
        texts: held-out texts.
        sample: int, size of the random sample of texts.
        seconds: float, time limit; at least one text is measured.
        seed: int, for the sample and the random tokens.
        others: further rankings to measure, keys of `RANKING_NAMES`.

    Raises:
        NotMeasurable: the model has no attention head, or every text has fewer than two tokens.

    Reference:
        DeYoung et al. 2020, eqs. 1-3. https://aclanthology.org/2020.acl-main.408 ;
        Jain & Wallace 2019, section 4.1 (Kendall's tau). https://aclanthology.org/N19-1357
    """
    begun = time.monotonic()
    random = np.random.default_rng(seed)
    explainer = Explainer(bundle)
    if not explainer.rows:
        raise NotMeasurable("The model has no attention head, so there are no weights to measure.")
    rows = [ids for ids in bundle.ids(_sampled(texts, sample, random)) if len(ids) > 1]
    if not rows:
        raise NotMeasurable("Every text has fewer than two tokens, so none can be removed.")
    answers, weights = explainer.answers(rows)
    wanted = {"gradient", "integrated"} & set(others)
    gradients = Gradients(bundle) if wanted and Gradients.applicable(bundle) else None
    seen = {name: [] for name in RANKING_NAMES}
    for ids, given, each in zip(rows, answers, weights, strict=True):
        answer = int(np.argmax(given))
        rankings = {"attention": [each.mean(axis=0)], "random": _random_scores(random, len(ids))}
        if gradients:
            plain, integrated = gradients(ids, answer)
            rankings |= {"gradient": [plain], "integrated": [integrated]}
        if "leave_one_out" in others and len(ids) <= MAX_LEAVE_ONE_OUT_TOKENS:
            rankings["leave_one_out"] = [leave_one_out(bundle, ids, answer)]
        falls = _falls(bundle, ids, answer, float(given[answer]), rankings, random)
        for name, fall in falls.items():
            seen[name].append((*fall, _tau(rankings["attention"][0], rankings[name][0])))
        if time.monotonic() - begun > seconds:
            break
    methods = {name: _ranking_result(name, found) for name, found in seen.items() if found}
    measured = len(seen["attention"])
    spent = time.monotonic() - begun
    return Faithfulness(
        methods, measured, spent, tuple(_notes(methods, others, measured, len(rows)))
    )


def split_top_tokens(
    ids: Sequence[int], scores: np.ndarray, share: float, random: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Splits a text into its top tokens and the rest.

    Args:
        ids: token ids of the text.
        scores: `(tokens,)` float; the greatest are on top, ties are broken at random.
        share: float, share of the tokens that are on top; at least one token.
        random: a numpy generator.

    Returns:
        The ids without the top tokens, and the top tokens alone, both in their order.
    """
    count = max(1, int(np.ceil(share * len(ids))))
    order = np.lexsort([random.random(len(ids)), -np.asarray(scores, "float64")])
    top = set(order[:count].tolist())
    without = [each for place, each in enumerate(ids) if place not in top]
    return without, [each for place, each in enumerate(ids) if place in top]


def _falls(bundle, ids, answer, probability, rankings, random) -> dict:
    """Computes for each ranking: fall without the top, fall with it alone, changed, kept."""
    variants = []
    for draws in rankings.values():
        for scores in draws:
            variants += [split_top_tokens(ids, scores, share, random) for share in TOP_SHARES]
    given = predict_ids(bundle, [row for pair in variants for row in pair])
    given = given.reshape(len(variants), 2, -1)
    found, at, shown = {}, 0, TOP_SHARES.index(SENTENCE_SHARE)
    shares = len(TOP_SHARES)
    for name, draws in rankings.items():
        own = given[at : at + len(draws) * shares].reshape(len(draws), shares, 2, -1)
        at += len(draws) * shares
        falls = probability - own[..., answer].mean(axis=(0, 1))
        same = (own[:, shown].argmax(axis=-1) == answer).mean(axis=0)
        found[name] = (falls[0], falls[1], 1 - same[0], same[1])
    return found


def _random_scores(random: np.random.Generator, length: int) -> list[np.ndarray]:
    return [random.random(length) for _ in range(RANDOM_DRAWS)]


def _tau(one, other) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(kendalltau(one, other).statistic)


def _ranking_result(name: str, found: list[tuple]) -> RankingResult:
    table = np.asarray(found, "float64")
    means = [float(each) for each in table[:, :4].mean(axis=0)]
    taus = table[:, 4][np.isfinite(table[:, 4])]
    tau = float(taus.mean()) if len(taus) and name not in ("attention", "random") else None
    return RankingResult(name, len(table), *means, tau)


def _notes(methods, others, measured, drawn):
    if measured < drawn:
        yield f"Measured on {measured} of {drawn} sampled texts: time limit."
    if "gradient" in others and "gradient" not in methods:
        yield (
            "Gradients were not measured: they need the TensorFlow backend, and a model that gives "
            "each token one vector, without n-grams."
        )
    single = methods.get("leave_one_out")
    if "leave_one_out" in others and (single is None or single.texts < measured):
        yield f"Leave-one-out was measured on texts of up to {MAX_LEAVE_ONE_OUT_TOKENS} tokens."


def _sampled(texts: Sequence[str], sample: int, random: np.random.Generator) -> list[str]:
    texts = list(texts)
    chosen = random.permutation(len(texts))[:sample]
    return [texts[each] for each in chosen]

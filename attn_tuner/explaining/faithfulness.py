"""Do the highlighted words decide the answers? Measured by taking them away."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from scipy.stats import kendalltau

from attn_tuner.explaining.explainer import Explainer, predict_ids
from attn_tuner.explaining.rankings import Gradients, leave_one_out
from attn_tuner.exporting.bundle import Bundle

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
SHOWN = 0.1  # The share of tokens of which the plain sentence speaks.
LONGEST = 200  # Tokens up to which leave-one-out is worth a prediction each.
RANDOM_DRAWS = 3
NAMES = {
    "attention": "attention",
    "random": "random tokens",
    "gradient": "gradient",
    "integrated": "integrated gradients",
    "leave_one_out": "leave-one-out",
}


@dataclass(frozen=True)
class Method:
    """How well one way of ranking tokens finds those that decide.

    Args:
        name: a key of `NAMES`.
        texts: on how many texts it was measured.
        comprehensiveness: mean fall of the answer's probability without the top tokens; higher
            is more faithful.
        sufficiency: mean fall with the top tokens alone; lower is more faithful.
        changed: share of the answers that change without the top 10 % of the tokens.
        kept: share of the answers that stay with the top 10 % alone.
        tau: Kendall's tau between this ranking and attention; None where either is even.
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
    """What `measure_faithfulness` found.

    Args:
        methods: by name, attention and random tokens always among them.
        texts: texts measured.
        seconds: what it took.
        notes: what was left out, and why.
    """

    methods: dict[str, Method] = field(hash=False)
    texts: int
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Between about -1 and 1: how much more than random tokens attention takes away.

        comprehensiveness(attention) - comprehensiveness(random tokens)
        """
        attention, random = self.methods["attention"], self.methods["random"]
        return attention.comprehensiveness - random.comprehensiveness

    def sentence(self) -> str:
        """The finding in plain words."""
        attention, random = self.methods["attention"], self.methods["random"]
        return (
            f"Removing the {100 * SHOWN:.0f} % most attended tokens changes "
            f"{100 * attention.changed:.0f} % of the answers; removing a random "
            f"{100 * SHOWN:.0f} % changes {100 * random.changed:.0f} %."
        )

    def as_dict(self) -> dict:
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
    """Comprehensiveness and sufficiency of attention, of random tokens and of other rankings.

        comprehensiveness = mean over k of p(y | x) - p(y | x without its top k tokens)
        sufficiency       = mean over k of p(y | x) - p(y | the top k tokens of x)

    y is the model's own answer to the whole text, k runs over 1, 5, 10, 20 and 50 % of its
    tokens, at least one. Ties are broken by chance. Gradients need the TensorFlow backend;
    leave-one-out is for texts of up to 200 tokens.

    Args:
        bundle: the model.
        texts: held-out texts.
        sample: texts at most, drawn by chance.
        seconds: time allowed; at least one text is measured.
        seed: of the draw and of the random tokens.
        others: rankings measured beside attention and random tokens, of `NAMES`.

    Raises:
        ValueError: the model has no attention head, or no text has two tokens.

    Reference:
        DeYoung et al. 2020, eqs. 1-3. https://aclanthology.org/2020.acl-main.408 ;
        Jain & Wallace 2019, section 4.1 (Kendall's tau). https://aclanthology.org/N19-1357
    """
    begun = time.monotonic()
    random = np.random.default_rng(seed)
    explainer = Explainer(bundle)
    if not explainer.rows:
        raise ValueError("The model has no attention head whose weights could be measured.")
    rows = [ids for ids in bundle.ids(_drawn(texts, sample, random)) if len(ids) > 1]
    if not rows:
        raise ValueError("No text has two tokens or more, so there is nothing to take away.")
    answers, weights = explainer.answers(rows)
    wanted = {"gradient", "integrated"} & set(others)
    gradients = Gradients(bundle) if wanted and Gradients.fit(bundle) else None
    seen = {name: [] for name in NAMES}
    for ids, given, each in zip(rows, answers, weights, strict=True):
        answer = int(np.argmax(given))
        rankings = {"attention": [each.mean(axis=0)], "random": _noise(random, len(ids))}
        if gradients:
            plain, integrated = gradients(ids, answer)
            rankings |= {"gradient": [plain], "integrated": [integrated]}
        if "leave_one_out" in others and len(ids) <= LONGEST:
            rankings["leave_one_out"] = [leave_one_out(bundle, ids, answer)]
        falls = _falls(bundle, ids, answer, float(given[answer]), rankings, random)
        for name, fall in falls.items():
            seen[name].append((*fall, _tau(rankings["attention"][0], rankings[name][0])))
        if time.monotonic() - begun > seconds:
            break
    methods = {name: _method(name, found) for name, found in seen.items() if found}
    measured = len(seen["attention"])
    spent = time.monotonic() - begun
    return Faithfulness(
        methods, measured, spent, tuple(_notes(methods, others, measured, len(rows)))
    )


def without_and_only(ids: Sequence[int], scores, share: float, random) -> tuple[list, list]:
    """The text without its top tokens, and those tokens alone, in their order.

    Args:
        ids: of the text.
        scores: `(tokens,)`, the greatest are the top ones; equal ones are drawn by chance.
        share: of the tokens that are top, at least one token.
        random: a numpy generator.
    """
    count = max(1, int(np.ceil(share * len(ids))))
    order = np.lexsort([random.random(len(ids)), -np.asarray(scores, "float64")])
    top = set(order[:count].tolist())
    without = [each for place, each in enumerate(ids) if place not in top]
    return without, [each for place, each in enumerate(ids) if place in top]


def _falls(bundle, ids, answer, probability, rankings, random) -> dict:
    """Per ranking: mean fall without, mean fall with only, answer changed, answer kept."""
    variants = []
    for draws in rankings.values():
        for scores in draws:
            variants += [without_and_only(ids, scores, share, random) for share in SHARES]
    given = predict_ids(bundle, [row for pair in variants for row in pair])
    given = given.reshape(len(variants), 2, -1)
    found, at, shown = {}, 0, SHARES.index(SHOWN)
    for name, draws in rankings.items():
        own = given[at : at + len(draws) * len(SHARES)].reshape(len(draws), len(SHARES), 2, -1)
        at += len(draws) * len(SHARES)
        falls = probability - own[..., answer].mean(axis=(0, 1))
        same = (own[:, shown].argmax(axis=-1) == answer).mean(axis=0)
        found[name] = (falls[0], falls[1], 1 - same[0], same[1])
    return found


def _noise(random, length):
    return [random.random(length) for _ in range(RANDOM_DRAWS)]


def _tau(one, other) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(kendalltau(one, other).statistic)


def _method(name, found) -> Method:
    table = np.asarray(found, "float64")
    means = [float(each) for each in table[:, :4].mean(axis=0)]
    taus = table[:, 4][np.isfinite(table[:, 4])]
    tau = float(taus.mean()) if len(taus) and name not in ("attention", "random") else None
    return Method(name, len(table), *means, tau)


def _notes(methods, others, measured, drawn):
    if measured < drawn:
        yield f"Measured on {measured} of {drawn} texts drawn: the time allowed was over."
    if "gradient" in others and "gradient" not in methods:
        yield "Gradients were not taken: they need the TensorFlow backend and one Embedding layer."
    single = methods.get("leave_one_out")
    if "leave_one_out" in others and (single is None or single.texts < measured):
        yield f"Leave-one-out was measured on texts of up to {LONGEST} tokens."


def _drawn(texts, sample, random):
    texts = list(texts)
    chosen = random.permutation(len(texts))[:sample]
    return [texts[each] for each in chosen]

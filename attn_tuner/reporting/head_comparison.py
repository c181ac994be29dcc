"""Was attention worth having? The best of every kind of head against heads without attention."""

from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from attn_tuner.metrics import interval
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import counted, describe_head
from attn_tuner.storage.validation_data import Validation

CONTROLS = ("mean", "max", "last")
DRAWS = 2_000


@dataclass(frozen=True)
class HeadResult:
    """The best trial with one kind of head.

    Args:
        name: of the head.
        describes: the head with its members.
        trial: its best trial.
        encoder: of that trial.
        trials: how many trials had this head.
        control: True where the head has no attention.
        accuracy: of that trial, on validation.
        low, high: 95 % interval of the accuracy by the number of texts; None where unknown.
    """

    name: str
    describes: str
    trial: str
    encoder: str
    trials: int
    control: bool
    accuracy: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """How much more of the same texts one model gets right than another.

    Args:
        share: accuracy of the one less that of the other.
        low, high: 95 % interval by resampling the texts, both models on the same draw.
        p: McNemar's exact probability of so uneven a split of the texts on which they differ.
        won, lost: texts that only the one, only the other gets right.
    """

    share: float
    low: float
    high: float
    p: float
    won: int
    lost: int


@dataclass(frozen=True)
class HeadComparison:
    """Attention against the controls.

    Args:
        kinds: by accuracy, the best first.
        sentence: the finding in plain words.
        finding: "helps", "hurts", "no difference" or "unknown".
        difference: best attention less best control, on the same texts; None where unknown.
    """

    kinds: tuple[HeadResult, ...]
    sentence: str
    finding: str
    difference: Difference | None = None

    def as_dict(self) -> dict:
        return asdict(self)


def judge(run: Run, validation: Validation, seed: int = 0) -> HeadComparison:
    """Compares the best trial of every kind of head on the validation texts.

    Args:
        run: the run.
        validation: of the same run.
        seed: of the resampling.

    Reference:
        McNemar 1947, "Note on the sampling error of the difference between correlated
        proportions or percentages", Psychometrika 12; Efron & Tibshirani 1993, chapter 13.
    """
    if run.plan.kind != "class":
        return HeadComparison((), _by_objective(run), "unknown")
    kinds = _kinds(run, len(validation.labels))
    attention = next((kind for kind in kinds if not kind.control), None)
    control = next((kind for kind in kinds if kind.control), None)
    if attention is None or control is None:
        return HeadComparison(kinds, _one_sided(attention, control), "unknown")
    pair = [validation.answers(kind.trial) for kind in (attention, control)]
    if any(each is None for each in pair):
        words = f"{_named(attention)} and {_named(control)}; how far that is noise is unknown."
        return HeadComparison(kinds, f"The best of either on validation: {words}", "unknown")
    right = [each.argmax(axis=1) == validation.labels for each in pair]
    difference = compare(*right, seed=seed)
    finding = _finding(difference)
    sentence = _sentence(finding, attention, control, difference, kinds)
    return HeadComparison(kinds, sentence, finding, difference)


def compare(one: np.ndarray, other: np.ndarray, seed: int = 0) -> Difference:
    """Two models on the same texts, `(texts,)` bool each: what they get right.

    McNemar: of the texts on which they differ, each wins half where they are equally good.
    """
    one, other = np.asarray(one, bool), np.asarray(other, bool)
    won, lost = int((one & ~other).sum()), int((other & ~one).sum())
    texts = len(one)
    # Only these counts vary between the draws, so drawing them is drawing the texts.
    shares = np.array([won, lost, texts - won - lost]) / texts
    drawn = np.random.default_rng(seed).multinomial(texts, shares, size=DRAWS)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / texts, [2.5, 97.5])
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return Difference((won - lost) / texts, float(low), float(high), p, won, lost)


def _by_objective(run) -> str:
    """The best with and without attention where answers are no classes."""
    best = {}
    for record in _alike(run):
        best.setdefault(record.values.get("head", "") in CONTROLS, record)
    if len(best) < 2:
        return _one_sided(best.get(False), best.get(True))
    said = [
        f"{describe_head(best[control].values)} on {best[control].values.get('encoder', '')} "
        f"({run.plan.objective} {best[control].score:.4f})"
        for control in (False, True)
    ]
    return (
        f"The best with attention on validation is {said[0]}, the best without {said[1]}; how far "
        "that is noise was not tested."
    )


def _alike(run) -> list:
    """The scored trials, best first, but for a pretrained one: its head owes its score to that."""
    return [record for record in run.ranked() if not record.pretrained]


def _kinds(run, texts) -> tuple[HeadResult, ...]:
    ranked = _alike(run)
    found = {}
    for record in ranked:
        name = record.values.get("head", "")
        accuracy = record.metrics.get("accuracy")
        if accuracy is None or name in found:
            continue
        low, high = interval(accuracy, texts) if texts else (None, None)
        found[name] = HeadResult(
            name=name,
            describes=describe_head(record.values),
            trial=record.trial_id,
            encoder=record.values.get("encoder", ""),
            trials=sum(each.values.get("head", "") == name for each in ranked),
            control=name in CONTROLS,
            accuracy=accuracy,
            low=low,
            high=high,
        )
    return tuple(sorted(found.values(), key=lambda kind: -kind.accuracy))


def _one_sided(attention, control) -> str:
    if attention is None and control is None:
        return "No trial has a score yet."
    if control is None:
        return (
            "No trial used a head without attention (mean, max or last), so this search cannot "
            "say whether attention helps. Leave those heads in the space."
        )
    return "No trial used a head with attention, so this search cannot say whether it helps."


def _finding(difference) -> str:
    if difference.low > 0 and difference.p < 0.05:
        return "helps"
    return "hurts" if difference.high < 0 and difference.p < 0.05 else "no difference"


def _sentence(finding, attention, control, difference, kinds) -> str:
    points = (
        f"{abs(difference.share) * 100:.1f} points "
        f"(95 % interval {difference.low * 100:+.1f} to {difference.high * 100:+.1f}, "
        f"McNemar p {'< 0.001' if difference.p < 0.001 else f'= {difference.p:.3f}'})"
    )
    one, other = _named(attention), _named(control)
    words = {
        "helps": f"Attention helped here: {one} beats {other} by {points}.",
        "hurts": f"Attention lost here: {one} is behind {other} by {points}.",
        "no difference": (
            f"Attention was not shown to help here: {one} and {other} differ by {points}, which "
            "may be noise."
        ),
    }[finding]
    counts = [sum(kind.trials for kind in kinds if kind.control is each) for each in (False, True)]
    return (
        f"{words} Each is the best of its side on these texts, of {counted(counts[0], 'trial')} "
        f"with attention and {counts[1]} without; the best of more trials looks better than it is."
    )


def _named(kind) -> str:
    return f"{kind.describes} on {kind.encoder or 'no encoder'} ({kind.accuracy:.3f})"

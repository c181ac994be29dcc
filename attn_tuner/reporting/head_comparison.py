"""Compares heads with attention and heads without it: does attention help on these data?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy.stats import binomtest

from attn_tuner.metrics import interval
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.trial_text import describe_head, plural
from attn_tuner.storage.validation_data import Validation

CONTROLS = ("mean", "max", "last")  # Heads without attention.
BOOTSTRAP_DRAWS = 2_000


@dataclass(frozen=True)
class HeadResult:
    """The best trial with one kind of head.

    Args:
        name: str, name of the head.
        description: str, the head with the parts of a composed one.
        trial: str, id of its best trial.
        encoder: str, encoder of that trial.
        trials: int, number of trials with this head.
        control: bool, True for a head without attention.
        accuracy: float, validation accuracy of that trial.
        low, high: float, ends of its 95 % interval (Wilson); None where the number of texts is
            unknown.
    """

    name: str
    description: str
    trial: str
    encoder: str
    trials: int
    control: bool
    accuracy: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Difference:
    """The difference in accuracy of two models on the same texts.

    Args:
        share: float, accuracy of the first less accuracy of the second.
        low, high: float, 95 % interval of `share`, by a paired bootstrap over the texts.
        p: float, p-value of McNemar's exact test.
        won: int, number of texts that only the first gets right.
        lost: int, number of texts that only the second gets right.
    """

    share: float
    low: float
    high: float
    p: float
    won: int
    lost: int


@dataclass(frozen=True)
class HeadComparison:
    """The best trial with every head, and whether attention helped.

    Args:
        heads: results by head, the highest accuracy first.
        sentence: str, the finding in words.
        finding: "helps", "hurts", "no difference" or "unknown".
        difference: best head with attention against best head without, on the same texts; None
            where unknown.
    """

    heads: tuple[HeadResult, ...]
    sentence: str
    finding: str
    difference: Difference | None = None

    def as_dict(self) -> dict:
        return asdict(self)


def compare_heads(run: Run, validation: Validation, seed: int = 0) -> HeadComparison:
    """Compares the best trial of every head on the validation texts.

    Args:
        run: the run.
        validation: validation texts, labels and predictions of the same run.
        seed: int, for the bootstrap.

    Reference:
        McNemar 1947, "Note on the sampling error of the difference between correlated
        proportions or percentages", Psychometrika 12; Efron & Tibshirani 1993, chapter 13.
    """
    if run.plan.kind != "class":
        return HeadComparison((), _by_objective(run), "unknown")
    results = _best_by_head(run, len(validation.labels))
    attention = next((result for result in results if not result.control), None)
    control = next((result for result in results if result.control), None)
    if attention is None or control is None:
        return HeadComparison(results, _one_sided(attention, control), "unknown")
    first, second = (validation.answers(result.trial) for result in (attention, control))
    if first is None or second is None:
        sentence = (
            f"Best head with attention: {_described(attention)}; without: {_described(control)}. "
            "Their predictions are missing, so the difference was not tested."
        )
        return HeadComparison(results, sentence, "unknown")
    labels = validation.labels
    difference = compare_answers(
        first.argmax(axis=1) == labels, second.argmax(axis=1) == labels, seed=seed
    )
    finding = _finding(difference)
    sentence = _sentence(finding, attention, control, difference, results)
    return HeadComparison(results, sentence, finding, difference)


def compare_answers(one: np.ndarray, other: np.ndarray, seed: int = 0) -> Difference:
    """Compares two models on the same texts.

    McNemar's test: of the texts on which equally good models differ, each gets half right.

    Args:
        one: `(texts,)` bool, True where the first model is right.
        other: `(texts,)` bool, True where the second is right.
        seed: int, for the bootstrap.
    """
    one, other = np.asarray(one, bool), np.asarray(other, bool)
    won, lost = int((one & ~other).sum()), int((other & ~one).sum())
    texts = len(one)
    # A bootstrap sample of texts changes only these three counts, so it is enough to draw them.
    shares = np.array([won, lost, texts - won - lost]) / texts
    drawn = np.random.default_rng(seed).multinomial(texts, shares, size=BOOTSTRAP_DRAWS)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / texts, [2.5, 97.5])
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return Difference((won - lost) / texts, float(low), float(high), p, won, lost)


def _by_objective(run: Run) -> str:
    """Says which head is best with and without attention, for tasks without an accuracy."""
    best = {}
    for record in _comparable(run):
        best.setdefault(record.values.get("head", "") in CONTROLS, record)
    if len(best) < 2:
        return _one_sided(best.get(False), best.get(True))
    described = [
        f"{describe_head(best[control].values)} on {best[control].values.get('encoder', '')} "
        f"({run.plan.objective} {best[control].score:.4f})"
        for control in (False, True)
    ]
    return (
        f"Best head with attention on validation: {described[0]}; without: {described[1]}. The "
        "difference was not tested."
    )


def _comparable(run: Run) -> list[TrialRecord]:
    """Lists scored trials, best first, without derived ones, whose score is not the head's."""
    return [record for record in run.ranked() if not record.derived]


def _best_by_head(run: Run, texts: int) -> tuple[HeadResult, ...]:
    ranked = _comparable(run)
    found = {}
    for record in ranked:
        name = record.values.get("head", "")
        accuracy = record.metrics.get("accuracy")
        if accuracy is None or name in found:
            continue
        low, high = interval(accuracy, texts) if texts else (None, None)
        found[name] = HeadResult(
            name=name,
            description=describe_head(record.values),
            trial=record.trial_id,
            encoder=record.values.get("encoder", ""),
            trials=sum(each.values.get("head", "") == name for each in ranked),
            control=name in CONTROLS,
            accuracy=accuracy,
            low=low,
            high=high,
        )
    return tuple(sorted(found.values(), key=lambda result: -result.accuracy))


def _one_sided(attention: object, control: object) -> str:
    if attention is None and control is None:
        return "No trial has a score yet."
    if control is None:
        return (
            "No trial used a head without attention (mean, max or last), so whether attention "
            "helps is unknown. Run more trials, with those heads in the space."
        )
    return "No trial used a head with attention, so whether attention helps is unknown."


def _finding(difference: Difference) -> str:
    if difference.low > 0 and difference.p < 0.05:
        return "helps"
    return "hurts" if difference.high < 0 and difference.p < 0.05 else "no difference"


def _sentence(
    finding: str,
    attention: HeadResult,
    control: HeadResult,
    difference: Difference,
    results: Sequence[HeadResult],
) -> str:
    points = (
        f"{abs(difference.share) * 100:.1f} points "
        f"(95 % interval {difference.low * 100:+.1f} to {difference.high * 100:+.1f}, "
        f"McNemar p {'< 0.001' if difference.p < 0.001 else f'= {difference.p:.3f}'})"
    )
    one, other = _described(attention), _described(control)
    sentence = {
        "helps": f"Attention helped here: {one} beats {other} by {points}.",
        "hurts": f"Attention hurt here: {one} is below {other} by {points}.",
        "no difference": (
            f"Attention was not shown to help here: {one} and {other} differ by {points}, which "
            "may be chance."
        ),
    }[finding]
    with_attention = sum(result.trials for result in results if not result.control)
    without = sum(result.trials for result in results if result.control)
    return (
        f"{sentence} Each is the best of {plural(with_attention, 'trial')} with attention and "
        f"{without} without, chosen on these texts: the side with more trials has an advantage."
    )


def _described(result: HeadResult) -> str:
    return f"{result.description} on {result.encoder or 'no encoder'} ({result.accuracy:.3f})"

"""Measures faithfulness on series: do answers change without the span that is attended most?"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.exporting.series_bundle import SeriesBundle

SHARE = 0.1  # Of the steps of a series, the length of a span.
FEWEST_STEPS = 5  # In a shorter series a span has no surroundings.
RANDOM_DRAWS = 3


@dataclass(frozen=True)
class SpanFaithfulness:
    """How far answers change where a span is replaced by its surroundings.

    Args:
        attended: float, mean change of the answer without the most attended span.
        random: float, the same without a random span of the same length.
        attended_changed, random_changed: float, share of the series that get another class; None
            for numbers and several labels.
        series: int, number of series measured.
        shorter: int, number of series that were left out, as they have too few steps.
    """

    attended: float
    random: float
    attended_changed: float | None
    random_changed: float | None
    series: int
    shorter: int = 0

    def sentence(self) -> str:
        """Says the finding in words."""
        span = f"the most attended span, {SHARE:.0%} of the steps, by the mean of its surroundings"
        if self.attended_changed is None:
            said = (
                f"Replacing {span} changes an answer by {self.attended:.3g} on average; replacing "
                f"a random span as long by {self.random:.3g}."
            )
        else:
            said = (
                f"Replacing {span} changes {self.attended_changed:.0%} of the answers and takes "
                f"{self.attended:.3f} from the probability of an answer; replacing a random span "
                f"as long changes {self.random_changed:.0%} and takes {self.random:.3f}."
            )
        return f"{said} Measured on {self.series:,} validation series."


def measure_span_faithfulness(
    bundle: SeriesBundle,
    series: Sequence[np.ndarray],
    *,
    sample: int = 100,
    seconds: float = 20.0,
    seed: int = 0,
) -> SpanFaithfulness:
    """Measures how answers change without the most attended span, and without random spans.

        s* = argmax_s sum_{t in s} a_t            over the spans of a tenth of the steps
        change = p(y | x) - p(y | x without s)    for classes
        change = mean_c |f_c(x) - f_c(x without s)|   for numbers and several labels

    y is the class that the model answers for the whole series. In the place of a span stands, for
    each feature, the mean of as many steps before it and behind it, as far as these are there; it
    stays missing where they have no value. One call of the model answers all variants of a series.

    Args:
        bundle: the model.
        series: held-out series, as `bundle.inputs` returns them.
        sample: int, size of the random sample of series.
        seconds: float, time limit; at least one series is measured.
        seed: int, for the sample and the random spans.

    Raises:
        NotMeasurable: the model has no attention head, or every series has fewer than 5 steps.

    Reference:
        DeYoung et al. 2020, section 4, comprehensiveness of the tokens of a text.
        https://arxiv.org/abs/1911.03429 Schlegel et al. 2019, section 3.2, for spans of series.
        https://arxiv.org/abs/1909.07082
    """
    attention = SeriesAttention(bundle)
    if not attention.has_weights:
        raise NotMeasurable("The model has no attention head. Faithfulness needs one.")
    long = [each for each in series if len(each) >= FEWEST_STEPS]
    if not long:
        raise NotMeasurable(f"Every series has fewer than {FEWEST_STEPS} steps.")
    draw = np.random.default_rng(seed)
    until, found = time.monotonic() + seconds, []
    for index in draw.permutation(len(long))[:sample]:
        found.append(_changes(bundle, attention, long[index], draw))
        if time.monotonic() > until:
            break
    changes, changed = (np.array(each, "float64") for each in zip(*found, strict=True))
    classes = bundle.kind == "class"
    return SpanFaithfulness(
        float(changes[:, 0].mean()),
        float(changes[:, 1:].mean()),
        float(changed[:, 0].mean()) if classes else None,
        float(changed[:, 1:].mean()) if classes else None,
        len(found),
        len(series) - len(long),
    )


def without_span(series: np.ndarray, start: int, steps: int) -> np.ndarray:
    """Returns a series with the mean of its surroundings in the place of a span.

    Args:
        series: `(steps, features)`.
        start: int, the first step of the span.
        steps: int, its length, and how many steps on each side are its surroundings.
    """
    beside = np.concatenate(
        [series[max(0, start - steps) : start], series[start + steps : start + 2 * steps]]
    )
    there = ~np.isnan(beside)
    total = np.where(there, beside, 0.0).sum(axis=0)
    mean = np.where(there.any(axis=0), total / np.maximum(there.sum(axis=0), 1), np.nan)
    made = series.copy()
    made[start : start + steps] = mean
    return made


def most_attended(weights: np.ndarray, steps: int) -> int:
    """Returns the first step of the span of so many steps that has most of the attention."""
    sums = np.concatenate([[0.0], np.cumsum(weights, dtype="float64")])
    return int(np.argmax(sums[steps:] - sums[:-steps]))


def _changes(
    bundle: SeriesBundle, attention: SeriesAttention, series: np.ndarray, draw: np.random.Generator
) -> tuple[list[float], list[bool]]:
    """Measures one series: the change without the attended span, then without each random one."""
    [whole], [weights] = attention([series])
    steps = max(1, round(SHARE * len(series)))
    starts = [most_attended(weights, steps)]
    starts += draw.integers(0, len(series) - steps + 1, RANDOM_DRAWS).tolist()
    answers = bundle.predict([without_span(series, start, steps) for start in starts])
    if bundle.kind != "class":
        return np.abs(answers - whole).mean(axis=1).tolist(), [False] * len(starts)
    answer = int(whole.argmax())
    fall = whole[answer] - answers[:, answer]
    return fall.tolist(), (answers.argmax(axis=1) != answer).tolist()

"""How near a learning curve from half of the labels comes to the accuracy at all of them.

    ATTN_TUNER_DATA=../shared/data python benchmarks/learning_curves.py trec subj --seeds 0 1 2

Of each set the training texts are taken, 8,000 at most; the test part is not read. One half has
labels: of it alone a learning curve is made. Then the other half gets its labels, and a linear
model is measured by the same folds of all texts. It is compared with the forecast on the second
half, of which the forecast knew nothing. A line of learning_curves.jsonl is a set and a seed; what
has a line is not measured again.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from data_sets import DATA_SETS, source
from results import add_row, measured_rows, table_of, write_section

from attn_tuner.labelling.estimate import LEVEL, Estimate
from attn_tuner.labelling.growing_training import GrowingAnswers, growing_answers, nested_order
from attn_tuner.labelling.power_law import bootstrap_laws
from attn_tuner.text import Split, TokenStore, Vectorizer, load

TITLE = "Learning curves"
SETS = ("hotel", "trec", "subj", "offensive", "customer_reviews", "mpqa", "ag_news", "clinc150")
MOST = 8_000  # Texts of a set.
MEASURED = Path(__file__).with_suffix(".jsonl")
DEVIATIONS = NormalDist().inv_cdf((1 + LEVEL) / 2)  # Half the width of the interval.
COLUMNS = {
    "texts": "{texts:,.0f}",
    "learnt from by now": "{learnt:,.0f}",
    "accuracy by now": "{now:.1f}",
    "forecast": "{forecast:.1f}",
    "measured": "{measured:.1f}",
    "error": "{error:.2f}",
    "error of the gain": "{gain_error:.2f}",
    "error if nothing were gained": "{flat_error:.2f}",
    "covered": "{covered:.0%}",
    "seconds": "{seconds:.0f}",
}
EXPLAINED = """\
`benchmarks/learning_curves.py`: the training texts of each set, {most:,} at most, are divided into
halves; the test parts are not read. From the labels of the first half alone a learning curve
forecasts the accuracy of the linear model that learns from twice as many texts. Then all labels are
given, and the model is measured in five folds of all texts, on those of the second half, of which
the forecast knew nothing. Accuracies are in percent, errors the means of absolute ones in points.
The gain is that from the end of the measured curve to twice as many texts; "if nothing were gained"
takes the end of the curve for the forecast. Covered is how often the 80 % interval holds what was
measured, widened by the standard deviation of an accuracy on as many texts; as it is, it holds
{bare:.0%}. Over all {runs} forecasts the mean error is {error:.2f} points, that of the gain
{gain_error:.2f}; {covered:.0%} are covered, and {gain_covered:.0%} of the gains. Means of {seeds}
seeds. Exponents, weights and bootstrap were chosen on other halves of the same sets, those of the
seeds 10 to 12."""


@dataclass(frozen=True)
class Forecast:
    """A forecast for one set, and what was measured.

    Args:
        set: key of `DATA_SETS`.
        seed: of the halves, the folds and the bootstrap.
        texts: number of texts in both halves.
        learnt: texts learnt from at the end of the measured curve.
        now: accuracy there, in percent.
        forecast: accuracy in percent with twice as many.
        measured: the same, measured on `tested` texts of the second half.
        tested: number of texts.
        covered, bare: whether the widened interval, and the interval as it is, hold it.
        gain, gain_measured: points from `learnt` to twice as many.
        gain_covered: whether the interval of the gain, widened by the deviation of the measured
            one, holds it.
        seconds: time of the learning curve.
    """

    set: str
    seed: int
    texts: int
    learnt: int
    now: float
    forecast: float
    measured: float
    tested: int
    covered: bool
    bare: bool
    gain: float
    gain_measured: float
    gain_covered: bool
    seconds: float


def held(estimate: Estimate, measured: float, deviation: float) -> bool:
    """Tells whether an interval, widened by the deviation of a measurement, holds it.

    Args:
        estimate: with its interval.
        measured: what was measured.
        deviation: its standard deviation, in points.
    """
    low, high = (
        np.hypot(estimate.points - estimate.low, DEVIATIONS * deviation),
        np.hypot(estimate.high - estimate.points, DEVIATIONS * deviation),
    )
    return bool(estimate.points - low <= measured <= estimate.points + high)


def curve(split: Split, chosen: np.ndarray, classes: int, seed: int, **options) -> GrowingAnswers:
    """Trains on growing parts of some of the texts."""
    part = split.take(chosen)
    store = TokenStore.encode(part, Vectorizer.build(part.texts))
    found = growing_answers(store, classes, seed, **options)
    if found is None:
        raise ValueError("There are too few texts for folds.")
    return found


def forecast(name: str, seed: int) -> Forecast:
    """Forecasts the accuracy with all labels of a set from half of them, and measures it."""
    given = source(name)
    data = load(given["data"], test=given["test"], validation=0.05, seed=0)
    classes = len(data.classes)
    split = data.train.take(nested_order(np.asarray(data.train.labels), seed)[:MOST])
    half = len(split) // 2
    begun = time.perf_counter()
    known = curve(split, np.arange(half), classes, seed)
    laws = bootstrap_laws(known, seed)
    seconds = time.perf_counter() - begun
    whole = curve(split, np.arange(len(split)), classes, seed, shares=(0.5, 1.0))
    new = whole.take(whole.places >= half)
    learnt, twice = known.sizes[-1], whole.sizes[-1]
    accuracy = Estimate.of(1 - laws(twice))
    gain = Estimate.of(laws(learnt) - laws(twice))
    measured, deviation = mean_points(new.correct[1].astype(float))
    gained, gain_deviation = mean_points(new.correct[1].astype(float) - new.correct[0])
    return Forecast(
        name,
        seed,
        len(split),
        round(learnt),
        100 * float(1 - known.errors[-1]),
        accuracy.points,
        measured,
        new.correct.shape[1],
        held(accuracy, measured, deviation),
        held(accuracy, measured, 0.0),
        gain.points,
        gained,
        held(gain, gained, gain_deviation),
        seconds,
    )


def mean_points(values: np.ndarray) -> tuple[float, float]:
    """Returns the mean of values in points, and its standard deviation."""
    return 100 * float(values.mean()), 100 * float(values.std() / np.sqrt(len(values)))


def with_errors(found: Mapping) -> dict[str, float]:
    """Adds the absolute errors of a forecast to its numbers."""
    numbers = {name: float(value) for name, value in found.items() if name not in ("set", "seed")}
    return numbers | {
        "error": abs(numbers["forecast"] - numbers["measured"]),
        "gain_error": abs(numbers["gain"] - numbers["gain_measured"]),
        "flat_error": abs(numbers["now"] - numbers["measured"]),
    }


def means(found: Sequence[Mapping]) -> dict[str, float]:
    """Returns the mean of each number."""
    rows = [with_errors(each) for each in found]
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def table_row(name: str, found: Sequence[Mapping]) -> str:
    """Writes the means of one set as a row of the table."""
    cells = [form.format(**means(found)) for form in COLUMNS.values()]
    return f"| {' | '.join([DATA_SETS[name].title, *cells])} |"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("sets", nargs="*", default=SETS)
    asked.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = asked.parse_args()
    rows = measured_rows(MEASURED)
    known = {(each["set"], each["seed"]) for each in rows}
    for seed in options.seeds:
        for name in options.sets:
            if (name, seed) not in known:
                rows.append(asdict(forecast(name, seed)))
                print(rows[-1], flush=True)
                add_row(MEASURED, rows[-1])
    by_set = {name: [each for each in rows if each["set"] == name] for name in SETS}
    table = table_of(COLUMNS, (table_row(name, found) for name, found in by_set.items() if found))
    seeds = len({each["seed"] for each in rows})
    said = EXPLAINED.format(most=MOST, runs=len(rows), seeds=seeds, **means(rows))
    write_section(TITLE, said + "\n\n" + table)


if __name__ == "__main__":
    main()

"""Compares ways to average the trials of searches, on texts that chose no weight.

    python benchmarks/averages.py RUN [RUN ...]

The validation texts of each run folder are halved at random, ten times: one half ranks the trials,
chooses weights and fits a temperature, the other is measured. No test part is read. Members are the
five best trials, of those within 0.9 of the best one's distance from chance, and the linear model.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from results import table_of, write_section
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from attn_tuner.finalizing.averages import MIN_SKILL, SHARES
from attn_tuner.finalizing.calibration import apply_temperature, calibrate
from attn_tuner.finalizing.ensemble import select_members
from attn_tuner.finalizing.logarithmic_average import LEAST_WEIGHT, PULL, average, fit_weights
from attn_tuner.finalizing.rating import Rating
from attn_tuner.layers.probability_average import FLOOR
from attn_tuner.metrics import both_columns

TITLE = "Ways to average"
FOUND = """\
Runs of 1 to 5 minutes; TREC, irony and customer reviews of three quarters of their training texts,
CLINC150 with its texts out of scope as a 151st class. "mean" is the mean of the best trials with a
share of the linear model, both by log loss, as searches with fewer than 2,000 validation texts had
it before; "weighted logarithms" is what they do now, and "weighted probabilities" the same without
logarithms; "selected" is forward selection, as the others had it. A logistic regression on the
log-probabilities of all members (C = 0.01) loses; on CLINC150 it lost 9 points.

More recorded trials show a smaller gain. Ten sets (these, MPQA, and CLINC150 without its texts out
of scope) have 25 libraries, of which 5 to 12 trials were drawn beside the linear model, and a half
or three quarters of the texts, 26 to 160 times each (not by this script). The weighted logarithms
gain 0.11 points of accuracy over the mean: standard error 0.04 over the sets, 0.06 over the texts;
from -0.11 for offensive tweets to +0.32 for TREC, the only set with a gain above two standard
errors. They gain 0.0028 of log loss (errors 0.0011 and 0.0008), on 8 of 10 sets. With 4.2 members
in place of 3.2 they are a third larger. More than half of the gain is that of weights for more
members: weighted probabilities gain 0.07 points and 0.0021, the mean of logarithms, with as many
members as the mean, 0.04 and 0.0014; the difference between logarithms and probabilities, both
weighted, is 0.05 points (error 0.03) and 0.0007 (0.0008). Where the mean could still be chosen, by
its log loss on the texts that chose the weights or on folds of them, 0.02 to 0.08 points were
left. So there is no such choice.

Those validation parts are small. IMDb's has 2,486 texts; 14 trials of a search of an hour, halved
30 times (not by this script): against members selected by accuracy, which searches with 2,000
texts and more had before, weighted logarithms gain 0.09, 0.12, 0.19 and 0.19 points for at most 1,
2, 3 and 5 trials (errors over the divisions 0.06 to 0.08, too small as these overlap) and 0.0050,
0.0054, 0.0061 and 0.0062 of log loss. If there is one trial, that with the lowest log loss beside
the linear model gains 0.0089. So searches with more texts have both now. More than two trials add
nothing there: those of an hour are of one kind, with a bidirectional GRU."""
HALVINGS = 10
MOST = 5  # Trials in an average.
STACKED = "logistic regression"
MOST_CLASSES = 20  # Of more, the regression takes minutes and has too many weights.


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    found = [compared(run) for run in parser.parse_args().runs]
    lines = [line for each in found for line in each.lines()]
    if len(found) > 1:
        lines += mean_lines(found)
    columns = ["texts", "accuracy", "points against the mean", "log loss", "difference", "members"]
    intro = (
        f"`benchmarks/averages.py`: validation texts halved {HALVINGS} times; one half chooses "
        "weights and temperature, the other is measured. No test part is read. Behind ± is one "
        "standard error, over the texts of a set and over the sets."
    )
    write_section(TITLE, f"{intro}\n\n{table_of(columns, lines)}\n\n{FOUND}")


@dataclass(frozen=True)
class Compared:
    """What the ways reach on one run.

    Args:
        name: of the run.
        right: way to the share of halvings in which each text is answered rightly, `(texts,)`.
        losses: way to the mean log loss of each text, `(texts,)`.
        members: way to the mean number of members.
    """

    name: str
    right: dict[str, np.ndarray]
    losses: dict[str, np.ndarray]
    members: dict[str, float]

    def against_mean(self, way: str) -> tuple[np.ndarray, np.ndarray]:
        """Points of accuracy and log loss of each text, less those of the first way."""
        first = next(iter(WAYS))
        return 100 * (self.right[way] - self.right[first]), self.losses[way] - self.losses[first]

    def lines(self) -> list[str]:
        """The table rows, one for each way."""
        return [
            f"| {self.name}, {way} | {len(self.right[way]):,} | {self.right[way].mean():.4f} "
            f"| {with_error(points, 2)} | {self.losses[way].mean():.4f} | {with_error(losses, 4)} "
            f"| {self.members[way]:.1f} |"
            for way in self.right
            for points, losses in [self.against_mean(way)]
        ]


def mean_lines(found: list[Compared]) -> list[str]:
    """The rows of the means over all sets."""
    lines = []
    for way in WAYS:
        both = [each.against_mean(way) for each in found if way in each.right]
        points, losses = (np.array([each[place].mean() for each in both]) for place in (0, 1))
        members = np.mean([each.members[way] for each in found if way in each.members])
        lines.append(
            f"| {len(both)} sets, {way} |  |  | {with_error(points, 2)} |  "
            f"| {with_error(losses, 4)} | {members:.1f} |"
        )
    return lines


def with_error(values: np.ndarray, digits: int) -> str:
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():+.{digits}f} ± {error:.{digits}f}"


def compared(run: Path) -> Compared:
    """Measures the ways on one run folder."""
    labels = np.load(run / "data" / "validation" / "labels.npy")
    paths = [*sorted(run.glob("trial_*/validation.npy")), run / "linear_validation.npy"]
    members = np.stack([both_columns(np.load(path)) for path in paths]).astype("float64")
    generator, asked_times = np.random.default_rng(0), np.zeros(len(labels))
    names = [name for name in WAYS if name != STACKED or members.shape[2] <= MOST_CLASSES]
    sums = {name: np.zeros((2, len(labels))) for name in names}
    sizes = dict.fromkeys(names, 0.0)
    for _ in range(HALVINGS):
        chosen, held = np.array_split(generator.permutation(len(labels)), 2)
        kept = near(members[:, chosen], labels[chosen])
        asked_times[held] += 1
        for name in names:
            seen, asked = members[kept][:, chosen], members[kept][:, held]
            own, answers, size = WAYS[name](seen, labels[chosen], asked)
            answers = calibrated(own, answers, labels[chosen])
            own_class = answers[np.arange(len(held)), labels[held]]
            sums[name][0, held] += answers.argmax(axis=1) == labels[held]
            sums[name][1, held] -= np.log(np.maximum(own_class, FLOOR))
            sizes[name] += size / HALVINGS
    seen = asked_times > 0
    means = {name: each[:, seen] / asked_times[seen] for name, each in sums.items()}
    right, losses = ({name: each[place] for name, each in means.items()} for place in (0, 1))
    return Compared(run.name, right, losses, sizes)


def near(members: np.ndarray, labels: np.ndarray) -> list[int]:
    """The places of the best trials that are close to the best one, and of the linear model."""
    accuracy = (members[:-1].argmax(axis=2) == labels).mean(axis=1)
    above = accuracy - np.bincount(labels).max() / len(labels)
    order = np.argsort(-accuracy)[:MOST]
    kept = [int(each) for each in order if above[each] >= MIN_SKILL * above.max()]
    return [*kept, len(members) - 1]


def calibrated(seen: np.ndarray, asked: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return apply_temperature(asked, calibrate(labels, seen).temperature)


def equal(seen, labels, asked):
    """The mean of the best trials with the linear model, by log loss."""
    weights = lowest(seen, labels, logarithms=False)
    return both(weights, seen, asked, logarithms=False)


def equal_of_logs(seen, labels, asked):
    """The same, of logarithms."""
    weights = lowest(seen, labels, logarithms=True)
    return both(weights, seen, asked, logarithms=True)


def selected(seen, labels, asked):
    """Weights by forward selection, as of other objectives than accuracy."""
    found = select_members(list(seen), labels, "accuracy", most=MOST, companions=1)
    weights = np.zeros(len(seen))
    weights[list(found.members)] = found.weights
    return both(weights, seen, asked, logarithms=False)


def weighted(seen, labels, asked):
    """One weight a member for its probabilities, with the penalty of `weighted_logs`."""
    start = np.full(len(seen), 1 / len(seen))
    texts, pull = np.arange(len(labels)), PULL / len(labels)

    def loss(values):
        weights, sharpness = values[:-1], values[-1]
        mixed = np.maximum(average(seen, weights), FLOOR)
        logs = np.log(mixed)
        answers = softmax(sharpness * logs, axis=1)
        own = -np.log(np.maximum(answers[texts, labels], FLOOR)).mean()
        answers[texts, labels] -= 1
        slope = np.einsum("nc,mnc->m", sharpness * answers / mixed, seen) / len(labels)
        away = weights - start
        slopes = np.r_[slope + 2 * pull * away, (answers * logs).sum() / len(labels)]
        return own + pull * (away @ away), slopes

    bounds = [(1e-6, None)] * len(seen) + [(0.1, 10)]
    found = minimize(loss, np.r_[start, 1.0], jac=True, bounds=bounds).x[:-1]
    shares = found / found.sum()
    kept = np.where(shares < LEAST_WEIGHT, 0.0, shares)
    return both(kept / kept.sum(), seen, asked, logarithms=False)


def weighted_logs(seen, labels, asked):
    """One weight a member for its log-probabilities, as of few texts."""
    return both(fit_weights(seen, labels), seen, asked, logarithms=True)


def stacked(seen, labels, asked):
    """A multinomial logistic regression on the log-probabilities of all members."""
    logs = (np.log(np.maximum(each, FLOOR)) for each in (seen, asked))
    rows, others = (np.concatenate(each, axis=1) for each in logs)
    model = LogisticRegression(C=0.01, max_iter=60, tol=1e-2).fit(rows, labels)
    filled = np.full((2, max(len(rows), len(others)), seen.shape[2]), FLOOR)
    for place, given in enumerate((rows, others)):
        filled[place][: len(given), model.classes_] = model.predict_proba(given)
    return filled[0][: len(rows)], filled[1][: len(others)], len(seen)


def lowest(seen, labels, logarithms):
    """Weights of the lowest log loss: how many trials, and the share of the linear model."""
    rate = Rating(labels, "log_loss")
    ways = [
        np.r_[np.full(count, (1 - share) / count), np.zeros(len(seen) - 1 - count), share]
        for count in range(1, len(seen))
        for share in (0, *SHARES)
    ]
    return max(ways, key=lambda weights: rate(average(seen, weights, logarithms)))


def both(weights, seen, asked, logarithms):
    """Averages of both halves, and the number of members."""
    answers = [average(each, weights, logarithms) for each in (seen, asked)]
    return *answers, np.count_nonzero(weights)


WAYS = {
    "mean": equal,
    "mean of logarithms": equal_of_logs,
    "selected": selected,
    "weighted probabilities": weighted,
    "weighted logarithms": weighted_logs,
    STACKED: stacked,
}


if __name__ == "__main__":
    main()

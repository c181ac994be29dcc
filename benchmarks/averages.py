"""Compares ways to average the trials of searches, on texts that chose no weight.

    python benchmarks/averages.py RUN [RUN ...]

The validation texts of each run folder are halved at random, ten times: one half ranks the trials,
chooses weights and fits a temperature, the other is measured. No test part is read. Members are the
five best trials, of those within 0.9 of the best one's distance from chance, and the linear model.
"""

import argparse
from pathlib import Path

import numpy as np
from results import table_of, write_section
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from attn_tuner.finalizing.averages import MIN_SKILL, SHARES
from attn_tuner.finalizing.calibration import apply_temperature, calibrate
from attn_tuner.finalizing.ensemble import combine_members, select_members
from attn_tuner.finalizing.rating import Rating
from attn_tuner.metrics import both_columns, measure

TITLE = "Ways to average"
FOUND = """\
Runs of 5 minutes of IMDb, with 4 trials, and of CLINC150 with its texts out of scope as a 151st
class, with 3. "mean" is the mean of the best trials with a share of the linear model, both by log
loss, as searches with fewer than 2,000 validation texts choose it; "selected" is forward selection,
as the others do. A logistic regression on the log-probabilities of all members (C = 0.01) gains
nothing on IMDb and loses 9 points on CLINC150, where it has a weight for each pair of 151 classes
and 945 texts to learn them from. In other halvings C = 0.1 and 1 were 0.02 and 0.01 points above
forward selection on IMDb; C = 0.001 lost 15 points on CLINC150. One weight a member for logarithms,
or their plain mean, gains -0.02 to 0.23 points, within chance. So searches have no stacking.

Recorded trials of six sets (TREC, subjectivity, MPQA, customer reviews, IMDb, CLINC150; 5 to 12 of
them drawn, with the linear model but for CLINC150, 2 to 20 halvings, not by this script) speak for
the weighted logarithms: 0.2 points in the mean over what a search does (-0.07 to +0.42), and 0.005
in log loss (+0.001 to -0.011). Searches do not use them."""
HALVINGS = 10
MOST = 5  # Trials in an average.
FLOOR = 1e-6  # The least probability of which a logarithm is taken.


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    lines = [line for run in parser.parse_args().runs for line in compared(run)]
    columns = ["texts", "accuracy", "points against the mean", "log loss", "difference"]
    intro = (
        f"`benchmarks/averages.py`: validation texts halved {HALVINGS} times; one half chooses "
        "weights and temperature, the other is measured. No test part is read."
    )
    write_section(TITLE, f"{intro}\n\n{table_of(columns, lines)}\n\n{FOUND}")


def compared(run: Path) -> list[str]:
    """Returns the table rows of one run folder, one for each way."""
    labels = np.load(run / "data" / "validation" / "labels.npy")
    paths = [*sorted(run.glob("trial_*/validation.npy")), run / "linear_validation.npy"]
    members = np.stack([both_columns(np.load(path)) for path in paths]).astype("float64")
    generator, found = np.random.default_rng(0), {}
    for _ in range(HALVINGS):
        chosen, held = np.array_split(generator.permutation(len(labels)), 2)
        kept = near(members[:, chosen], labels[chosen])
        for name, way in WAYS.items():
            seen, asked = members[kept][:, chosen], members[kept][:, held]
            answers = calibrated(*way(seen, labels[chosen], asked), labels[chosen])
            both = measure(labels[held], answers, {"accuracy", "log_loss"})
            found.setdefault(name, []).append([both["accuracy"], both["log_loss"]])
    means = {name: np.mean(each, axis=0) for name, each in found.items()}
    first = means[next(iter(WAYS))]
    return [
        f"| {run.name}, {name} | {len(labels):,} | {accuracy:.4f} "
        f"| {100 * (accuracy - first[0]):+.2f} | {loss:.4f} | {loss - first[1]:+.4f} |"
        for name, (accuracy, loss) in means.items()
    ]


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
    """The mean of the best trials with the linear model, by log loss, as of few texts."""
    weights = lowest(seen, labels, arithmetic)
    return arithmetic(weights, seen), arithmetic(weights, asked)


def equal_of_logs(seen, labels, asked):
    """The same, of logarithms."""
    weights = lowest(seen, labels, geometric)
    return geometric(weights, seen), geometric(weights, asked)


def selected(seen, labels, asked):
    """Weights by forward selection, as of many texts."""
    found = select_members(list(seen), labels, "accuracy", most=MOST + 1, companions=1)
    return combine_members(seen, found), combine_members(asked, found)


def weighted_logs(seen, labels, asked):
    """One weight a member, the same of all classes, for its log-probabilities."""
    logs, rows = logs_of(seen), np.arange(len(labels))
    start = np.full(len(seen), 1 / len(seen))

    def loss(weights):
        answers = softmax(np.tensordot(weights, logs, axes=1), axis=1)
        wrong = answers.copy()
        wrong[rows, labels] -= 1
        slope = np.einsum("nc,mnc->m", wrong, logs) / len(labels) + 0.2 * (weights - start)
        own = -np.log(np.maximum(answers[rows, labels], FLOOR)).mean()
        return own + 0.1 * ((weights - start) ** 2).sum(), slope

    options = {"jac": True, "bounds": [(0, None)] * len(seen)}
    weights = minimize(loss, start, **options).x
    return geometric(weights, seen), geometric(weights, asked)


def stacked(seen, labels, asked):
    """A multinomial logistic regression on the log-probabilities of all members."""
    rows, others = (np.concatenate(logs_of(each), axis=1) for each in (seen, asked))
    model = LogisticRegression(C=0.01, max_iter=60, tol=1e-2).fit(rows, labels)
    filled = np.full((2, max(len(rows), len(others)), seen.shape[2]), FLOOR)
    for place, given in enumerate((rows, others)):
        filled[place][: len(given), model.classes_] = model.predict_proba(given)
    return filled[0][: len(rows)], filled[1][: len(others)]


def lowest(seen, labels, average):
    """Weights of the lowest log loss: how many trials, and the share of the linear model."""
    rate = Rating(labels, "log_loss")
    ways = [
        np.r_[np.full(count, (1 - share) / count), np.zeros(len(seen) - 1 - count), share]
        for count in range(1, len(seen))
        for share in (0, *SHARES)
    ]
    return max(ways, key=lambda weights: rate(average(weights, seen)))


def arithmetic(weights, members):
    return np.tensordot(weights, members, axes=1)


def geometric(weights, members):
    return softmax(np.tensordot(weights, logs_of(members), axes=1), axis=1)


def logs_of(members):
    return np.log(np.maximum(members, FLOOR))


WAYS = {
    "mean": equal,
    "mean of logarithms": equal_of_logs,
    "selected": selected,
    "weighted logarithms": weighted_logs,
    "logistic regression": stacked,
}


if __name__ == "__main__":
    main()

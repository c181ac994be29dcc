"""Which weighting of n-grams serves the linear baseline, on texts that it has not learnt from.

    ATTN_TUNER_DATA=... python benchmarks/weightings.py [trec subj ...] [--divisions 6]

The training texts of a set are divided several times, four fifths to learn from. There
cross-validation chooses the penalty of each weighting, as a search does, and then a weighting: of
the two without their mean, and of all three. No test part is read.
"""

import argparse
import os
from collections.abc import Sequence

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # As a search sets them.

import numpy as np
from data_sets import DATA_SETS, labelled, source
from results import table_of, write_section

from attn_tuner.baselines.folds import cross_validation_folds
from attn_tuner.baselines.linear_model import BOTH, WEIGHTINGS, fit_regression
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.baselines.penalties import Way, choose_penalty
from attn_tuner.metrics import measure
from attn_tuner.text import Split, TokenStore, Vectorizer

SETS = ("trec", "subj", "offensive", "irony", "customer_reviews", "mpqa", "ag_news")
LEARNT = 0.8
CHOSEN = {"chosen of two": tuple(WEIGHTINGS), "chosen of all": (*WEIGHTINGS, BOTH)}
FIRST = 100  # Seed of the first division.
EXPLAINED = """\
`benchmarks/weightings.py`: accuracy in percent / log loss of the linear model of words on a fifth
of the training texts, held out, for each weighting of n-grams, and for the one that
cross-validation on the other texts chooses, of all and of the first two; "both" averages the log
odds of these. Means of {divisions} divisions; parts of words are left out, and no test part is
read. The gain is of the choice of all over that of two, in points, with its standard error over the
divisions."""

Scores = tuple[float, float]


def divided(name: str, seed: int) -> dict[str, Scores]:
    """Fits each weighting on one division of a set; returns accuracies and log losses."""
    texts, names = zip(*labelled(source(name)["data"]), strict=True)
    classes, labels = np.unique(names, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(texts))
    cut = int(LEARNT * len(texts))
    whole = Split(list(texts), labels.astype("int32"))
    train, held = whole.take(order[:cut]), whole.take(order[cut:])
    vectorizer = Vectorizer.build(train.texts)
    ngrams, rows = NgramRows.fit(TokenStore.encode(train, vectorizer))
    asked = ngrams.rows(TokenStore.encode(held, vectorizer))

    def fit(kept, way, penalty, start=None):
        given = (train.labels[kept], len(classes), way.weighting, penalty, seed)
        return fit_regression(way.rows[kept], *given)

    def divide(kept):
        return cross_validation_folds(train.labels[kept], seed)

    scores, judged = {}, {}
    places = np.arange(cut)
    for weighting in (*WEIGHTINGS, BOTH):
        ways = [Way(rows, weighting)]
        chosen = choose_penalty(fit, train.labels, ways, divide, places, None, None)
        found = measure(held.labels, fit(places, chosen.way, chosen.penalty)(asked))
        judged[weighting] = chosen.judged.mean
        scores[weighting] = found["accuracy"], found["log_loss"]
    for what, weightings in CHOSEN.items():
        scores[what] = scores[max(weightings, key=judged.__getitem__)]
    return scores


def table_row(name: str, found: Sequence[dict[str, Scores]]) -> str:
    """Writes the means of one set as a row of the table."""
    cells = []
    for what in (*WEIGHTINGS, BOTH, *CHOSEN):
        accuracy, log_loss = np.mean([each[what] for each in found], axis=0)
        cells.append(f"{100 * accuracy:.2f} / {log_loss:.3f}")
    gains = [100 * (each["chosen of all"][0] - each["chosen of two"][0]) for each in found]
    error = np.std(gains, ddof=1) / np.sqrt(len(gains))
    return (
        f"| {' | '.join([DATA_SETS[name].title, *cells])} | {np.mean(gains):+.2f} ± {error:.2f} |"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("sets", nargs="*", default=SETS)
    asked.add_argument("--divisions", type=int, default=6)
    options = asked.parse_args()
    rows = []
    for name in options.sets:
        found = [divided(name, FIRST + number) for number in range(options.divisions)]
        rows.append(table_row(name, found))
        print(rows[-1], flush=True)
    columns = [*WEIGHTINGS, BOTH, *CHOSEN, "gain"]
    explained = EXPLAINED.format(divisions=options.divisions)
    write_section("Weightings of the linear baseline", f"{explained}\n\n{table_of(columns, rows)}")


if __name__ == "__main__":
    main()

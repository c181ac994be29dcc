"""How many planted mistakes among labels a check finds, and what leaving them out regains.

    ATTN_TUNER_DATA=../shared/data python benchmarks/label_errors.py trec subj --seeds 0 1 2

Of each set 30 % of the training texts are held out; the test part is not read. Of the labels that
remain 5 % are changed to another class, drawn evenly. As many suspects of `attn_tuner.check` as
were changed, the most suspicious first, are compared with the changed labels; so are those that the
same models name if they learn from the labels as they were. Then a linear model is fitted to the
labels as they were, to the changed ones, and to these without the suspects, and measured on what
was held out. The changes are drawn several times. A line of label_errors.jsonl is a set and a seed;
what has a line is not measured again.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from data_sets import DATA_SETS, source
from results import add_row, measured_rows, table_of, write_section

import attn_tuner
from attn_tuner.baselines.linear_model import LinearModel, fit_linear_model, fit_regression
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.checking.checked_texts import CheckedTexts
from attn_tuner.checking.judgement import Judgement
from attn_tuner.text import Split, TextDataset, TokenStore, Vectorizer, load

TITLE = "Planted mistakes among labels"
SETS = tuple(DATA_SETS)
CHANGED, HELD_OUT = 0.05, 0.3
DRAWS = 3  # Of the changed labels, for each set and seed.
MEASURED = Path(__file__).with_suffix(".jsonl")
COLUMNS = {
    "changed": "{changed:.0f}",
    "suspects": "{reported:.0f}",
    "precision": "{precision:.2f}",
    "recall": "{recall:.2f}",
    "bound": "{bound:.2f}",
    "labels as they were": "{clean:.1f}",
    "lost": "{lost}",
    "regained": "{regained}",
    "estimated": "{estimated:+.1f}",
    "seconds": "{seconds:.1f}",
}
EXPLAINED = """\
`benchmarks/label_errors.py`: of the training texts 30 % are held out, and of the labels that
remain 5 % are changed to another class, drawn evenly; the test parts are not read. Suspects are all
that `attn_tuner.check` reports. Of as many as were changed, the most suspicious first: the share
that was changed (precision), and the share of the changed that is among them (recall); precision is
the higher where fewer are reported. Bound is the recall of the same models, at as many suspects as
were changed, if they learn from the labels as they were: where it is low, right labels contradict
the models as often as changed ones do, and treating the mistakes better could find little more.
Labels as they were: accuracy in percent, on the texts held out, of a linear model fitted to these,
with the penalty that cross-validation chooses. Lost are the points through mistakes, with the same
penalty (chosen anew it could be stronger, and less be lost), and regained those that come back
without the suspects, ± one standard error over seeds. Estimated is what the check says leaving out
all that it reports gains; seconds are those of a check, beside other work. Means of {seeds} seeds
with {draws} draws of the changes each."""


@dataclass(frozen=True)
class Found:
    """What checks found in one set; means over draws.

    Args:
        set: key of `DATA_SETS`.
        seed: of the division, the changes and the check.
        changed, reported: number of labels changed, and of suspects.
        precision, recall: of as many suspects as labels were changed.
        bound: recall of models that learnt from the labels as they were.
        clean, noisy, mended: accuracy in percent on the texts held out.
        estimated: percentage points that the check says leaving its suspects out gains, first draw.
        seconds: time of the check, first draw.
    """

    set: str
    seed: int
    changed: float
    reported: float
    precision: float
    recall: float
    bound: float
    clean: float
    noisy: float
    mended: float
    estimated: float
    seconds: float


def changed_labels(
    labels: np.ndarray, classes: int, seed: int, draw: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels of which 5 % are of another class, and a mask of these."""
    random = np.random.default_rng((seed, draw))
    chosen = random.choice(len(labels), round(CHANGED * len(labels)), replace=False)
    new = labels.copy()
    new[chosen] = (labels[chosen] + random.integers(1, classes, len(chosen))) % classes
    return new, new != labels


class HeldOut:
    """Measures linear models that learn from different labels of the same texts.

    Args:
        train: texts to learn from, with the labels as they were.
        held: texts held out.
        classes: int, number of classes.
        seed: int, for the folds.
    """

    def __init__(self, train: Split, held: Split, classes: int, seed: int):
        vectorizer = Vectorizer.build(train.texts)
        ngrams, self.rows = NgramRows.fit(TokenStore.encode(train, vectorizer))
        self.held = held, ngrams.rows(TokenStore.encode(held, vectorizer))
        model = fit_linear_model(self.rows, train.labels, classes, seed)
        self.facts = classes, model.weighting, model.penalty, seed
        self.clean = self._right(model)

    def accuracy(self, labels: np.ndarray, learnt: np.ndarray) -> float:
        """Fits to these labels of the texts at some places; returns percent."""
        return self._right(fit_regression(self.rows[learnt], labels[learnt], *self.facts))

    def _right(self, model: LinearModel) -> float:
        held, rows = self.held
        return 100 * float(np.mean(model(rows).argmax(axis=1) == held.labels))


def find(name: str, seed: int) -> Found:
    """Changes labels of a set, and checks it."""
    given = source(name)
    data = load(given.pop("data"), **given, validation=HELD_OUT, seed=seed)
    train, classes = replace(data.train, rows=None), len(data.classes)
    places = np.arange(len(train))
    clean = Judgement.of(CheckedTexts.of(_alone(data, train.labels)), seed).probabilities
    held = HeldOut(train, data.validation, classes, seed)
    rows = []
    for draw in range(DRAWS):
        labels, changed = changed_labels(train.labels, classes, seed, draw)
        begun = time.perf_counter()
        check = attn_tuner.check(_alone(data, labels), seed=seed, price=not draw)
        seconds = time.perf_counter() - begun
        if not draw:
            first = (check.gain.points if check.gain else 0.0), seconds
        count = int(changed.sum())
        suspects = [each.place.row - 1 for each in check.label_errors][:count]
        found = int(changed[suspects].sum())
        rows.append(
            (
                count,
                len(check.label_errors),
                found / max(1, len(suspects)),
                found / count,
                changed[np.argsort(clean[places, labels])[:count]].mean(),
                held.clean,
                held.accuracy(labels, places),
                held.accuracy(labels, np.setdiff1d(places, suspects)),
            )
        )
    return Found(name, seed, *np.mean(rows, axis=0).tolist(), *first)


def _alone(data: TextDataset, labels: np.ndarray) -> TextDataset:
    """Returns the training part with these labels, as a data set."""
    train = replace(data.train, rows=None, labels=labels)
    return TextDataset(data.name, train, None, None, data.classes)


def table_row(name: str, found: Sequence[Mapping]) -> str:
    """Writes the means of one set as a row of the table."""
    means = {
        field: float(np.mean([each[field] for each in found]))
        for field in found[0]
        if field not in ("set", "seed")
    }
    changes = {"lost": uncertain(found, "clean"), "regained": uncertain(found, "mended")}
    cells = [form.format(**means, **changes) for form in COLUMNS.values()]
    return f"| {' | '.join([DATA_SETS[name].title, *cells])} |"


def uncertain(found: Sequence[Mapping], better: str) -> str:
    """Writes how many points a model is better than that of the mistakes, and how uncertain."""
    points = np.array([each[better] - each["noisy"] for each in found])
    error = points.std(ddof=1) / np.sqrt(len(points)) if len(points) > 1 else np.nan
    return f"{points.mean():+.2f} ± {error:.2f}"


def pooled(found: Sequence[Mapping]) -> str:
    """Says what mistakes cost, and what comes back, over all sets and seeds."""
    clean, noisy, mended = (
        np.mean([each[field] for each in found]) for field in ("clean", "noisy", "mended")
    )
    share = (mended - noisy) / (clean - noisy)
    return (
        f"Over all {len(found)} pairs of set and seed the labels as they were are "
        f"{uncertain(found, 'clean')} points better than those with mistakes, and leaving the "
        f"suspects out {uncertain(found, 'mended')}: {share:.0%} of it."
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("sets", nargs="*", default=SETS)
    asked.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = asked.parse_args()
    rows = measured_rows(MEASURED)
    known = {(each["set"], each["seed"]) for each in rows}
    for name in options.sets:
        for seed in options.seeds:
            if (name, seed) not in known:
                rows.append(asdict(find(name, seed)))
                print(rows[-1], flush=True)
                add_row(MEASURED, rows[-1])
    by_set = {name: [each for each in rows if each["set"] == name] for name in SETS}
    table = table_of(COLUMNS, (table_row(name, found) for name, found in by_set.items() if found))
    explained = EXPLAINED.format(seeds=len({each["seed"] for each in rows}), draws=DRAWS)
    write_section(TITLE, "\n\n".join([explained, table, pooled(rows)]))


if __name__ == "__main__":
    main()

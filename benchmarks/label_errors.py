"""How many planted mistakes among labels a check finds, and what leaving them out regains.

    ATTN_TUNER_DATA=../shared/data python benchmarks/label_errors.py trec subj --seeds 0 1 2

Of each set 30 % of the training texts are held out; the test part is not read. Of the labels that
remain 5 % are changed to another class, drawn evenly. As many suspects of `attn_tuner.check` as
were changed, the most suspicious first, are compared with the changed labels. Then the linear
baseline is fitted to the labels as they were, to the changed ones, and to these without the
suspects, and measured on what was held out. A line of label_errors.jsonl is a set and a seed; what
has a line is not measured again.
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
from attn_tuner.baselines.linear_model import fit_linear_model
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.text import Split, TextDataset, TokenStore, Vectorizer, load

TITLE = "Planted mistakes among labels"
SETS = ("trec", "subj", "offensive", "customer_reviews", "clinc150", "ag_news")
CHANGED, HELD_OUT = 0.05, 0.3
LEAST_LOST = 1.0  # Points of accuracy; the mean of three seeds is uncertain by most of that.
MEASURED = Path(__file__).with_suffix(".jsonl")
COLUMNS = {
    "changed": "{changed:.0f}",
    "suspects": "{reported:.0f}",
    "precision": "{precision:.2f}",
    "recall": "{recall:.2f}",
    "labels as they were": "{clean:.1f}",
    "with mistakes": "{noisy:.1f}",
    "without suspects": "{mended:.1f}",
    "regained": "{regained}",
    "estimated": "{estimated:+.1f}",
    "seconds": "{seconds:.1f}",
}
EXPLAINED = """\
`benchmarks/label_errors.py`: of the training texts 30 % are held out, and of the labels that
remain 5 % are changed to another class, drawn evenly; the test parts are not read. Suspects are all
that `attn_tuner.check` reports. Of as many as were changed, the most suspicious first: the share
that was changed (precision), and the share of the changed that is among them (recall). Then the
accuracy in percent of the linear baseline on the texts held out, fitted to the labels as they were,
with the mistakes, and without these suspects; regained is the part of the loss that comes back,
"-" where the loss is below a point, which cannot be told from chance here. Estimated is what the
check says leaving out all that it reports gains, in points; seconds are those of a check. Means of
{seeds} seeds."""


@dataclass(frozen=True)
class Found:
    """What one check found in one set.

    Args:
        set: key of `DATA_SETS`.
        seed: of the division, the changes and the check.
        changed, reported: number of labels changed, and of suspects.
        precision, recall: of as many suspects as labels were changed.
        clean, noisy, mended: accuracy in percent on the texts held out.
        estimated: percentage points that the check says leaving its suspects out gains.
        seconds: time of the check.
    """

    set: str
    seed: int
    changed: int
    reported: int
    precision: float
    recall: float
    clean: float
    noisy: float
    mended: float
    estimated: float
    seconds: float


def changed_labels(labels: np.ndarray, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels of which 5 % are of another class, and a mask of these."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(labels), round(CHANGED * len(labels)), replace=False)
    new = labels.copy()
    new[chosen] = (labels[chosen] + random.integers(1, classes, len(chosen))) % classes
    return new, new != labels


def accuracy(train: Split, held: Split, classes: int, seed: int) -> float:
    """Returns the accuracy of the linear baseline, in percent."""
    vectorizer = Vectorizer.build(train.texts)
    ngrams, rows = NgramRows.fit(TokenStore.encode(train, vectorizer))
    model = fit_linear_model(rows, train.labels, classes, seed)
    answers = model(ngrams.rows(TokenStore.encode(held, vectorizer)))
    return 100 * float(np.mean(answers.argmax(axis=1) == held.labels))


def find(name: str, seed: int) -> Found:
    """Changes labels of a set, and checks it."""
    given = source(name)
    data = load(given["data"], test=given["test"], validation=HELD_OUT, seed=seed)
    train, classes = replace(data.train, rows=None), len(data.classes)
    labels, changed = changed_labels(train.labels, classes, seed)
    noisy = replace(train, labels=labels)
    begun = time.perf_counter()
    check = attn_tuner.check(TextDataset(name, noisy, None, None, data.classes), seed=seed)
    seconds = time.perf_counter() - begun
    suspects = [each.place.row - 1 for each in check.label_errors][: changed.sum()]
    others = np.setdiff1d(np.arange(len(train)), suspects)
    fitted = (train, noisy, noisy.take(others))
    return Found(
        name,
        seed,
        int(changed.sum()),
        len(check.label_errors),
        float(changed[suspects].mean()) if suspects else 0.0,
        float(changed[suspects].sum() / changed.sum()),
        *(accuracy(each, data.validation, classes, seed) for each in fitted),
        check.gain.points if check.gain else 0.0,
        seconds,
    )


def table_row(name: str, found: Sequence[Mapping]) -> str:
    """Writes the means of one set as a row of the table."""
    means = {
        field: float(np.mean([each[field] for each in found]))
        for field in found[0]
        if field not in ("set", "seed")
    }
    lost = means["clean"] - means["noisy"]
    share = f"{(means['mended'] - means['noisy']) / lost:.0%}" if lost >= LEAST_LOST else "-"
    cells = [form.format(**means, regained=share) for form in COLUMNS.values()]
    return f"| {' | '.join([DATA_SETS[name].title, *cells])} |"


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
    seeds = len({each["seed"] for each in rows})
    write_section(TITLE, EXPLAINED.format(seeds=seeds) + "\n\n" + table)


if __name__ == "__main__":
    main()

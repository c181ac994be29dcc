"""How well a monitor finds shifts of the texts, and how near its estimate of the accuracy comes.

    ATTN_TUNER_DATA=../shared/data python benchmarks/monitor.py trec subj --seeds 0 1 2

Of each set's training texts, a linear model learns from one third, another third is the reference
of `attn_tuner.monitor`, and of the last one 500 texts are drawn at a time and shifted. The test
part is not read.
"""

import argparse
from collections.abc import Callable

import numpy as np
from data_sets import DATA_SETS, source
from results import write_section

from attn_tuner.baselines.linear_model import fit_linear_model
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.drift.accuracy import estimate_accuracy
from attn_tuner.drift.comparison import compare
from attn_tuner.drift.text_facts import TextFacts
from attn_tuner.text import Split, TokenStore, Vectorizer, load

TITLE = "Monitored texts"
SETS = ("trec", "subj", "ag_news")
TEXTS, DRAWS = 500, 20
EXPLAINED = """\
`benchmarks/monitor.py`: of the training texts of each set a linear model learns from one third,
another is the reference, and from the last 500 texts are drawn at a time, {draws} times for each of
{seeds} seeds, and shifted. Alarms are the share of draws that `attn_tuner.monitor` calls different;
without a shift these are false alarms. Accuracies in percent: on the reference, measured on the
shifted texts, and estimated without their labels; the error is the mean of absolute ones, in
points, of which drawing 500 texts alone makes about {noise:.1f}. The test parts are not read."""

Shift = Callable[[Split, np.random.Generator], Split]


def unchanged(split: Split, random: np.random.Generator) -> Split:
    """Draws texts as they are."""
    return split.take(random.choice(len(split), TEXTS, replace=False))


def new_words(split: Split, random: np.random.Generator) -> Split:
    """Replaces a tenth of the words by ones that the model has never seen."""
    drawn = unchanged(split, random)
    texts = [
        " ".join("qzx" if random.random() < 0.1 else word for word in text.split())
        for text in drawn.texts
    ]
    return Split(texts, drawn.labels)


def cut(split: Split, random: np.random.Generator) -> Split:
    """Keeps the first two thirds of the words of each text."""
    drawn = unchanged(split, random)
    words = [text.split() for text in drawn.texts]
    return Split([" ".join(each[: -(-2 * len(each) // 3)]) for each in words], drawn.labels)


def other_mix(split: Split, random: np.random.Generator) -> Split:
    """Draws one class, the most frequent, twice as often."""
    chances = np.where(split.labels == np.bincount(split.labels).argmax(), 2.0, 1.0)
    chosen = random.choice(len(split), TEXTS, replace=False, p=chances / chances.sum())
    return split.take(chosen)


def harder(split: Split, random: np.random.Generator) -> Split:
    """Exchanges the order and half of the words of each text with those of another."""
    drawn = unchanged(split, random)
    words = [text.split() for text in drawn.texts]
    texts = []
    for own in words:
        other = words[random.integers(len(words))]
        mixed = [*own[::2], *other[1::2]]
        random.shuffle(mixed)
        texts.append(" ".join(mixed))
    return Split(texts, drawn.labels)


SHIFTS: dict[str, Shift] = {
    "none": unchanged,
    "new words": new_words,
    "texts cut": cut,
    "other mix of classes": other_mix,
    "words of other texts": harder,
}


def measure(name: str, seed: int) -> dict[str, np.ndarray]:
    """Returns for each shift (draws, 4): alarm, accuracy before, measured, estimated."""
    given = source(name)
    data = load(given["data"], test=given["test"], validation=0.05, seed=seed)
    order = np.random.default_rng(seed).permutation(len(data.train))
    learnt, held, later = (data.train.take(each) for each in np.array_split(order, 3))
    vectorizer = Vectorizer.build(learnt.texts)
    ngrams, rows = NgramRows.fit(TokenStore.encode(learnt, vectorizer))
    model = fit_linear_model(rows, learnt.labels, len(data.classes), seed)

    def facts(split: Split) -> TextFacts:
        store = TokenStore.encode(split, vectorizer)
        return TextFacts.of(store, model(ngrams.rows(store)))

    reference = facts(held)
    right = reference.classes == held.labels
    found = {}
    for title, shift in SHIFTS.items():
        random = np.random.default_rng(seed)
        draws = []
        for _ in range(DRAWS):
            split = shift(later, random)
            new = facts(split)
            alarm = any(each.differs for each in compare(reference, new, data.classes))
            measured = 100 * float((new.classes == split.labels).mean())
            estimate = estimate_accuracy(reference, right, new)
            draws.append((alarm, estimate.before, measured, estimate.points))
        found[title] = np.array(draws, float)
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("sets", nargs="*", default=SETS)
    asked.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = asked.parse_args()
    heads = ["set", "shift", "alarms", "before", "measured", "estimated", "error"]
    table = [f"| {' | '.join(heads)} |", "|---|---" + "|---:" * (len(heads) - 2) + "|"]
    spread = []
    for name in options.sets:
        by_seed = [measure(name, seed) for seed in options.seeds]
        for title in SHIFTS:
            draws = np.concatenate([each[title] for each in by_seed])
            alarm, before, measured, estimated = draws.mean(axis=0)
            error = np.abs(draws[:, 2] - draws[:, 3]).mean()
            if title == "none":
                spread.append(np.abs(draws[:, 2] - measured).mean())
            table.append(
                f"| {DATA_SETS[name].title} | {title} | {alarm:.0%} | {before:.1f} | "
                f"{measured:.1f} | {estimated:.1f} | {error:.1f} |"
            )
            print(table[-1], flush=True)
    seeds, noise = len(options.seeds), float(np.mean(spread))
    said = EXPLAINED.format(draws=DRAWS, seeds=seeds, noise=noise)
    write_section(TITLE, said + "\n\n" + "\n".join(table))


if __name__ == "__main__":
    main()

"""How often prediction sets hold the class: on texts drawn like the validation texts, and on tests.

    export ATTN_TUNER_DATA=../shared/data
    python benchmarks/prediction_sets.py splits --set trec --seeds 10
    python benchmarks/prediction_sets.py search --set trec --minutes 1
    python benchmarks/prediction_sets.py likeness --set trec
    python benchmarks/prediction_sets.py table

Sets are promised to hold the class of 95 % of the texts that are drawn as the validation texts are.
A test part may be drawn otherwise: asked of others, or at another time. So a tenth of the training
texts is held out, drawn at random, and the sets are measured on it and on the test part. `splits`
does that with a linear model of fixed settings, for several draws; `search` with what a search
exports, whose validation texts have also chosen the model.
"""

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from data_sets import DATA_SETS, labelled, source, write_labelled
from results import add_row, conditions, measured_rows, table_of, write_section
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

TITLE = "Coverage of prediction sets"
ROWS = Path(__file__).with_name("prediction_sets.jsonl")
COVERAGE, HELD = 0.95, 0.1
PENALTY = 16.0  # The default of the linear model.
NEAR = 0.8  # Cosine, above which texts are nearly the same.
EXPLAINED = """\
`benchmarks/prediction_sets.py`: prediction sets promised to hold the class of 95 % of texts like
the validation texts. Of the training texts a tenth was held out, drawn at random, so that it is
like the validation texts, a tenth too; the test part is that of the set. Covered is the share whose
set has their class, in percent; ± is twice the standard error of the mean over the draws, or of a
share of that many texts; a class: the mean coverage of the class furthest from 95 %, among those
with 100 validation texts. `linear`: a linear model of fixed settings, nothing chosen on the
validation texts but the temperature and the sets. `search`: what a search exports."""
LIKENESS = """\
How like texts are to the training texts: the mean cosine with the nearest one, by TF-IDF of words
and pairs, and the share of texts with one above 0.8; 400 texts of each part."""


def texts_and_labels(path: str) -> tuple[list[str], np.ndarray]:
    """Reads texts and labels of a table."""
    texts, labels = zip(*labelled(path), strict=True)
    return list(texts), np.array(labels)


def facts(
    labels: np.ndarray,
    answers: np.ndarray,
    sets: Any,
    classes: Sequence[str],
    own: Sequence[str] = (),
) -> dict[str, Any]:
    """Returns the coverage and accuracy on some texts.

    Args:
        labels: `(texts,)` int.
        answers: `(texts, classes)`.
        sets: the `Conformal`.
        classes: names.
        own: names of the classes that have a threshold of their own.
    """
    from attn_tuner.finalizing.conformal import measure_coverage

    found = measure_coverage(labels, answers, sets, classes)
    return {
        "covered": found["covered"],
        "size": found["size"],
        "accuracy": float((answers.argmax(axis=1) == labels).mean()),
        "texts": len(labels),
        "classes": {
            row["class"]: row["covered"] for row in found["classes"] if row["class"] in own
        },
    }


def nearest(rows: sparse.csr_matrix, learnt: sparse.csr_matrix) -> dict[str, float]:
    """Returns the mean cosine of texts with the nearest of others, and the share above `NEAR`.

    Args:
        rows: (texts, columns) TF-IDF, of length 1.
        learnt: (others, columns).
    """
    found = (rows @ learnt.T).max(axis=1).toarray().ravel()
    return {"mean": float(found.mean()), "near": float((found > NEAR).mean())}


def likeness(name: str, texts: int = 400, seed: int = 0) -> dict[str, Any]:
    """Measures how like the texts held out and the test texts are to those learnt from.

    Args:
        name: key of `DATA_SETS`.
        texts: int, drawn of each part.
        seed: int, of the draws.
    """
    train, test = (np.array(texts_and_labels(source(name)[part])[0]) for part in ("data", "test"))
    random = np.random.default_rng(seed)
    held, learnt = np.split(random.permutation(train), [int(HELD * len(train))])
    counted = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    rows = counted.fit_transform(learnt)
    parts = {"held out": held[:texts], "test": random.permutation(test)[:texts]}
    found = {role: nearest(counted.transform(part), rows) for role, part in parts.items()}
    return {"method": "likeness", "set": name, **found}


def of_splits(name: str, seeds: int) -> dict[str, Any]:
    """Measures sets of a linear model for several draws of validation texts and texts held out.

    Args:
        name: key of `DATA_SETS`.
        seeds: int, number of draws.
    """
    from attn_tuner.baselines.linear_model import fit_regression
    from attn_tuner.baselines.ngram_rows import NgramCounts, NgramRows
    from attn_tuner.finalizing.calibration import apply_temperature, calibrate
    from attn_tuner.finalizing.conformal import OWN_TEXTS, conformal_of
    from attn_tuner.text import Split, TokenStore, Vectorizer

    (texts, named), (asked, answers) = (
        texts_and_labels(source(name)[part]) for part in ("data", "test")
    )
    classes, labels = np.unique(named, return_inverse=True)
    truth = np.searchsorted(classes, answers)
    vectorizer = Vectorizer.build(texts)
    store = TokenStore.encode(Split(texts, labels.astype("int32")), vectorizer)
    test = TokenStore.encode(Split(asked, truth.astype("int32")), vectorizer)
    found: dict[str, list] = {"held out": [], "test": []}
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(texts))
        judged, held, learnt = np.split(order, (HELD * len(order) * np.array([1, 2])).astype(int))
        ngrams, rows = NgramRows.of_counts(NgramCounts.of(store.take(learnt)))
        model = fit_regression(rows, labels[learnt], len(classes), "plain", PENALTY, seed)

        def predicted(part: TokenStore, ngrams=ngrams, model=model) -> np.ndarray:
            return model(ngrams.rows(part))

        told = predicted(store.take(judged))
        temperature = calibrate(labels[judged], told).temperature
        many = np.bincount(labels[judged], minlength=len(classes)) >= OWN_TEXTS
        own = classes[many].tolist()
        sets = conformal_of(labels[judged], apply_temperature(told, temperature), COVERAGE)
        for role, part, right in (
            ("held out", store.take(held), labels[held]),
            ("test", test, truth),
        ):
            told = apply_temperature(predicted(part), temperature)
            found[role].append(facts(right, told, sets, classes.tolist(), own))
    return {"method": "linear", "set": name, "draws": seeds, **found}


def of_search(name: str, minutes: float, seed: int) -> dict[str, Any]:
    """Measures the sets of a search on texts held out and on the test part.

    Args:
        name: key of `DATA_SETS`.
        minutes: float, `max_time` of the search.
        seed: int, of the search and of the draw.
    """
    import attn_tuner

    given = source(name)
    texts, named = texts_and_labels(given["data"])
    order = np.random.default_rng(seed).permutation(len(texts))
    held, learnt = np.split(order, [int(HELD * len(order))])
    with tempfile.TemporaryDirectory() as scratch:
        rows = ((texts[row], named[row]) for row in learnt)
        path = write_labelled(Path(scratch) / "train.csv", rows)
        options = {"test": given["test"], "seed": seed, "coverage": COVERAGE, "progress": False}
        result = attn_tuner.search(
            path, max_time=60 * minutes, directory=Path(scratch) / "run", **options
        )
        found = {}
        for role, asked, right in (
            ("held out", [texts[row] for row in held], named[held]),
            ("test", *texts_and_labels(given["test"])),
        ):
            labels = np.array([result.classes.index(label) for label in right.tolist()])
            answers = result.bundle.predict(asked)
            sets = result.bundle.conformal
            found[role] = [facts(labels, answers, sets, result.classes, own_thresholds(result))]
        outcome = result.run.outcome
        return {
            "method": "search",
            "set": name,
            "seed": seed,
            "minutes": minutes,
            "validation": {
                "accuracy": outcome["validation"]["accuracy"],
                "texts": result.bundle.card["data"]["validation"],
            },
            "refit": outcome["refit"],
            "members": result.run.members,
            **found,
        }


def own_thresholds(result: Any) -> list[str]:
    """Returns the classes with so many validation texts that they have thresholds of their own."""
    from attn_tuner.finalizing.conformal import OWN_TEXTS
    from attn_tuner.storage.validation_data import Validation

    counts = np.bincount(Validation.read(result.run).labels, minlength=len(result.classes))
    return [name for name, many in zip(result.classes, counts >= OWN_TEXTS, strict=True) if many]


def furthest(row: Mapping[str, Any], role: str) -> str:
    """Returns the coverage, in percent, of the class that is furthest from what is promised.

    Of each class the mean of the draws in which it had a threshold of its own; "-" without any.
    """
    names = {name for each in row[role] for name in each["classes"]}
    means = [
        np.mean([each["classes"][name] for each in row[role] if name in each["classes"]])
        for name in sorted(names)
    ]
    return f"{100 * max(means, key=lambda mean: abs(mean - COVERAGE)):.1f}" if means else "-"


def shown(row: Mapping[str, Any], role: str) -> list[str]:
    """Returns the cells of a part in percent: coverage with its error, furthest class, accuracy."""
    covered = np.array([each["covered"] for each in row[role]])
    if len(covered) > 1:
        error = 2 * covered.std(ddof=1) / np.sqrt(len(covered))
    else:
        error = 2 * np.sqrt(covered[0] * (1 - covered[0]) / row[role][0]["texts"])
    right = np.mean([each["accuracy"] for each in row[role]])
    cells = [f"{100 * covered.mean():.1f} ± {100 * error:.1f}", furthest(row, role)]
    return [*cells, f"{100 * right:.1f}"]


def table() -> None:
    """Writes the section of RESULTS.md."""
    columns = ["model", "draws", "held out, covered", "a class", "accuracy"]
    columns += ["test, covered", "a class", "accuracy"]
    rows, likes = [], []
    for row in measured_rows(ROWS):
        if row["method"] == "likeness":
            told = [row[role] for role in ("held out", "test")]
            cells = [f"{each['mean']:.2f} | {100 * each['near']:.0f} %" for each in told]
            likes.append(f"| {DATA_SETS[row['set']].title} | {' | '.join(cells)} |")
            continue
        cells = [DATA_SETS[row["set"]].title, row["method"], row.get("draws", 1)]
        cells += [*shown(row, "held out"), *shown(row, "test")]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    near = ["held out, cosine", f"above {NEAR}", "test, cosine", f"above {NEAR}"]
    tables = f"{table_of(columns, rows)}\n\n{LIKENESS}\n\n{table_of(near, likes)}"
    write_section(TITLE, f"{EXPLAINED}\n\n{tables}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = asked.add_subparsers(dest="command", required=True)
    splits, search = commands.add_parser("splits"), commands.add_parser("search")
    for each in (splits, search, commands.add_parser("likeness")):
        each.add_argument("--set", required=True, choices=DATA_SETS)
    splits.add_argument("--seeds", type=int, default=10)
    search.add_argument("--minutes", type=float, default=5.0)
    search.add_argument("--seed", type=int, default=0)
    commands.add_parser("table")
    options = asked.parse_args()
    if options.command == "table":
        return table()
    if options.command == "splits":
        row = of_splits(options.set, options.seeds)
    elif options.command == "likeness":
        row = likeness(options.set)
    else:
        row = of_search(options.set, options.minutes, options.seed)
    row |= conditions()
    print(json.dumps(row))
    return add_row(ROWS, row)


if __name__ == "__main__":
    main()

"""The tables of `anytime.py`: accuracy with intervals, mean ranks, seconds and trials."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from data_sets import DATA_SETS

from attn_tuner.metrics import interval

# Method, key of a row, title of the column. Only the first key of a method takes part in ranks.
COLUMNS = (
    ("search", "accuracy", "search"),
    ("search", "single", "its best trial"),
    ("search", "linear", "its linear model"),
    ("search", "words", "linear model of words"),
    ("taught", "accuracy", "search with a teacher"),
    ("taught", "single", "its best trial"),
    ("taught", "student", "its student"),
    ("taught", "linear", "its linear model"),
    ("no_search", "accuracy", "no search"),
    ("no_search", "single", "its best trial"),
    ("random", "accuracy", "random search"),
    ("random", "single", "its best trial"),
    ("linear", "accuracy", "linear model"),
    ("fasttext", "accuracy", "fastText"),
    ("spacy", "accuracy", "spaCy"),
    ("flaml", "accuracy", "FLAML"),
    ("autogluon", "accuracy", "AutoGluon"),
    ("keras_tuner", "accuracy", "KerasTuner"),
)
TITLES = {method: title for method, key, title in COLUMNS if key == "accuracy"}
EXPLAINED = {  # Method to what its columns are.
    "search": "search: the exported model, an average where that was better on the validation "
    "part. its linear model reads parts of words where cross-validation prefers them; the linear "
    "model of words reads words and pairs of them alone.",
    "taught": 'search with a teacher: a search with `teacher="average"`, whose last trial, the '
    "student, learns from the answers of the average.",
    "no_search": "no search: the first point of a search, trained again with fresh seeds for the "
    "whole time and averaged likewise.",
    "random": "random search: values drawn at random from the same space.",
    "linear": "linear model: with the validation texts, without a time limit.",
}
RIVAL = "A rival answers the test texts after its time limit."
RANKS = "Ranks are of exported models; best is 1."
REMOVED = """\
Rows of sets of short texts that were older than commit `55986a7` were removed: test parts had been
measured without the parts of unknown words, which made them too low. IMDb and the hotel reviews
keep older rows; whether a trial of theirs read parts of words was not recorded."""
CHANGED = """\
The search with a teacher had regions of tokens and adversarial training among its first points, and
trained 12 trials. Its student was no better than the best trial, which it is therefore. Without
both, the day before, it trained 24 trials: the average had 0.9232, its student 0.9199. Since then
adversarial training with regions is a first point as well, see Features of regions.

IMDb's rows of 5 minutes are of searches that were changed in between, from seed 11 on with
weighted logarithms for averages: with seed 11 the encoder was cut for its first speed, with seed 12
it was not.

The rows of 15 minutes, seed 11, are of searches whose fourth trial has adversarial training, but
for the hotel reviews: their row is from before it was searched, and in so short a time it is not
among the first trials there now, nor on IMDb. Before that limit was known, both were measured with
it. On IMDb, in the row above, the trial was cut after 10 minutes, and four trials were trained; on
the hotel reviews 8 were, and the average had 0.9165, the best trial 0.8973. Without it TREC had
0.9300 after 43 trials, its best trial 0.9020. The best trial of the offensive tweets alone was not
measured: a trial was trained on when the search was read again."""
COVERED = """\
Prediction sets at a promised coverage of 95 %, in the same searches, or in no search where those
lack them: share of the test texts whose set has their class, and the least of a class of 100 test
texts or more. Known: the promised share `known=` of rightly answered texts, the share of test texts
that count as known, the accuracy lost where an answer that is not known counts as wrong, in points,
and the share of texts of none of the classes that counts as known."""
UNTIMED = ("linear",)  # Methods without a time limit, which stand in every table.
UNRANKED = ("taught", "autogluon", "keras_tuner")  # Methods that are measured on a few of the sets.
Row = Mapping[str, Any]


def page(rows: Iterable[Row]) -> str:
    """Returns all tables in Markdown, one for each time limit.

    Args:
        rows: what `anytime.py run` wrote. The last row of a cell counts.
    """
    latest = {(each["method"], each["set"], each["minutes"], each["seed"]): each for each in rows}
    found = list(latest.values())
    limits = sorted({each["minutes"] for each in found if each["method"] not in UNTIMED})
    parts = []
    for minutes in limits:
        own = [each for each in found if each["minutes"] in (minutes, 0.0)]
        parts += [
            f"### {minutes:g} minute{'s' if minutes != 1 else ''}",
            accuracy_table(own),
            cost_table(own),
        ]
    covered = (
        [REMOVED, CHANGED, coverage_table(found)]
        if any("coverage" in each for each in found)
        else []
    )
    return "\n\n".join([explained(found), *parts, *notes(found), *covered])


def explained(rows: Iterable[Row]) -> str:
    """Says what the columns are of the methods that were measured."""
    rows = list(rows)
    there = {each["method"] for each in rows}
    said = [sentence for method, sentence in EXPLAINED.items() if method in there]
    said += [RIVAL] * bool(there - set(EXPLAINED)) + [RANKS] * (len(there) > 1)
    return " ".join(said)


def coverage_table(rows: Iterable[Row]) -> str:
    """Returns how often prediction sets held the class, and how many texts count as known.

    Args:
        rows: the last row of a set counts.
    """
    ordered = sorted(rows, key=lambda each: each["method"] == "search")  # The last one counts.
    own = {each["set"]: each for each in ordered if "coverage" in each}
    titles = ["covered, %", "least of a class, %", "classes in a set", "promised known, %"]
    lines = _head("set", [*titles, "known, %", "lost", "of none, %"])
    for name in _sets(own.values()):
        found, known = own[name]["coverage"], own[name]["known"]
        shares = [found["covered"], found["least_of_a_class"]]
        tested = known.get("test", {})
        shares += [known.get("kept"), tested.get("known"), _lost(tested), known.get("outside")]
        cells = [_in_percent(each) for each in shares]
        cells.insert(2, f"{found['size']:.2f}")
        lines.append(f"| {DATA_SETS[name].title} | {' | '.join(cells)} |")
    return "\n".join([COVERED, "", *lines])


def _lost(tested: Row) -> float | None:
    """Returns the share of the texts that are answered rightly and count as unknown."""
    kept = tested.get("kept")
    return None if kept is None else tested["right"] * (1 - kept)


def _in_percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def accuracy_table(rows: Sequence[Row]) -> str:
    """Returns a row a set and a column a method; the mean ranks are the last row.

    Args:
        rows: of one time limit.
    """
    shown = [
        (method, key, title)
        for method, key, title in COLUMNS
        if any(
            each["method"] == method and (key in each or _is_failure(each, key)) for each in rows
        )
    ]
    lines = _head("test accuracy", [title for *_, title in shown])
    for name in _sets(rows):
        cells = [_score(_of(rows, method, name), key) for method, key, _ in shown]
        lines.append(f"| {DATA_SETS[name].title} | {' | '.join(cells)} |")
    ranks, sets = mean_ranks(rows)
    if ranks:
        cells = [
            f"{ranks[method]:.2f}" if key == "accuracy" and method in ranks else ""
            for method, key, _ in shown
        ]
        lines.append(f"| mean rank on {sets} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cost_table(rows: Sequence[Row]) -> str:
    """Returns wall and processor seconds, and the trials that have a score.

    Args:
        rows: of one time limit.
    """
    shown = [
        method
        for method in TITLES
        if any(each["method"] == method and "seconds" in each for each in rows)
    ]
    lines = _head("seconds / of processors, trials", [TITLES[method] for method in shown])
    for name in _sets(rows):
        cells = [_cost(_of(rows, method, name)) for method in shown]
        lines.append(f"| {DATA_SETS[name].title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mean_ranks(rows: Sequence[Row]) -> tuple[dict[str, float], int]:
    """Returns each method's mean rank, and on how many sets: those that all were measured on.

    Methods of `UNRANKED` do not count. The best is 1; equal accuracies share the mean of their
    ranks. A method that failed on a set is the last there.

    Args:
        rows: of one time limit.
    """
    there = {each["method"] for each in rows}.difference(UNRANKED)
    methods = [method for method in TITLES if method in there]
    ranks = []
    for name in _sets(rows):
        own = {method: _of(rows, method, name) for method in methods}
        if all(own.values()):
            ranks.append(_ranks({method: _mean(own[method], "accuracy") for method in methods}))
    if not ranks or len(methods) < 2:
        return {}, 0
    return {name: statistics.mean(each[name] for each in ranks) for name in methods}, len(ranks)


def notes(rows: Iterable[Row]) -> list[str]:
    """Returns what the tables leave out: failures, load, versions and commits."""
    rows = list(rows)
    failed = [
        f"- {TITLES[each['method']]} on {DATA_SETS[each['set']].title}, "
        f"{each['minutes']:g} minutes: `{each['error']}`"
        for each in rows
        if "error" in each
    ]
    versions = sorted(
        {
            f"{package} {version}"
            for each in rows
            for package, version in each.get("versions", {}).items()
        }
    )
    loads = [load for each in rows for load in each["load"]]
    seeds = sorted({each["seed"] for each in rows})
    dates = sorted({each["date"] for each in rows})
    said = (
        f"Measured {dates[0]} to {dates[-1]} on {_range(each['cores'] for each in rows)} cores, "
        f"load {min(loads):.1f} to {max(loads):.1f}, seeds {', '.join(map(str, seeds))}, "
        f"commits {', '.join(sorted({each['commit'] for each in rows}))}"
    )
    said = f"{'; '.join([said, ', '.join(versions)] if versions else [said])}."
    return ["Failed:\n\n" + "\n".join(failed), said] if failed else [said]


def _is_failure(row: Row, key: str) -> bool:
    """Returns whether the column is there for the failure of a method alone."""
    return "error" in row and key == "accuracy"


def _head(first: str, titles: Sequence[str]) -> list[str]:
    return [f"| {first} | {' | '.join(titles)} |", f"|---|{'---|' * len(titles)}"]


def _sets(rows: Iterable[Row]) -> list[str]:
    """Lists the sets for which a method with a time limit was measured, in their usual order."""
    there = {each["set"] for each in rows if each["method"] not in UNTIMED}
    return [name for name in DATA_SETS if name in there]


def _of(rows: Iterable[Row], method: str, name: str) -> list[Row]:
    """Lists the rows of a cell, one a seed."""
    return [each for each in rows if (each["method"], each["set"]) == (method, name)]


def _mean(cell: Sequence[Row], key: str) -> float | None:
    """Returns the mean over seeds; None where one failed or there is none."""
    scores = [each.get(key) for each in cell]
    return None if None in scores or not scores else statistics.mean(scores)


def _score(cell: Sequence[Row], key: str) -> str:
    """Returns a cell of accuracy: "0.9222 (0.9188 to 0.9255)"."""
    mean = _mean(cell, key)
    if mean is None:
        return "failed" if any("error" in each for each in cell) else "-"
    low, high = interval(mean, cell[0]["texts"])
    seeds = f", {len(cell)} seeds" if len(cell) > 1 else ""
    return f"{mean:.4f} ({low:.4f} to {high:.4f}){seeds}"


def _cost(cell: Sequence[Row]) -> str:
    """Returns a cell of costs: "301 / 580, 12 trials"."""
    seconds, used = _mean(cell, "seconds"), _mean(cell, "processor_seconds")
    if seconds is None or used is None:
        return "-"
    trials = _mean(cell, "trials")
    judged = "" if trials is None else f", {trials:.0f} trial{'s' if trials != 1 else ''}"
    return f"{seconds:.0f} / {used:.0f}{judged}"


def _ranks(scores: Mapping[str, float | None]) -> dict[str, float]:
    """Returns the rank of each method; None counts as the lowest score."""
    values = {name: -1.0 if score is None else score for name, score in scores.items()}
    return {
        name: sum(other > value for other in values.values())
        + (1 + sum(other == value for other in values.values())) / 2
        for name, value in values.items()
    }


def _range(numbers: Iterable[int]) -> str:
    """Returns "2", or "2 to 4"."""
    known = sorted(set(numbers))
    return str(known[0]) if len(known) == 1 else f"{known[0]} to {known[-1]}"

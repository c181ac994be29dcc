"""monitor(): whether new texts are still like those that a model was chosen on."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from attn_tuner.drift.accuracy import compare_accuracy, estimate_accuracy
from attn_tuner.drift.comparison import compare
from attn_tuner.drift.distributions import distributions
from attn_tuner.drift.drift_check import DriftCheck
from attn_tuner.drift.text_facts import TextFacts, reference_of
from attn_tuner.errors import DataError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.layout import DATA
from attn_tuner.storage.plan import Plan, require_labelled_texts
from attn_tuner.storage.run import Run
from attn_tuner.text.cleaning import is_missing_label
from attn_tuner.text.dataset import Split
from attn_tuner.text.input_texts import InputTexts, read_texts
from attn_tuner.text.label_spellings import as_classes
from attn_tuner.text.nested_columns import is_known, values_of
from attn_tuner.text.token_store import TokenStore, open_vectorizer

FEWEST = 50  # New texts; with fewer only great differences are found.


def monitor(
    run: str | PathLike,
    texts: Any,
    *,
    text: str | list[str] | None = None,
    trust: Sequence[str] = (),
) -> DriftCheck:
    """Compares new texts with the validation texts of a search, and estimates the accuracy.

    Compared are lengths, unknown words, predicted classes and the model's confidence. Where a table
    has the column of labels of the search, the accuracy on the rows with a label is compared too.

    Args:
        run: the run folder of a search that has ended.
        texts: 50 or more: a list of texts, a table, a file and more, as for `SearchResult.predict`.
        text: str, name of the column of texts in a table, or a list to join.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.

    Raises:
        DataError: the texts are too few, or the search was for several labels, numbers, series or
            pairs of texts; or no label is a class of the search.
        RunError: `run` is not a run folder, or has no model yet.
    """
    result = SearchResult(run, trust)
    require_labelled_texts(result.run.plan, "monitor()")
    given = read_texts(texts, text, "monitor()", result.run.plan.text_columns)
    return monitor_texts(result.run, result.bundle, given)


def monitor_texts(run: Run, bundle: Bundle, given: InputTexts) -> DriftCheck:
    """Compares texts that have been read; see `monitor`.

    Args:
        run: of the search.
        bundle: its exported model.
        given: the new texts, with the columns of their table.
    """
    plan = run.plan
    if plan.kind != "class":
        raise DataError("monitor compares predicted classes; this search was not for one class.")
    if len(given.texts) < FEWEST:
        raise DataError(
            f"{len(given.texts)} texts were given, and a comparison needs {FEWEST}. Collect more."
        )
    places, truth = _truth(given, plan)  # Labels that do not fit are refused before predicting.
    reference, right = reference_of(run)
    vectorizer = open_vectorizer(run.directory / DATA)
    split = Split(given.texts, np.zeros(len(given.texts), np.int32))
    new = TextFacts.of(TokenStore.encode(split, vectorizer), bundle.predict(given.texts))
    return DriftCheck(
        len(new),
        len(reference),
        compare(reference, new, plan.classes),
        estimate_accuracy(reference, right, new),
        compare_accuracy(right, new.classes[places] == truth) if len(places) else None,
        distributions(reference, new, plan.classes),
    )


def _truth(given: InputTexts, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Reads the labels of new texts: the rows that have one, and their class numbers.

    A label that is no class of the search is -1, which no model answers.

    Raises:
        DataError: none of the labels is a class of the search.
    """
    if not is_known(given.columns, plan.label_name):
        return np.zeros(0, int), np.zeros(0, int)
    column = values_of(given.columns, plan.label_name)
    places = [row for row, value in enumerate(column) if not is_missing_label(value)]
    where = f"column '{plan.label_name}'"
    labels = as_classes([column[row] for row in places], plan.classes, where)
    numbers = {name: number for number, name in enumerate(plan.classes)}
    truth = np.array([numbers.get(label, -1) for label in labels], int)
    if len(places) and (truth < 0).all():
        raise DataError(
            f"No label in column '{plan.label_name}' is a class of the search, such as "
            f"'{plan.classes[0]}'; the first is '{labels[0]}'. Leave the column out, or write the "
            "names of the classes."
        )
    return np.array(places, int), truth

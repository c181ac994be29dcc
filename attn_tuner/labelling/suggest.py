"""suggest(): which texts to label next."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.errors import DataError
from attn_tuner.inputs.dataset import ROLES
from attn_tuner.labelling.linear_answers import with_linear_model
from attn_tuner.labelling.members import member_answers
from attn_tuner.labelling.selection import select, uncertainty
from attn_tuner.labelling.suggestions import Suggestion, Suggestions
from attn_tuner.labelling.variance import components
from attn_tuner.search_result import SearchResult
from attn_tuner.settings.table import BY_NAME
from attn_tuner.storage.layout import DATA
from attn_tuner.storage.plan import require_labelled_texts
from attn_tuner.text.cleaning import is_blank
from attn_tuner.text.dataset import Split
from attn_tuner.text.input_texts import InputTexts, read_texts
from attn_tuner.text.nested_columns import is_known, values_of
from attn_tuner.text.token_store import TokenStore, open_vectorizer

MOST_ASKED = 20_000  # Texts that are predicted; of more, so many are drawn.


def suggest(
    run: str | PathLike,
    texts: Any,
    n: int = 50,
    *,
    text: str | list[str] | None = None,
    seed: int = 0,
    trust: Sequence[str] = (),
) -> Suggestions:
    """Suggests which texts to label next: those the model is unsure of, that stand for others.

    Texts that the search has read with a label, in any part, are not suggested, nor is a text
    twice. Both are told by the tokens, so that case, accents and spaces do not matter.

    Args:
        run: the run folder of a search that has ended.
        texts: without labels: a list of texts, a table, a file and more, as for
            `SearchResult.predict`. Rows of a table that have a label already are left out.
        n: int, number of texts; fewer are suggested where there are no more.
        text: str, name of the column of texts in a table, or a list to join.
        seed: int, for the draws.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.

    Raises:
        DataError: there are no texts, or none that could be suggested; or the search was over
            series or pairs of texts.
        RunError: `run` is not a run folder, or has no model yet.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise DataError(f"n is {n!r}. It should be a whole number of at least 1.")
    seed = BY_NAME["seed"].check("seed", seed)
    result = SearchResult(run, trust)
    require_labelled_texts(result.run.plan, "suggest()")
    given = read_texts(texts, text, "suggest()", result.run.plan.text_columns)
    return suggest_among(result, given, int(n), seed)


def suggest_among(result: SearchResult, given: InputTexts, n: int, seed: int = 0) -> Suggestions:
    """Suggests texts that have been read; see `suggest`."""
    bundle, folder = result.bundle, result.directory / DATA
    store = TokenStore.encode(
        Split(given.texts, np.zeros(len(given.texts), np.int32)), open_vectorizer(folder)
    )
    label = result.run.plan.label_name
    places = _candidates(given, store, _labelled(folder), label, seed)
    answers = member_answers(bundle, _at(given.texts, places))
    labelled = TokenStore.open(folder / "train")
    ngrams, known = NgramRows.fit(labelled)
    candidates = ngrams.rows(store)[places]
    answers = with_linear_model(
        answers, candidates, known, np.asarray(labelled.labels), bundle.kind
    )
    points = components(sparse.vstack([known, candidates]).tocsr(), seed)
    count = known.shape[0]
    chosen = select(answers, points[count:], points[:count], n, bundle.kind, seed)
    unsure = uncertainty(answers, bundle.kind)
    texts = _at(given.texts, places[chosen])
    rows = tuple(
        Suggestion(int(place) + 1, text, bundle.label(answer), float(sure))
        for place, text, answer, sure in zip(
            places[chosen], texts, bundle.predict(texts), unsure[chosen], strict=True
        )
    )
    return Suggestions(rows, len(given.texts), len(places), given, label)


def _at(texts: Sequence[str], places: np.ndarray) -> list[str]:
    return [texts[place] for place in places.tolist()]


def _candidates(
    given: InputTexts, store: TokenStore, known: set[bytes], label: str, seed: int
) -> np.ndarray:
    """Finds the texts that may be selected, some of them where there are very many.

    Raises:
        DataError: there are none.
    """
    places = _fresh(given.texts, store, known)
    if is_known(given.columns, label):
        column = values_of(given.columns, label)
        places = np.array([each for each in places.tolist() if is_blank(column[each])], np.int64)
    if not len(given.texts):
        raise DataError("No texts were given. Give texts without labels.")
    if not len(places):
        raise DataError(
            f"None of the {len(given.texts):,} texts can be suggested: each has no word, has a "
            "label, or was labelled in the data of the search. Give other texts."
        )
    if len(places) <= MOST_ASKED:
        return places
    return np.sort(np.random.default_rng(seed).choice(places, MOST_ASKED, replace=False))


def _labelled(folder: Path) -> set[bytes]:
    """Collects the tokens of all texts that the search has read with a label."""
    known = set()
    for role in ROLES:
        if (folder / role).exists():
            known.update(TokenStore.open(folder / role).keys())
    return known


def _fresh(texts: Sequence[str], store: TokenStore, known: set[bytes]) -> np.ndarray:
    """Finds the texts that have a word, are not known, and do not repeat an earlier one."""
    seen, fresh = set(known), []
    for place, (text, key) in enumerate(zip(texts, store.keys(), strict=True)):
        if key not in seen and any(map(str.isalnum, text)):
            seen.add(key)
            fresh.append(place)
    return np.array(fresh, np.int64)

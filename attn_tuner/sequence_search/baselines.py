"""What a model has to beat: the copied source, and the target of the most similar training pair."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.sequence_search.pair_dataset import ROLES, PairDataset, PairPart
from attn_tuner.sequence_search.text_metrics import measure_texts
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.layout import BASELINES

COPY, NEAREST = "copy the source", "nearest training pair"
_ROWS = 500  # Texts that are compared at once.

Writer = Callable[[Sequence[str]], list[str]]


def nearest_pair(train: PairPart, split: str) -> Writer:
    """Returns a function that writes the target of the training source most similar to each text.

        similarity = cosine of the TF-IDF vectors

    of the words and pairs of words; of texts of characters, of the n-grams of 1 to 3 characters.

    Args:
        train: the training pairs.
        split: of the sources, see `SequenceVocabulary`.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    # One token a match: single letters and marks count as well.
    ways = {"analyzer": "char_wb", "ngram_range": (1, 3)}
    if split != "character":
        ways = {"token_pattern": r"\w+|[^\w\s]", "ngram_range": (1, 2)}
    vectorizer = TfidfVectorizer(**ways, dtype=np.float32)
    known = vectorizer.fit_transform(train.sources).T.tocsr()

    def write(texts: Sequence[str]) -> list[str]:
        found: list[str] = []
        for start in range(0, len(texts), _ROWS):
            alike = vectorizer.transform(texts[start : start + _ROWS]) @ known
            # The first of equals.
            found += [train.targets[row] for row in np.asarray(alike.argmax(axis=1)).ravel()]
        return found

    return write


def measure_baselines(
    dataset: PairDataset, vocabularies: PairVocabularies, folder: Path, objective: str
) -> None:
    """Measures both baselines on the validation and test part, unless an earlier sitting has.

    Texts are compared as decoding would write them: of words, in lower case.

    Args:
        dataset: the pairs.
        vocabularies: of the models.
        folder: the run folder.
        objective: of the search; see `measure_texts`.
    """
    if (folder / BASELINES).exists():
        return
    rows, split = [], vocabularies.source.split
    for name, facts, make in (
        (COPY, "the source as it stands", lambda: list),
        (NEAREST, "by TF-IDF", lambda: nearest_pair(dataset.parts["train"], split)),
    ):
        began, write = time.perf_counter(), make()
        scores = {}
        for role in ROLES[1:]:
            part = dataset.parts[role]
            scores[role] = as_measured(write(part.sources), part.targets, vocabularies, objective)
        spent = time.perf_counter() - began
        rows.append({"name": name, "facts": facts, **scores, "seconds": spent})
    write_json(folder / BASELINES, rows)


def as_measured(
    written: Sequence[str],
    wanted: Sequence[str],
    vocabularies: PairVocabularies,
    objective: str = "",
) -> dict[str, float | None]:
    """Returns the metrics of written texts, with None for what only a model has.

    Args:
        written: the texts.
        wanted: the targets.
        vocabularies: say how texts are compared.
        objective: of the search.
    """
    write = vocabularies.target.as_written
    found = measure_texts([*map(write, written)], [*map(write, wanted)], objective)
    return {"token_accuracy": None, "chrf": None, "bleu": None, **found}

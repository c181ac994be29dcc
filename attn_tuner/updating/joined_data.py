"""Joins new rows with the texts of a search, into the data folder of an update."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import sealed
from attn_tuner.storage.layout import DATA, STORE_FACTS, VALIDATION_LABELS, VECTORIZER
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text.dataset import Split, TextDataset
from attn_tuner.text.splitting import hold_out
from attn_tuner.text.token_store import TokenStore, open_vectorizer
from attn_tuner.text.vectorizer import Vectorizer
from attn_tuner.tuning.encoded_data import ROLES
from attn_tuner.tuning.encoded_texts import SHOWN, EncodedTexts
from attn_tuner.updating.grown_vocabulary import grown, read_by
from attn_tuner.updating.new_rows import NewRows

HELD_OUT = 0.1  # Of the new rows of each class, at least one: they check the model.


@dataclass(frozen=True, eq=False)
class JoinedData:
    """The texts of a search and new rows, encoded in one vocabulary.

    The validation part has the rows held out first, then the validation texts of the search; the
    training part has those of the search first.

    Args:
        stored: the parts.
        former: `Vectorizer` of the search.
        dataset: `TextDataset` of the new training rows, and the validation texts kept in clear.
        old: int, training texts of the search, those that new rows correct left out.
        learnt_from: int, all training texts of the search.
        held: int, rows held out.
        notes: tuple of str, sentences on rows that were left out.
    """

    stored: EncodedTexts
    former: Vectorizer
    dataset: TextDataset
    old: int
    learnt_from: int
    held: int
    notes: tuple[str, ...]

    @property
    def new(self) -> int:
        """Number of new rows in the training part."""
        return self.stored.size("train") - self.old

    @property
    def new_words(self) -> int:
        """Number of words that the vocabulary did not have."""
        return len(self.stored.vectorizer) - len(self.former)


def join(run: Run, rows: NewRows, seed: int) -> JoinedData:
    """Encodes new rows, and divides them into training and validation.

    A row whose text is in the validation or test part of the search is left out, and so is one
    that is a training text with the same label already. A training text that comes with another
    label is replaced.

    Args:
        run: of the search.
        rows: the new rows.
        seed: int, for the division.

    Raises:
        DataError: no row is new.
    """
    folder = run.directory / DATA
    former = open_vectorizer(folder)
    before = {role: TokenStore.open(folder / role) for role in ROLES if (folder / role).exists()}
    split, kept, notes = _fresh(rows.split, before, former)
    training, held = hold_out(split, HELD_OUT, seed, len(rows.classes))
    vectorizer = grown(former, training.texts)
    before["train"] = before["train"].take(kept)
    stores = {role: read_by(store, former, vectorizer) for role, store in before.items()}
    new = {
        "train": TokenStore.encode(_plain(training), vectorizer),
        "validation": TokenStore.encode(_plain(held), vectorizer),
    }
    stores["train"] = TokenStore.concatenate([stores["train"], new["train"]])
    stores["validation"] = TokenStore.concatenate([new["validation"], stores["validation"]])
    return JoinedData(
        EncodedTexts(stores, vectorizer),
        former,
        _dataset(run, rows, training, held),
        len(kept),
        len(TokenStore.open(folder / "train")),
        len(held),
        (*rows.notes, *notes),
    )


def save(joined: JoinedData, directory: Path) -> EncodedTexts:
    """Writes the data folder of an update; returns its texts, mapped into memory."""
    folder, stored = directory / DATA, joined.stored
    folder.mkdir()
    for role, store in stored.stores.items():
        store.save(folder / role)
    write_json(folder / VECTORIZER, stored.vectorizer.get_config())
    key = joined.dataset.fingerprint
    write_json(folder / STORE_FACTS, {"key": key, "classes": list(joined.dataset.classes)})
    labels = np.asarray(stored.stores["validation"].labels)
    write_whole(folder / VALIDATION_LABELS, lambda path: sealed(np.save, path, labels))
    stored.show(joined.dataset, folder)
    return EncodedTexts.opened(folder)


def _fresh(
    split: Split, before: Mapping[str, TokenStore], former: Vectorizer
) -> tuple[Split, np.ndarray, list[str]]:
    """Leaves out rows that the search knows.

    Returns:
        The others; places of the training texts that none of them corrects; sentences.
    """
    keys = TokenStore.encode(split, former).keys()
    evaluated: set[bytes] = set()
    for role in ("validation", "test"):
        if role in before:
            evaluated.update(before[role].keys())
    trained = before["train"].keys()
    known = set(zip(trained, before["train"].labels.tolist(), strict=True))
    own = list(zip(keys, split.labels.tolist(), strict=True))
    in_use = [place for place, key in enumerate(keys) if key in evaluated]
    again = [place for place, pair in enumerate(own) if pair in known and pair[0] not in evaluated]
    chosen = np.setdiff1d(np.arange(len(split)), [*in_use, *again]).astype(int)
    notes = []
    if in_use:
        notes.append(
            f"{len(in_use):,} rows were left out: their texts are in the validation or test part "
            "of the search."
        )
    if again:
        notes.append(f"{len(again):,} rows were left out: the search has trained on them.")
    if not len(chosen):
        raise DataError(f"No row is new. {' '.join(notes)}")
    corrected = {keys[place] for place in chosen.tolist()}
    kept = np.array([row for row, key in enumerate(trained) if key not in corrected], int)
    if len(kept) < len(trained):
        notes.append(
            f"{len(trained) - len(kept):,} training texts of the search have another label in the "
            "new rows, which counts."
        )
    return split.take(chosen), kept, notes


def _dataset(run: Run, rows: NewRows, training: Split, held: Split) -> TextDataset:
    """Makes the data set whose validation texts are those kept in clear."""
    kept = Validation.read(run)
    texts = [*held.texts, *kept.texts][:SHOWN]
    labels = np.concatenate([held.labels, kept.labels[: len(kept.texts)]])[: len(texts)]
    return TextDataset(
        run.plan.source,
        _plain(training),
        Split(texts, labels.astype(np.int32)),
        None,
        rows.classes,
    )


def _plain(split: Split) -> Split:
    return replace(split, rows=None)

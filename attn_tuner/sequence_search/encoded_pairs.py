"""The pairs of a run as ids, written once and read by every worker."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.sequence_search.pair_batches import IdRows, PairBatches
from attn_tuner.sequence_search.pair_dataset import ROLES, PairDataset
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import read_arrays, read_object
from attn_tuner.storage.layout import PAIR_IDS, PAIR_VOCABULARIES
from attn_tuner.tuning.fidelity import FULL, RungAllocation

SHORT = 48  # Characters; where nearly all texts are shorter, tokens are characters.
SHARE = 0.95  # Of the texts, for "nearly all".
# Ids of a side at most. The last layer has a row for each, and rare parts of words learn little.
VOCABULARY_SIZES = {"character": 10_000, "word": 10_000, "subword": 5_000}
EVALUATION_BATCH = 64  # The logits of a batch are its steps times all tokens.
_SIDES = ("source", "target")
_ROWS = (*_SIDES, "copied")  # See `PairVocabularies`.
_AGAIN = "Delete the folder around it; the next call of the search encodes the texts again."


def usual_split(dataset: PairDataset) -> str:
    """Chooses how texts are split: "character" where nearly all are short, else "subword"."""
    train = dataset.parts["train"]
    lengths = np.array([[*map(len, train.sources)], [*map(len, train.targets)]])
    return "character" if np.quantile(lengths, SHARE, axis=1).max() <= SHORT else "subword"


@dataclass(frozen=True, eq=False)
class EncodedPairs:
    """The encoded pairs of a run.

    Args:
        vocabularies: those of the training part.
        rows: role to the ids of the sources, of the targets, and of what may be copied.
    """

    vocabularies: PairVocabularies
    rows: dict[str, tuple[IdRows, IdRows, IdRows]]

    @classmethod
    def prepare(cls, dataset: PairDataset, directory: str | PathLike, split: str) -> "EncodedPairs":
        """Builds the vocabularies and encodes all parts, or opens those of an earlier sitting.

        Args:
            dataset: the pairs, of the fingerprint that the run folder was made with.
            directory: the folder of the data.
            split: of both vocabularies; see `SequenceVocabulary`.
        """
        directory = Path(directory)
        try:
            if (directory / PAIR_IDS).exists():
                return cls.open(directory)
        except DamagedFile:
            pass  # It is made again.
        train = dataset.parts["train"]
        vocabularies = PairVocabularies.build(
            train.sources, train.targets, split, size=VOCABULARY_SIZES[split]
        )
        rows = {}
        for role in ROLES:
            part = dataset.parts[role]
            rows[role] = (
                IdRows.of(vocabularies.source.encode(part.sources)),
                IdRows.of(vocabularies.written(part.sources, part.targets)),
                IdRows.of(vocabularies.copied(part.sources)),
            )
        directory.mkdir(parents=True, exist_ok=True)
        write_json(directory / PAIR_VOCABULARIES, vocabularies.get_config())
        arrays = {
            f"{role}_{side}_{name}": getattr(ids, name)
            for role, own in rows.items()
            for side, ids in zip(_ROWS, own, strict=True)
            for name in ("ids", "offsets")
        }
        write_whole(directory / PAIR_IDS, lambda path: _write_arrays(path, arrays))
        return cls(vocabularies, rows)

    @classmethod
    def open(cls, directory: str | PathLike) -> "EncodedPairs":
        """Opens a folder that `prepare` wrote.

        Raises:
            DamagedFile: it holds something else.
        """
        directory = Path(directory)
        config = read_object(directory / PAIR_VOCABULARIES, dict.fromkeys(_SIDES, dict), _AGAIN)
        names = [
            f"{role}_{side}_{name}"
            for role in ROLES
            for side in _ROWS
            for name in ("ids", "offsets")
        ]
        arrays = read_arrays(directory / PAIR_IDS, names, _AGAIN)

        def ids(role: str, side: str) -> IdRows:
            return IdRows(arrays[f"{role}_{side}_ids"], arrays[f"{role}_{side}_offsets"])

        source, target, copied = _ROWS
        rows = {role: (ids(role, source), ids(role, target), ids(role, copied)) for role in ROLES}
        return cls(PairVocabularies.from_config(config), rows)

    def size(self, role: str) -> int:
        """Returns the number of pairs of a role."""
        return len(self.rows[role][0])

    def training(self, values: dict, seed: int, allocation: RungAllocation = FULL) -> PairBatches:
        """Returns the training batches, in an order that depends on seed and epoch alone."""
        known = len(self.vocabularies.target)
        return PairBatches(*self.rows["train"], known, values["batch_size"], seed)

    def validation(self, values: dict) -> PairBatches:
        """Returns the batches of the validation part, to be measured."""
        return self.measured("validation")

    def measured(self, role: str) -> PairBatches:
        """Returns the batches of a part, to be measured."""
        known = len(self.vocabularies.target)
        return PairBatches(*self.rows[role], known, EVALUATION_BATCH, measured=True)


def check_split(directory: Path, split: str) -> None:
    """Raises RunError where an earlier sitting has split the texts in another way.

    Args:
        directory: the folder of the data, as in `EncodedPairs.prepare`.
        split: as there.
    """
    path = directory / PAIR_VOCABULARIES
    if not path.exists():
        return
    own = read_object(path, {"source": dict}, _AGAIN)["source"].get("split")
    if own != split:
        raise RunError(
            f"The texts in {directory} are split into {own}s, not {split}s. Give split='{own}', or "
            "choose another folder."
        )


def _write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    with open(path, "wb") as file:  # Given a path, NumPy would add an ending to its name.
        np.savez(file, **arrays)

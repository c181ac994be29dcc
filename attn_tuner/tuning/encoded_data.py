"""Holds the encoded inputs of a run, whatever their kind, and makes the batches of every trial."""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.class_weights import balanced_weights
from attn_tuner.inputs.dataset import Dataset
from attn_tuner.inputs.kinds import TEXT, kind_named
from attn_tuner.metrics import kind_of
from attn_tuner.space import SearchSpace
from attn_tuner.storage.atomic_files import write_whole
from attn_tuner.storage.checked_files import read_array, read_object, sealed
from attn_tuner.storage.layout import STORE_FACTS, VALIDATION_LABELS
from attn_tuner.tuning.fidelity import FULL, RungAllocation

ROLES = ("train", "validation", "test", "unlabelled")
EVALUATION_BATCH = 256  # Inputs of a batch for predictions.


class EncodedData(ABC):
    """The encoded inputs of a run. `prepare` and `open` return the class of the kind of input.

    A subclass names its kind in `input`, and has `stores`: by role, one of `ROLES`, the store of
    the kind, with `labels`, `weights`, `lengths`, `fraction` and `concatenate`.
    """

    input: ClassVar[str]
    preparing: ClassVar[str] = "preparing the search"  # What a display says before the trials.
    stores: dict[str, Any]

    @staticmethod
    def prepare(
        dataset: Dataset,
        directory: str | PathLike,
        ours: bool = False,
        say: Callable[[str], None] = lambda sentence: None,
    ) -> "EncodedData":
        """Encodes all parts, or opens those of an earlier sitting.

        Args:
            dataset: the inputs.
            directory: the folder of the stores.
            ours: bool, whether the folder is known to hold these data, so that a damaged one may
                be written again.
            say: function that receives a sentence about each file that was made again.

        Raises:
            RunError: the folder holds other data, or is damaged and not known to hold these.
        """
        directory = Path(directory)
        began = directory.exists()
        kind = kind_named(dataset.input)
        encode = kind.part("encoded").encode
        try:
            found = encode(dataset, directory)
        except RunError as error:
            if not ours or not directory.is_dir():
                raise
            say(f"The {kind.plural} are encoded again: {error}")
            shutil.rmtree(directory)
            began, found = False, encode(dataset, directory)
        again = [*found.show(dataset, directory), *_keep_labels(dataset, directory)]
        for name in again if began else ():
            say(f"{directory / name} was damaged or missing and was made again.")
        return found

    @staticmethod
    def open(directory: str | PathLike) -> "EncodedData":
        """Opens a folder that `prepare` wrote; its arrays are memory-mapped."""
        directory = Path(directory)
        name = read_object(directory / STORE_FACTS).get("input", TEXT.name)
        return kind_named(name).part("encoded").opened(directory)

    @classmethod
    @abstractmethod
    def encode(cls, dataset: Any, directory: Path) -> "EncodedData":
        """Encodes all parts into a folder, or opens them if it is there."""

    @classmethod
    @abstractmethod
    def opened(cls, directory: Path) -> "EncodedData":
        """Opens a folder that `encode` wrote."""

    @property
    @abstractmethod
    def encoder(self) -> Any:
        """What converts raw inputs to a batch of the model, for its bundle."""

    @abstractmethod
    def max_lengths(self) -> tuple[int, ...]:
        """Returns the values of max_length that are worth trying, the largest last."""

    @abstractmethod
    def model_space(self, most_weights: float | None = None) -> SearchSpace:
        """Returns the dimensions of a model of these data.

        Args:
            most_weights: number of weights that a model may have; None for any.
        """

    def further_dimensions(self, most_weights: float | None = None) -> dict[str, Any]:
        """Returns dimensions behind those that all kinds of input share; none by default."""
        return {}

    @abstractmethod
    def model_options(self, space: SearchSpace) -> dict[str, Any]:
        """Returns the arguments of `AttentionHyperModel` that say what its input is."""

    @abstractmethod
    def batches(self, store: Any, values: Mapping, size: int, **options: Any) -> LengthBatches:
        """Makes batches as models of these values read them.

        Args:
            store: one of `stores`, or several joined.
            values: values of the trial, by path.
            size: int, inputs of a batch.
            options: as of `LengthBatches`.
        """

    def show(self, dataset: Any, directory: Path) -> Sequence[str]:
        """Writes some validation inputs for the report, where the kind has any to show.

        Returns:
            The names of the files that were written: those that were missing or damaged.
        """
        return ()

    def epoch_steps(self) -> float:
        """Returns the steps of all inputs of an epoch, each cut to the largest max_length."""
        return float(np.minimum(self.stores["train"].lengths, max(self.max_lengths())).sum())

    def scale(self) -> tuple[float, float]:
        """Returns mean and standard deviation of numeric training labels; else (0, 1)."""
        labels = self.stores["train"].labels
        if kind_of(labels) != "number":
            return 0.0, 1.0
        return float(labels.mean()), float(labels.std()) or 1.0

    def size(self, role: str) -> int:
        """Returns the number of inputs of a role; 0 without that role."""
        return len(self.stores[role]) if role in self.stores else 0

    def sizes(self) -> dict[str, int]:
        """Returns the number of inputs by role."""
        return {role: len(store) for role, store in self.stores.items()}

    def training(self, values: dict, seed: int, allocation: RungAllocation = FULL) -> LengthBatches:
        """Returns the training batches, in an order that depends only on the seed and the epoch.

        Args:
            values: values of the trial, by path.
            seed: int, for the order.
            allocation: the rung's share of the inputs.
        """
        store = self.stores["train"]
        return self.shuffled(store, values, seed, allocation.rows(store))

    def everything(self, values: dict, seed: int) -> LengthBatches:
        """Returns the batches of training and validation part together, as `training` does."""
        train, validation = self.stores["train"], self.stores["validation"]
        return self.shuffled(type(train).concatenate([train, validation]), values, seed)

    def validation(self, values: dict) -> LengthBatches:
        """Returns the batches of the validation part, in a fixed order."""
        return self.batches(self.stores["validation"], values, EVALUATION_BATCH, shuffle=False)

    def test(self, values: dict) -> LengthBatches:
        """Returns the batches of the test part, in a fixed order."""
        return self.batches(self.stores["test"], values, EVALUATION_BATCH, shuffle=False)

    def shuffled(
        self, store: Any, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> LengthBatches:
        """Returns batches for training, with the weights that the values ask for.

        Args:
            store, values: as of `batches`.
            seed: int, for the order.
            rows: `(n,)` int, which inputs; None for all.
        """
        weights = self.sample_weights(store, values)
        options = {"seed": seed, "rows": rows, "sample_weight": weights}
        return self.batches(store, values, values["batch_size"], **options)

    @staticmethod
    def sample_weights(store: Any, values: Mapping) -> np.ndarray | None:
        """Returns the weight of each input in training; None for equal weights."""
        if values.get("class_weight") == "balanced":
            return balanced_weights(store.labels, int(store.labels.max()) + 1, store.weights)
        return store.weights


def _keep_labels(dataset: Dataset, directory: Path) -> list[str]:
    """Writes the validation labels for the report; returns the file's name if it was written."""
    path = directory / VALIDATION_LABELS
    given = np.asarray(dataset.validation.labels)
    try:
        if np.array_equal(read_array(path, given.shape), given):
            return []
    except DamagedFile:
        pass
    write_whole(path, lambda path: sealed(np.save, path, given))
    return [path.name]

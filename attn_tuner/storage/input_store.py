"""Holds the inputs of a part one behind the other, as a folder of memory-mapped arrays."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from attn_tuner.inputs.fraction import stratified_fraction
from attn_tuner.storage.stored_arrays import save_arrays

# Arrays that only some data have, with the fact that tells of each: so a lost file is noticed.
EXTRAS = {"weights": "weighted", "groups": "grouped", "times": "timed"}


class InputStore:
    """The base of the store of a kind of input: a dataclass with its arrays.

    A subclass names in `ARRAYS` those that all data have: its inputs, `offsets` and `labels`. Input
    i is `inputs[offsets[i]:offsets[i + 1]]`. `EXTRAS` names the others, `FORM` is the type and the
    number of axes of the inputs, and `SHORTEST` the length that one has at least.
    """

    ARRAYS: ClassVar[tuple[str, ...]]
    EXTRAS: ClassVar[Mapping[str, str]] = EXTRAS
    FORM: ClassVar[tuple[type, int]]
    SHORTEST: ClassVar[int] = 0

    offsets: np.ndarray
    labels: np.ndarray

    def check(self) -> None:
        """Raises ValueError if the arrays do not belong together."""
        if not self._belong_together():
            raise ValueError("its arrays do not belong together")

    def _belong_together(self) -> bool:
        inputs, offsets, count = getattr(self, self.ARRAYS[0]), self.offsets, len(self.labels)
        beside = [each for name, each in self._extras().items() if name in EXTRAS]
        return bool(
            (inputs.dtype, inputs.ndim) == self.FORM
            and offsets.dtype == np.int64
            and offsets.shape == (count + 1,)
            and self.labels.dtype.kind in "iuf"
            and offsets[0] == 0
            and offsets[-1] == len(inputs)
            and not (np.diff(offsets) < self.SHORTEST).any()
            and all(each.shape == (count,) for each in beside)
        )

    def save(self, directory: str | Path) -> None:
        """Writes the store into a new folder atomically."""
        arrays = {name: getattr(self, name) for name in self.ARRAYS} | self._extras()
        save_arrays(directory, arrays, self.EXTRAS, self._facts())

    def _facts(self) -> dict[str, Any]:
        """What a subclass writes beside the arrays, JSON values."""
        return {}

    def _extras(self) -> dict[str, np.ndarray]:
        """The arrays that not all data have, by name."""
        found = {name: getattr(self, name) for name in self.EXTRAS}
        return {name: each for name, each in found.items() if each is not None}

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> np.ndarray:
        """Returns one input."""
        return getattr(self, self.ARRAYS[0])[self.offsets[index] : self.offsets[index + 1]]

    @property
    def lengths(self) -> np.ndarray:
        """Length of each input: `(inputs,)` int64."""
        return np.diff(self.offsets)

    def fraction(self, share: float, seed: int = 0) -> np.ndarray:
        """Draws a stratified fraction of the inputs.

        For one seed a smaller fraction is a subset of every larger one, so that a model trained on
        a tenth continues on inputs that it knows when it is given a half.

        Args:
            share: float in (0, 1], fraction of the inputs of each class.
            seed: int, for the draw.

        Returns:
            (chosen,) int64, indices of inputs, sorted.
        """
        return stratified_fraction(self.labels, share, seed)

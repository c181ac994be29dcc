"""Holds what answers with the best model of a run, made anew when the model changes."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting import load_bundle
from attn_tuner.storage.checked_files import AGAIN
from attn_tuner.storage.layout import BUNDLE, BUNDLE_FACTS

Made = TypeVar("Made")


class BundleHolder(Generic[Made]):
    """Gives what was made of the best model of a run, one thread at a time.

    Args:
        directory: the run folder; its search may still run.
        trust: names of modules whose layers the model may contain.
        make: makes of a bundle what answers; called anew when the model has changed.
    """

    def __init__(
        self, directory: str | Path, trust: str | Sequence[str], make: Callable[[Any], Made]
    ):
        self.directory = Path(directory)
        self.trust = trust
        self.lock = threading.Lock()
        self._make = make
        self._held: tuple[int, Made] | None = None

    @property
    def version(self) -> int | None:
        """When the model was written; None where there is none yet."""
        try:
            return (self.directory / BUNDLE / BUNDLE_FACTS).stat().st_mtime_ns
        except OSError:
            return None

    def current(self) -> Made:
        """Returns what was made of the model as it is now. To be called with the lock held.

        Raises:
            RunError: the search has no best model yet, or it cannot be loaded.
        """
        folder, written = self.directory / BUNDLE, self.version
        if written is None:
            if folder.exists():
                raise DamagedFile(folder / BUNDLE_FACTS, "is missing", AGAIN)
            raise RunError("The search has no model yet. Try again when it has ended.")
        if self._held is None or written != self._held[0]:
            self._held = written, self._make(load_bundle(folder, self.trust))
        return self._held[1]

"""Holds the best model of a run for a server: loads it when it exists, again when it changes."""

import threading
from collections.abc import Sequence
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.explaining import Explainer, Explanation
from attn_tuner.exporting import Bundle
from attn_tuner.storage.checked_files import AGAIN
from attn_tuner.storage.layout import BUNDLE, BUNDLE_FACTS


class ModelHolder:
    """Explains texts with the best model of a run, one call at a time.

    Args:
        directory: the run folder; its search may still run.
        trust: names of modules whose layers the model may contain.
    """

    def __init__(self, directory: str | Path, trust: str | Sequence[str] = ()):
        self.directory = Path(directory)
        self.trust = trust
        self._lock = threading.Lock()
        self._written = None
        self._explainer: Explainer | None = None

    def __call__(self, texts: list[str]) -> list[Explanation]:
        """Explains each text.

        Raises:
            RunError: the search has no best model yet, or it cannot be loaded.
        """
        with self._lock:
            return self._current()(texts)

    def _current(self) -> Explainer:
        facts = self.directory / BUNDLE / BUNDLE_FACTS
        try:
            written = facts.stat().st_mtime_ns
        except OSError as error:
            if facts.parent.exists():
                raise DamagedFile(facts, "is missing", AGAIN) from error
            raise RunError("The search has no model yet. Try again when it has ended.") from error
        if self._explainer is None or written != self._written:
            self._explainer = Explainer(Bundle.load(facts.parent, self.trust))
            self._written = written
        return self._explainer

"""The winner of a run as a server holds it: read when it is there, read anew when it changes."""

import threading
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.explaining import Explainer, Explanation
from attn_tuner.exporting import Bundle
from attn_tuner.storage.checked_files import AGAIN
from attn_tuner.storage.layout import BUNDLE, BUNDLE_FACTS


class ModelHolder:
    """Answers texts with the best model of a run, one call at a time.

    Args:
        directory: the run's folder, whose search may still go on.
        trust: names of modules whose layers the model may hold.
    """

    def __init__(self, directory, trust=()):
        self.directory = Path(directory)
        self.trust = trust
        self._lock = threading.Lock()
        self._written = None
        self._explainer = None

    def __call__(self, texts: list[str]) -> list[Explanation]:
        """Answers with the weights of each token.

        Raises:
            RunError: the search has no winner yet, or one that cannot be read.
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
            raise RunError("The search has no winner yet. Ask again when it has ended.") from error
        if written != self._written:
            self._explainer = Explainer(Bundle.load(facts.parent, self.trust))
            self._written = written
        return self._explainer

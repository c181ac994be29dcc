"""The winner of a run as a server holds it: read when it is there, read anew when it changes."""

import threading
from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.explaining import Explainer, Explanation
from attn_tuner.exporting import Bundle
from attn_tuner.results.run import BUNDLE


class Winner:
    """Answers texts with the best model of a run, one call at a time.

    Args:
        directory: the run's folder, whose search may still go on.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self._lock = threading.Lock()
        self._written = None
        self._explainer = None

    def __call__(self, texts: list[str]) -> list[Explanation]:
        """Answers with the weights of each token.

        Raises:
            RunError: the search has no winner yet.
        """
        with self._lock:
            return self._current()(texts)

    def _current(self) -> Explainer:
        facts = self.directory / BUNDLE / "bundle.json"
        if not facts.exists():
            raise RunError("The search has no winner yet. Ask again when it has ended.")
        written = facts.stat().st_mtime_ns
        if written != self._written:
            self._explainer = Explainer(Bundle.load(facts.parent))
            self._written = written
        return self._explainer

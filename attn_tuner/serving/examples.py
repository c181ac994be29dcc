"""Finds the example texts of a run: `GET /examples`."""

import threading
from pathlib import Path

from attn_tuner.serving.example_choice import choose_examples
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation

MAX_READ = 400  # Validation texts to choose from; a second or two for a recurrent model.


class Examples:
    """Chooses examples once for each version of the model.

    Args:
        directory: the run folder.
        model: answers the texts.
    """

    def __init__(self, directory: str | Path, model: ModelHolder):
        self.directory = Path(directory)
        self.model = model
        self._lock = threading.Lock()
        self._version: int | None = None
        self._chosen: list[dict] = []

    def __call__(self) -> list[dict]:
        """Returns the examples, as `choose_examples` does.

        Raises:
            RunError: the search has no model yet.
        """
        with self._lock:
            version = self.model.version
            if version is None or version != self._version:
                self._chosen = self._choose()
                self._version = version
            return self._chosen

    def _choose(self) -> list[dict]:
        run = Run.read(self.directory)
        validation = Validation.read(run)
        texts = list(validation.texts[:MAX_READ])
        truths = []
        if run.plan.kind == "class":
            truths = [run.plan.classes[label] for label in validation.labels[: len(texts)]]
        return choose_examples(self.model(texts), truths)

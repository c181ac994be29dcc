"""Predicts with the SavedModel of a run, by TensorFlow alone.

A process that only predicts needs neither Keras nor the model as Keras' layers. TensorFlow imports
Keras and JAX for others, which takes as long as all the rest.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting.artefact_folder import check_export
from attn_tuner.exporting.prediction import Predictions, predictions
from attn_tuner.storage.run import Run
from attn_tuner.tasks import task_named

BATCH = 64
UNUSED = ("keras", "jax")  # Imported by TensorFlow where they can be; a SavedModel needs neither.


class SavedModelPredictor:
    """Predicts texts with the exported SavedModel of a finished search.

        SavedModelPredictor("runs/demo").predict(["a text"])[0].label

    Args:
        directory: the run folder.

    Raises:
        RunError: `directory` is not a run folder, or has no export yet.
        DamagedFile: a file of the export is missing or has changed.
    """

    def __init__(self, directory: str | Path):
        self.run = Run.read(directory)
        if not self.run.outcome:
            raise RunError(
                f"The search in {directory} has no model yet. Continue it with the command that "
                "started it."
            )
        check_export(self.run.export)
        tf = import_tensorflow()
        try:
            self._model = tf.saved_model.load(str(self.run.export))
        except (OSError, ValueError, tf.errors.OpError) as error:
            reason = f"cannot be loaded ({type(error).__name__})"
            raise DamagedFile(self.run.export, reason, "Export the model again.") from error
        self._serve = self._model.signatures["serving_default"]
        self._strings = lambda texts: tf.constant(texts, tf.string, [len(texts)])
        self._task = task_named(self.run.plan.task, len(self.run.plan.classes))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Predicts each text, in batches of texts of similar length.

        Args:
            texts: list of str.
        """
        classes = self.run.plan.classes
        answers = np.zeros((len(texts), len(classes) or 1), "float32")
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), BATCH):
            chosen = order[start : start + BATCH]
            given = [texts[each].encode("utf-8", errors="replace") for each in chosen]
            found = self._serve(text=self._strings(given))
            number = self._task.kind == "number"
            answers[chosen] = found["value"][:, None] if number else found["probabilities"]
        return predictions(texts, answers, self._task, classes)


def import_tensorflow() -> ModuleType:
    """Imports TensorFlow, without Keras and JAX where it is not imported yet.

    They can be imported afterwards as usual.
    """
    if "tensorflow" in sys.modules:
        return sys.modules["tensorflow"]
    with _unimportable(name for name in UNUSED if name not in sys.modules):
        return importlib.import_module("tensorflow")


@contextlib.contextmanager
def _unimportable(names: Iterable[str]) -> Iterator[None]:
    """Lets the import of these modules fail in a `with` block."""
    names = list(names)
    sys.modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]

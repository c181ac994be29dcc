"""Predicts with the SavedModel of a run, by TensorFlow alone.

A process that only predicts needs neither Keras nor the model as Keras' layers; most need no Python
module of TensorFlow either, see `savedmodel_session`. Where that library cannot be used directly,
TensorFlow is imported, without the Keras and JAX that it imports for others: these take as long as
all the rest.
"""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting.artefact_folder import check_export
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.prediction import Predictions, predictions
from attn_tuner.exporting.savedmodel_session import SavedModelSession
from attn_tuner.inputs.kinds import require_text
from attn_tuner.storage.run import Run
from attn_tuner.tasks import task_named

BATCH = 64
UNUSED = ("keras", "jax")  # Imported by TensorFlow where they can be; a SavedModel needs neither.
# From a batch of texts and the name of an output to that output.
Answer = Callable[[Sequence[bytes], str], np.ndarray]


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
        require_text(
            self.run.plan.input,
            "SavedModelPredictor",
            "Use attn_tuner.load(folder).predict().",
        )
        check_export(self.run.export)
        self._answer = _load(self.run.export)
        self._task = task_named(self.run.plan.task, len(self.run.plan.classes))

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Predicts each text, in batches of texts of similar length.

        Args:
            texts: list of str.
        """
        classes = self.run.plan.classes
        number = self._task.kind == "number"
        output = "value" if number else "probabilities"
        answers = np.zeros((len(texts), len(classes) or 1), "float32")
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), BATCH):
            chosen = order[start : start + BATCH]
            given = [texts[each].encode("utf-8", errors="replace") for each in chosen]
            found = self._answer(given, output)
            answers[chosen] = found[:, None] if number else found
        conformal = Conformal.from_dict(self.run.outcome.get("conformal"))
        known = KnownTexts.from_dict(self.run.outcome.get("known"))
        return predictions(texts, answers, self._task, classes, conformal, known)


def _load(folder: Path) -> Answer:
    """Loads a SavedModel in the lightest way that this process has."""
    if "tensorflow" not in sys.modules:
        # An installation may have no such library. What it cannot load, TensorFlow itself names.
        with contextlib.suppress(OSError):
            return SavedModelSession(folder)
    return _load_by_tensorflow(folder)


def _load_by_tensorflow(folder: Path) -> Answer:
    tf = import_tensorflow()
    try:
        model = tf.saved_model.load(str(folder))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = f"cannot be loaded ({type(error).__name__})"
        raise DamagedFile(folder, reason, "Export the model again.") from error

    def answer(texts: Sequence[bytes], output: str) -> np.ndarray:
        strings = tf.constant(texts, tf.string, [len(texts)])
        # The signature lives no longer than the model, which this function therefore holds.
        return model.signatures["serving_default"](text=strings)[output].numpy()

    return answer


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

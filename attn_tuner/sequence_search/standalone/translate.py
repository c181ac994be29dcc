"""Writes the target of each text by encoder.onnx and step.onnx, with NumPy and onnxruntime.

write = Translator(folder, Texts(folder))
targets, log_probabilities = write(["3 May 2021"])
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime

PADDING, START, END = 0, 2, 3


class Translator:
    """Decodes greedily: writes the most likely token at every step.

    Args:
        folder: of encoder.onnx and step.onnx.
        texts: a `Texts`, which converts texts to ids and back.
    """

    def __init__(self, folder: str, texts: Any):
        self.texts = texts
        self.encoder = onnxruntime.InferenceSession(f"{folder}/encoder.onnx")
        self.step = onnxruntime.InferenceSession(f"{folder}/step.onnx")

    def __call__(self, sources: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Returns the target of each text, and their log probabilities (texts,)."""
        total, written = np.zeros(len(sources), "float32"), []
        ended = np.zeros(len(sources), bool)
        state = run(self.encoder, self.texts.inputs(sources)) if len(sources) else {}
        state["token"] = np.full(len(sources), START, "int32")
        while len(written) < self.texts.limit and not ended.all():
            found = run(self.step, state)
            logs = found["log_probabilities"]  # (texts, vocabulary)
            token = np.where(ended, PADDING, logs.argmax(axis=1)).astype("int32")
            total += np.where(ended, 0.0, logs.max(axis=1))
            written.append(token)
            ended |= token == END
            state = {name: found.get(f"next_{name}", each) for name, each in state.items()}
            state["token"] = token
        return self.texts.written(np.reshape(written, (-1, len(sources))).T, sources), total


def run(session: Any, given: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the outputs of a session by name; what it does not take is left out."""
    names = [each.name for each in session.get_outputs()]
    taken = {each.name: given[each.name] for each in session.get_inputs()}
    return dict(zip(names, session.run(names, taken), strict=True))

"""Exports a translator as a SavedModel, and proves it in a process that has TensorFlow alone."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import MADE_BY, artefact_folder, size_of
from attn_tuner.exporting.verification.verify import FreshProcess
from attn_tuner.sequence.translator import Translator
from attn_tuner.storage.atomic_files import write_json, write_text
from attn_tuner.storage.layout import CARD, CARD_PAGE

PROVED = 64  # Texts, an empty one among them.
TOLERANCE = 1e-3  # Of a log probability, relative where it is above 1.
_CODE = """\
import tensorflow as tf

model = tf.saved_model.load({folder!r}).signatures["serving_default"]
texts = {texts!r}
answer = model(text=tf.constant(texts))
labels = answer["text"]  # (texts,) strings
values = answer["score"]  # (texts,) log probability, divided by the length penalty
"""
_STEPS_CODE = """\
import tensorflow as tf

signatures = tf.saved_model.load({folder!r}).signatures
texts = {texts!r}
labels, values = tf.fill([len(texts)], ""), tf.zeros([len(texts)])
state = dict(signatures["read"](text=tf.constant(texts)))
for _ in range({limit}):
    found = signatures["step"](**state)
    labels += found["piece"]  # What has been written up to here.
    values += found["log_probability"]
    state = {{name: found.get("next_" + name, each) for name, each in state.items()}}
    if tf.reduce_all((state["token"] == 0) | (state["token"] == 3)):  # Padding, the end mark.
        break
"""


def export_translator(
    translator: Translator,
    folder: Path,
    texts: Sequence[str],
    scores: dict[str, float],
) -> dict:
    """Writes the SavedModel into a folder, once a fresh process writes the same texts with it.

    Args:
        translator: what is exported.
        folder: where to.
        texts: on which it is proved; the first of them, and an empty one.
        scores: metrics for its card.

    Returns:
        `export`, `megabytes`, `difference` of a score, `proved` texts, as the outcome holds them.

    Raises:
        ExportError: it writes another text, or with another score.
    """
    texts = ["", *texts[: PROVED - 1]]
    with FreshProcess("savedmodel") as process, artefact_folder(folder) as draft:
        translator.save(draft)
        difference = proved(translator, draft, texts, process)
        card = {"made_by": MADE_BY, "task": "sequence", "scores": scores, "proved": len(texts)}
        write_json(draft / CARD, {**card, "difference": difference, "files": {}})
        write_text(draft / CARD_PAGE, _page(translator, folder, texts[1:2], scores, len(texts)))
        megabytes = size_of(draft) / 1e6
    return {
        "export": str(folder),
        "megabytes": megabytes,
        "difference": difference,
        "proved": len(texts),
    }


def proved(
    translator: Translator, folder: Path, texts: Sequence[str], process: FreshProcess
) -> float:
    """Returns the largest difference of a score between a SavedModel and its translator.

    Both the whole texts and those written step by step are compared.

    Raises:
        ExportError: they differ.
    """
    shown = list(texts[:2])
    code = _CODE.format(folder=str(folder), texts=shown)
    steps = _STEPS_CODE.format(folder=str(folder), texts=shown, limit=translator.limit)
    return max(
        compared("The SavedModel", code, texts, translator.scored(texts), process),
        compared("Its step", steps, texts, translator.greedy(texts), process),
    )


def compared(
    name: str,
    code: str,
    texts: Sequence[str],
    wanted: tuple[Sequence[str], np.ndarray],
    process: FreshProcess,
) -> float:
    """Runs the code of a README, and returns by how much its scores differ at most.

    Args:
        name: what is run, for messages.
        code: assigns `texts`, `labels` and `values`; see `fresh_process`.
        texts: what it is given.
        wanted: what the model in this process writes, and its scores (texts,).
        process: where it is run.

    Raises:
        ExportError: it fails, or writes another text, or with another score.
    """
    answer = process.ask({"code": code, "texts": list(texts)})
    if "error" in answer:
        raise ExportError(f"{name} does not run: {answer['error']}")
    for text, own, other in zip(texts, wanted[0], answer["labels"], strict=True):
        if own != other:
            raise ExportError(
                f"{name} writes {other[:40]!r} for {text[:40]!r}, and the model {own[:40]!r}."
            )
    off = np.abs(wanted[1] - np.array(answer["probabilities"], "float32"))
    difference = float((off / np.maximum(1.0, np.abs(wanted[1]))).max(initial=0.0))
    if not difference <= TOLERANCE:
        raise ExportError(
            f"{name} gives scores that differ from the model's by {difference:.1e}; "
            f"{TOLERANCE:.0e} is allowed."
        )
    return difference


def _page(translator: Translator, folder: Path, texts: Sequence[str], scores: dict, count: int):
    listed = "\n".join(f"- {name}: {value:.4f}" for name, value in scores.items())
    given = {"folder": str(folder), "texts": list(texts)}
    code = _CODE.format(**given).rstrip()
    steps = _STEPS_CODE.format(**given, limit=translator.limit).rstrip()
    return (
        "# A text to a text\n\nA SavedModel of strings, which needs TensorFlow alone.\n\n"
        f"```python\n{code}\n```\n\nThe signatures `explain` and `hypotheses` give the alignment "
        "and all hypotheses.\n\nStep by step, by greedy decoding, for a text that is shown while "
        f"it is written:\n\n```python\n{steps}\n```\n\n"
        f"On the test part:\n\n{listed}\n\nA process without this package "
        f"wrote the same texts with it, {count} of {count}, in both ways.\n"
    )

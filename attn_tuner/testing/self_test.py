"""Proves on a tiny model that this installation can search, export and load."""

import random
import time

from attn_tuner.api import search
from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor
from attn_tuner.storage.atomic_files import scratch

TEXTS = 120
SPACE = {
    "encoder": "none",
    "head": "additive",
    "embedding_dim": 32,
    "embedding_init": "random",
    "learning_rate": 0.01,
}


def self_test() -> str:
    """Searches for a tiny model, exports it, and loads the export.

    Returns:
        A sentence on what was done and how long it took.

    Raises:
        RuntimeError: the exported model gives other answers than the texts have.
    """
    began = time.monotonic()
    texts, labels = _texts()
    with scratch() as folder:
        run = folder / "run"
        search((texts, labels), max_trials=1, epochs=6, space=SPACE, directory=run, progress=False)
        found = SavedModelPredictor(run).predict(texts)
    right = sum(each.label == label for each, label in zip(found, labels, strict=True))
    if right < 0.9 * len(texts):
        raise RuntimeError(f"the exported model is right on {right} of {len(texts)} easy texts")
    return (
        f"searched, exported and loaded a model in {time.monotonic() - began:.0f}s; it is right on "
        f"{right} of {len(texts)} easy texts"
    )


def _texts() -> tuple[list[str], list[str]]:
    """Makes texts that one word of each decides, and their labels."""
    draw = random.Random(0)
    words = {"good": ("great", "lovely"), "bad": ("awful", "dull")}
    texts, labels = [], []
    for number in range(TEXTS):
        label = ("good", "bad")[number % 2]
        filler = draw.choices(("the", "film", "was", "a", "room"), k=6)
        texts.append(f"{' '.join(filler)} {draw.choice(words[label])} {number}")
        labels.append(label)
    return texts, labels

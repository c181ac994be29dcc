"""Texts of two subjects with known mistakes among their labels."""

import numpy as np

SUBJECTS = {
    "weather": "sun rain snow wind cloud storm frost fog",
    "kitchen": "bread cheese milk oven pan salt soup spoon",
}


def labelled(count=120, flipped=6, seed=0):
    """Texts of six words of their subject, their labels, and the rows whose label is wrong."""
    random = np.random.default_rng(seed)
    names = list(SUBJECTS)
    truth = [names[row % 2] for row in range(count)]
    texts = [" ".join(random.choice(SUBJECTS[name].split(), 6)) for name in truth]
    wrong = sorted(random.choice(count, flipped, replace=False).tolist())
    labels = [
        names[1 - names.index(name)] if row in wrong else name for row, name in enumerate(truth)
    ]
    return texts, labels, wrong


def checked(texts, labels=None, roles=None, classes=("a", "b")):
    """Texts as a check holds them: labels 0, and all in training, if not given."""
    from attn_tuner.checking.checked_texts import CheckedTexts

    count = len(texts)
    labels = np.zeros(count, "int32") if labels is None else np.array(labels, "int32")
    roles = np.array(["train"] * count if roles is None else roles)
    return CheckedTexts("x", classes, list(texts), labels, roles, roles, np.arange(count))

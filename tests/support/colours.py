"""Texts that say warm or cold by one word, and searches of seconds in them."""

import numpy as np

QUICK = {
    "encoder": ["gru", "none"],
    "head": ["additive", "mean"],
    "embedding_dim": 32,
    "gru.units": 32,
    "max_length": 32,
    "learning_rate": 0.01,
    "epochs": 4,
}
# The quickest models: no encoder, no weights in the head.
PLAIN = {name: value for name, value in QUICK.items() if name != "gru.units"} | {
    "encoder": ["none"],
    "head": ["mean"],
}


def colours(count=240, seed=0):
    """Texts that say warm or cold by one word, and their labels."""
    random = np.random.default_rng(seed)
    warm, cold, filler = ["red", "orange"], ["blue", "green"], ["a", "the", "of", "in", "box"]
    texts, labels = [], []
    for index in range(count):
        label = index % 2
        words = list(random.choice(filler, 6)) + [random.choice(warm if label else cold)]
        random.shuffle(words)
        texts.append(" ".join(words) + f" {index}")
        labels.append("warm" if label else "cold")
    return texts, labels


def quick_search(directory, **options):
    """A search of two trials in colours; `options` of `search` change it, `data` among them."""
    import attn_tuner

    given = {"max_trials": 2, "space": QUICK, "epochs": 4, "progress": False, "ensemble": 1}
    given |= options
    data = given.pop("data", None)
    return attn_tuner.search(colours() if data is None else data, directory=directory, **given)

"""Texts that say warm or cold by one word, and searches of seconds in them."""

import contextlib

import numpy as np
import pytest

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


def quick_search(directory, processes=False, **options):
    """A search of two trials in colours; `options` of `search` change it, `data` among them.

    Args:
        directory: the run's folder.
        processes: whether the baselines and the proof of the export get processes of their own,
            as a user's do. Each costs seconds.
    """
    import attn_tuner

    given = {"max_trials": 2, "space": QUICK, "epochs": 4, "progress": False, "ensemble": 1}
    given["workers"] = 1  # Another process takes seconds to start.
    given |= options
    data = given.pop("data", None)
    with contextlib.nullcontext() if processes else in_this_process():
        return attn_tuner.search(colours() if data is None else data, directory=directory, **given)


@contextlib.contextmanager
def in_this_process():
    """Baselines and proofs of exports take no processes of their own in here."""
    from attn_tuner.baselines.background import BASELINES, BackgroundBaselines, measure_baselines
    from attn_tuner.exporting.verification import fresh_process
    from attn_tuner.exporting.verification.verify import FreshProcess

    def measure(baselines):
        if not (baselines.directory / BASELINES).exists():
            directory, classes, seed, _ = baselines.arguments
            measure_baselines(directory, int(classes), int(seed))
        return baselines

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BackgroundBaselines, "__enter__", measure)
        patch.setattr(FreshProcess, "__enter__", lambda process: process)
        patch.setattr(FreshProcess, "__exit__", lambda process, *problem: None)
        patch.setattr(FreshProcess, "ask", lambda process, asked: fresh_process.run(asked))
        yield

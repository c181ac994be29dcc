"""Texts that say warm or cold by one word, and searches of seconds in them."""

import contextlib
from functools import partial

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
# Where nothing need be learned: what learning costs most is to evaluate four times an epoch.
BRIEF = {**PLAIN, "epochs": 1}


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


def greys(count=80, seed=3):
    """Texts of a class that the search does not know, told by a word that it does not know."""
    random = np.random.default_rng(seed)
    filler = ["a", "the", "of", "in", "box"]
    texts = [f"{' '.join(random.choice(filler, 5))} ashen {number}" for number in range(count)]
    return texts, ["grey"] * count


def write_new_colours(folder):
    """Writes what comes in after a search, as .csv with labels: new, more; and unlabelled.txt.

    The rows of more.csv are of a class that the search does not know.
    """
    texts, labels = colours(120, seed=5)
    # As in the validation texts, each number is one that the model has not seen.
    texts = [f"{text.rpartition(' ')[0]} {1000 + place}" for place, text in enumerate(texts)]
    lines = ["text,label", *map(",".join, zip(texts, labels, strict=True))]
    (folder / "new.csv").write_text("\n".join(lines), encoding="utf-8")
    more = ["text,label", *map(",".join, zip(*greys(), strict=True))]
    (folder / "more.csv").write_text("\n".join(more), encoding="utf-8")
    (folder / "unlabelled.txt").write_text("\n".join(colours(60, seed=6)[0]), encoding="utf-8")


def quick_search(directory, processes=False, export=None, **options):
    """A search of two trials in colours; `options` of `search` change it, `data` among them.

    Args:
        directory: the run's folder.
        processes: whether the baselines and the proof of the export get processes of their own,
            as a user's do. Each costs seconds.
        export: format of what is exported; without processes it is Keras' own unless this says
            otherwise, as a SavedModel takes longer to write than a trial to train.
    """
    import attn_tuner

    given = {"max_trials": 2, "space": QUICK, "epochs": 4, "progress": False, "ensemble": 1}
    given["workers"] = 1  # Another process takes seconds to start.
    given |= options
    data = given.pop("data", None)
    form = export or ("savedmodel" if processes else "keras")
    with contextlib.nullcontext() if processes else in_this_process(), exported_as(form):
        return attn_tuner.search(colours() if data is None else data, directory=directory, **given)


@contextlib.contextmanager
def in_this_process():
    """Baselines, workers and proofs of exports take no processes of their own in here.

    Nor does a search go through all that tests have made, to keep the garbage collector from it.
    """
    from attn_tuner.baselines.background import BASELINES, BackgroundBaselines, measure_baselines
    from attn_tuner.exporting.verification import fresh_process
    from attn_tuner.exporting.verification.verify import FreshProcess

    def measure(baselines):
        if not (baselines.directory / BASELINES).exists():
            directory, classes, seed, _, like = baselines.arguments
            measure_baselines(directory, int(classes), int(seed), like=like or None)
        return baselines

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BackgroundBaselines, "__enter__", measure)
        patch.setattr(FreshProcess, "__enter__", lambda process: process)
        patch.setattr(FreshProcess, "__exit__", lambda process, *problem: None)
        patch.setattr(FreshProcess, "ask", lambda process, asked: fresh_process.run(asked))
        patch.setattr("attn_tuner.tuning.tuner.existing_objects_frozen", contextlib.nullcontext)
        patch.setattr("attn_tuner.runtime.automatic_workers", lambda options, limit: 1)
        yield


@contextlib.contextmanager
def exported_as(form):
    """What a search or an update exports at its end has this format in here."""
    from attn_tuner.finalizing import final_model

    with pytest.MonkeyPatch.context() as patch:
        exporting = partial(final_model.export_bundle, formats=[form])
        patch.setattr(final_model, "export_bundle", exporting)
        yield

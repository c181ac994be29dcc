"""What pretraining is worth: the same training from word vectors, and from a pretrained encoder.

    TFDS_DATA_DIR=... python benchmarks/pretraining.py [--data imdb_reviews] [--minutes 5]
        [--labelled 2000 22000] [--seeds 0 1] [--cache FOLDER]

Both begin with vectors learnt from the training and unlabelled texts, and are trained and judged
alike, on the validation part. A pretrained model then has the epochs of the other, and the settling
in addition. One pretraining serves all seeds and all numbers of labelled texts.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from attn_tuner.encoding import Encoder
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import search_space
from attn_tuner.text import Batches, load
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.pretraining import ROLES, learn, settle
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

WIDTH = 64
POINT = {
    "encoder": "bigru",
    "encoder.bigru.units": 64,
    "head": "pooling",
    "head.pooling.score": "additive",
    "head.pooling.fusion": "pools",
    "embedding_dim": WIDTH,
    "embedding_init": "word_vectors",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="imdb_reviews")
    parser.add_argument("--minutes", type=float, default=5.0, help="of pretraining")
    parser.add_argument("--labelled", type=int, nargs="+", default=[2_000, 22_000])
    parser.add_argument("--epochs", type=int, nargs="+", default=[6, 2], help="for each of these")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--limit", type=int, default=256, help="tokens of a text")
    parser.add_argument("--vectors", type=float, default=120.0, help="seconds for word vectors")
    parser.add_argument("--cache", help="keeps encoded texts, vectors and the pretrained weights")
    arguments = parser.parse_args()
    cache = Path(arguments.cache or tempfile.mkdtemp())
    stored = EncodedData.open(cache / "data") if (cache / "data").exists() else None
    if stored is None:
        stored = EncodedData.prepare(load(arguments.data), cache / "data")
    hypermodel = AttentionHyperModel(
        stored.vocabulary_size,
        int(stored.stores["train"].labels.max()) + 1,
        space=search_space(None, stored, max(arguments.epochs)),
        vectors=stored.vectors(cache / "data", WIDTH, 0, arguments.vectors),
    )
    values = {**hypermodel.space.defaults(), **POINT, "max_length": arguments.limit}
    pretrained = pretrained_weights(hypermodel, stored, values, 60 * arguments.minutes, cache)
    for labelled, epochs in zip(arguments.labelled, arguments.epochs, strict=True):
        hypermodel.training_texts = labelled
        values["epochs"] = epochs
        for seed in arguments.seeds:
            for start in (None, pretrained):
                measure(hypermodel, stored, values, labelled, seed, start)


def pretrained_weights(hypermodel, stored, values, seconds, cache):
    """The weights of embedding and encoder after so many seconds; kept in the cache."""
    path = cache / f"pretrained-{seconds:.0f}.npz"
    if not path.exists():
        keras.utils.set_random_seed(0)
        reader = reader_of(hypermodel.model(values))
        stores = [stored.stores[role] for role in ROLES if stored.size(role)]
        began = time.process_time()
        losses = learn(*reader, stores, seconds)
        print(
            f"pretraining: {len(losses)} pieces, {seconds:.0f} s of wall and "
            f"{time.process_time() - began:.0f} s of processor time; loss "
            f"{np.mean(losses[:4]):.3f} -> {np.mean(losses[-4:]):.3f}",
            flush=True,
        )
        np.savez(path, *[array for layer in reader for array in layer.get_weights()])
    with np.load(path) as arrays:
        return [arrays[name] for name in arrays.files]


def reader_of(model):
    encoder = next(layer for layer in model.layers if isinstance(layer, Encoder))
    return [model.get_layer("embedding"), encoder]


def measure(hypermodel, stored, values, labelled, seed, start):
    """Trains once and prints a line."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    store = stored.stores["train"]
    rows = store.fraction(min(1.0, labelled / len(store)), seed)
    limits = {name: values[name] for name in ("max_length", "truncation", "vocabulary_size")}
    batches = Batches(store, values["batch_size"], rows=rows, seed=seed, **limits)
    began = time.process_time()
    model = hypermodel.model(values)
    if start is not None:
        reader = reader_of(model)
        reader[0].set_weights(start[:1])
        reader[1].set_weights(start[1:])
        settle(model, reader, batches, values, lambda: False)
        settled = model.get_weights()
        model = hypermodel.model(values)
        model.set_weights(settled)
    schedule = Schedule(values["epochs"], patience=values["epochs"])
    best = train(model, batches, stored.validation(values), schedule).best_measures
    print(
        f"{len(rows):>6,} labelled, seed {seed}, {'pretrained' if start else 'word vectors':>12}: "
        f"accuracy {best['accuracy']:.4f}, log loss {best['log_loss']:.4f}, at epoch "
        f"{best['epochs']:.1f}, {time.process_time() - began:.0f} s of processor time",
        flush=True,
    )


if __name__ == "__main__":
    main()

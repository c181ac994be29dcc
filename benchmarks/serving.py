"""Size, load time, latency and throughput of one model in every format, in one run.

    python benchmarks/serving.py              a model of the usual size, untrained, on made-up texts
    python benchmarks/serving.py RUN          the winner of a search, with accuracies on its
                                              validation texts
    python benchmarks/serving.py RUN --small 1.5 --test 25000
                                              and a LiteRT file of so many MB, on test texts as well

Beside the formats stand Keras' own `predict` and a scikit-learn TF-IDF pipeline. Every row takes
strings and gives probabilities. Latencies are of one text at a time.
"""

import argparse
import tempfile
import time
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from onnxruntime import InferenceSession
from results import PAGE, write_section
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import attn_tuner
from attn_tuner import AttentionHyperModel
from attn_tuner.exporting import Bundle, export_bundle
from attn_tuner.exporting.artefact_folder import size_of
from attn_tuner.exporting.standalone_reader.reader import Reader
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text import load
from attn_tuner.text.vectorizer import Vectorizer

SHORT, MIDDLE, LONG, BATCH = 12, 200, 2_000, 64
BARE = "the same graph, bare"


def usual_bundle(words) -> Bundle:
    """The defaults of the hypermodel over 20,000 words."""
    keras.utils.set_random_seed(1)
    values = {"embedding_dim": 64, "max_length": 400}
    model = AttentionHyperModel(vocabulary_size=len(words) + 2, classes=2).model(values)
    vectorizer = Vectorizer(["", "[UNK]", *words])
    return Bundle(vectorizer, model, ["neg", "pos"], max_length=400, truncation="ends")


def texts_of(words, length, count, seed=0):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(words, length)) for _ in range(count)]


def saved_model(path):
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda texts: serve(text=tf.constant(texts))["probabilities"].numpy()


def bare_graph(bundle):
    """The same model and the same reading of texts as a `tf.function`, never saved."""
    from attn_tuner.exporting.signatures import TextScorer

    texts = tf.TensorSpec((None,), tf.string)
    serve = tf.function(TextScorer(bundle).serve, input_signature=[texts], autograph=False)
    return lambda texts: serve(tf.constant(texts))["probabilities"].numpy()


def onnx(path):
    read, session = Reader(path.with_name("vectorizer.json")), InferenceSession(path)
    return lambda texts: session.run(
        ["probabilities"], {"ids": np.array(read.padded(texts), "int32")}
    )[0]


def litert(path):
    read = Reader(path.with_name("vectorizer.json"))
    run = Interpreter(str(path), num_threads=2).get_signature_runner("serving_default")
    return lambda texts: np.concatenate(
        [run(ids=np.array(read.padded([text]), "int32"))["probabilities"] for text in texts]
    )


def baseline(words):
    texts = texts_of(words, MIDDLE, 400, seed=2)
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression())
    return pipeline.fit(texts, np.arange(400) % 2).predict_proba


def milliseconds(answer, text, runs):
    answer([text])
    answer([text])
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        answer([text])
        taken.append(1e3 * (time.perf_counter() - began))
    return np.percentile(taken, [50, 99])


def per_second(answer, texts, rounds=5):
    answer(texts)
    began = time.perf_counter()
    for _ in range(rounds):
        answer(texts)
    return f"{rounds * len(texts) / (time.perf_counter() - began):,.0f}"


def measured(load, words, runs):
    """Seconds to load, p50 and p99 milliseconds for each length, texts per second."""
    began = time.perf_counter()
    answer = load()
    loaded = time.perf_counter() - began
    times = {
        length: milliseconds(answer, texts_of(words, length, 1)[0], runs)
        for length in (SHORT, MIDDLE, LONG)
    }
    return loaded, times, per_second(answer, texts_of(words, MIDDLE, BATCH))


def row(name, file, loaded, times, throughput):
    size = "" if file is None else f"{file.megabytes:.2f}"
    known = file is not None and file.proof.accuracy is not None
    accuracy = f"{file.proof.accuracy[1]:.4f}" if known else ""
    latencies = [f"{half:.1f} / {most:.1f}" for half, most in times.values()]
    return [name, size, f"{loaded:.2f}", *latencies, throughput, accuracy]


def files_of(bundle, folder, held_out, small):
    """What `export_bundle` wrote by the names of the table's rows, the small file among them."""
    formats = ["savedmodel", "keras", "onnx", "litert"]
    made = {each.path.name: each for each in export_bundle(bundle, folder, formats, *held_out)}
    if small:
        path = Path(folder) / "small"
        *_, tiny = export_bundle(bundle, path, ["litert"], *held_out, max_size_mb=small)
        made["small"] = tiny
    return made


def losses(bundle, file, source, count):
    """What a file loses on so many test texts of a dataset, drawn by a fixed seed."""
    test = load(source).test
    chosen = np.random.default_rng(0).permutation(len(test.texts))[:count]
    texts, labels = [test.texts[each] for each in chosen], np.asarray(test.labels)[chosen]
    before = np.mean(bundle.predict(texts).argmax(axis=-1) == labels)
    after = np.mean(litert(file.path)(texts).argmax(axis=-1) == labels)
    return (
        f"On {len(texts):,} texts of the test part the model is right in {before:.4f}, the small "
        f"file of {file.megabytes:.2f} MB in {after:.4f}: {100 * (before - after):.2f} points lost."
        f" {file.notes[0]}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=100, help="calls per latency")
    parser.add_argument("--small", type=float, help="MB of one more LiteRT file")
    parser.add_argument("--test", type=int, default=0, help="test texts for the small file")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the table goes")
    options = parser.parse_args()
    held_out, told, title = (None, None), "", "Serving"
    if options.run:
        result = attn_tuner.load(options.run)
        bundle, kept = result.bundle, Validation.read(result.run)
        title = f"Serving the winner of {result.run.plan.source}"
        held_out = kept.texts, kept.labels[: len(kept.texts)]
        words = [word for word in bundle.used_vocabulary[2:] if word.isalpha()]
    else:
        words = [f"word{number}" for number in range(20_000)]
        bundle = usual_bundle(words)
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(bundle, folder, held_out, options.small)
        loads = [
            ("SavedModel", "savedmodel", saved_model),
            (BARE, None, lambda _: bare_graph(bundle)),
            ("ONNX", "model.onnx", onnx),
            ("LiteRT float32", "model.tflite", litert),
            ("LiteRT int8", "model.int8.tflite", litert),
            ("Keras predict", "model.keras", lambda path: Bundle.load(path.parent).predict),
            ("TF-IDF + logistic regression", None, lambda _: baseline(words)),
        ]
        if options.small:
            loads.insert(5, (f"LiteRT int8, at most {options.small:g} MB", "small", litert))
        found = {
            name: measured(partial(open_, key and files[key].path), words, options.runs)
            for name, key, open_ in loads
        }
        rows = [row(name, files.get(key), *found[name]) for name, key, _ in loads]
        beside = size_of(files["model.onnx"].path.with_name("vectorizer.json")) / 1e6
        if options.small and options.test:
            told = losses(bundle, files["small"], result.run.plan.source, options.test) + "\n\n"
    above = found["SavedModel"][1][MIDDLE][0] - found[BARE][1][MIDDLE][0]
    lengths = [f"{n:,} words ms" for n in (SHORT, MIDDLE, LONG)]
    heads = ["", "MB", "load s", *lengths, "texts/s", "accuracy"]
    shown = len(heads) if options.run else -1  # Untrained, it has no accuracy.
    table = "\n".join(
        "| " + " | ".join(cells[:shown]) + " |" for cells in [heads, ["---"] * len(heads), *rows]
    )
    text = (
        f"`benchmarks/serving.py`: strings to probabilities, p50 / p99 of {options.runs} calls "
        f"with one text, and texts per second in batches of {BATCH} texts of {MIDDLE} words. "
        f"The model reads {bundle.max_length} tokens of a text and has "
        f"{bundle.model.count_params():,} parameters. ONNX and LiteRT need "
        f"`vectorizer.json` beside them, {beside:.2f} MB. Half of the calls of the SavedModel with "
        f"{MIDDLE} words take {above:+.1f} ms against those of the graph that was never saved. "
    )
    if options.run:
        text += f"Accuracies are of {len(held_out[0]):,} validation texts."
    text = f"{text.strip()}\n\n{told}{table}"
    print(text)
    write_section(title, text, options.page)


if __name__ == "__main__":
    main()

"""Size, load time, latency and throughput of one model in every format, in one run.

    python benchmarks/serving.py              a model of the usual size, untrained, on made-up texts
    python benchmarks/serving.py RUN          the winner of a search

Beside the formats stand Keras' own `predict` and a scikit-learn TF-IDF pipeline. Every row takes
strings and gives probabilities. Latencies are of one text at a time.
"""

import argparse
import tempfile
import time
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
from attn_tuner.exporting import Bundle, deliver
from attn_tuner.exporting.folder import size_of
from attn_tuner.exporting.plain import Reader
from attn_tuner.text.vectorizer import Vectorizer

SHORT, MIDDLE, LONG, BATCH = 12, 200, 2_000, 64
BARE = "the same graph, bare"


def usual_bundle(words) -> Bundle:
    """The defaults of the hypermodel over 20,000 words."""
    keras.utils.set_random_seed(1)
    values = {"embedding_dim": 64, "text_limit": 400}
    model = AttentionHyperModel(vocabulary_size=len(words) + 2, classes=2).model(values)
    vectorizer = Vectorizer(["", "[UNK]", *words])
    return Bundle(vectorizer, model, ["neg", "pos"], text_limit=400, keep="ends")


def texts_of(words, length, count, seed=0):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(words, length)) for _ in range(count)]


def saved_model(path):
    serve = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda texts: serve(text=tf.constant(texts))["probabilities"].numpy()


def bare_graph(bundle):
    """The same model and the same reading of texts as a `tf.function`, never saved."""
    from attn_tuner.exporting.scoring import TextScorer

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


def row(name, size, loaded, times, throughput):
    latencies = [f"{half:.1f} / {most:.1f}" for half, most in times.values()]
    return [name, "" if size is None else f"{size:.2f}", f"{loaded:.2f}", *latencies, throughput]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=100, help="calls per latency")
    parser.add_argument("--page", type=Path, default=PAGE, help="where the table goes")
    options = parser.parse_args()
    if options.run:
        bundle = attn_tuner.load(options.run).bundle
        words = [word for word in bundle.used_vocabulary[2:] if word.isalpha()]
    else:
        words = [f"word{number}" for number in range(20_000)]
        bundle = usual_bundle(words)
    with tempfile.TemporaryDirectory() as folder:
        formats = ["savedmodel", "keras", "onnx", "litert"]
        files = {each.path.name: each for each in deliver(bundle, folder, formats)}
        sizes = {name: each.megabytes for name, each in files.items()}
        paths = {name: each.path for name, each in files.items()}
        loads = [
            ("SavedModel", "savedmodel", lambda: saved_model(paths["savedmodel"])),
            (BARE, None, lambda: bare_graph(bundle)),
            ("ONNX", "model.onnx", lambda: onnx(paths["model.onnx"])),
            ("LiteRT float32", "model.tflite", lambda: litert(paths["model.tflite"])),
            ("LiteRT int8", "model.int8.tflite", lambda: litert(paths["model.int8.tflite"])),
            ("Keras predict", "model.keras", lambda: Bundle.load(Path(folder) / "keras").predict),
            ("TF-IDF + logistic regression", None, lambda: baseline(words)),
        ]
        found = {name: measured(load, words, options.runs) for name, _, load in loads}
        rows = [row(name, sizes.get(key), *found[name]) for name, key, _ in loads]
        beside = size_of(paths["model.onnx"].with_name("vectorizer.json")) / 1e6
    above = found["SavedModel"][1][MIDDLE][0] - found[BARE][1][MIDDLE][0]
    heads = ["", "MB", "load s", *(f"{n:,} words ms" for n in (SHORT, MIDDLE, LONG)), "texts/s"]
    table = "\n".join(
        "| " + " | ".join(cells) + " |" for cells in [heads, ["---"] * len(heads), *rows]
    )
    text = (
        f"`benchmarks/serving.py`: strings to probabilities, p50 / p99 of {options.runs} calls "
        f"with one text, and texts per second in batches of {BATCH} texts of {MIDDLE} words. "
        f"The model reads {bundle.text_limit} tokens of a text and has "
        f"{bundle.model.count_params():,} parameters. ONNX and LiteRT need "
        f"`vectorizer.json` beside them, {beside:.2f} MB. Half of the calls of the SavedModel with "
        f"{MIDDLE} words take {above:+.1f} ms against those of the graph that was never saved."
        f"\n\n{table}"
    )
    print(text)
    write_section("Serving", text, options.page)


if __name__ == "__main__":
    main()

"""Where the time of one training step goes, and what makes it shorter.

    python benchmarks/step.py [--steps 64 200] [--words 20000] [--encoder lstm] [--rounds 7]

The model is the standard one with the encoder named: 64 texts a batch, words by Zipf's law. Parts
are timed as graphs of the model cut behind each of them, forward and backward, so that a part is
what it adds to those before it. All programs run in turn, the best round of each counts. The last
column holds the floating-point operations of the encoder's products, forward and backward, against
what the machine reaches in one large product in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

BATCH, WIDTH, UNITS, PEAK = 64, 64, 64, 1536
REPEATED = 12  # Steps of a round.
GATES = {"lstm": 4, "bilstm": 4, "gru": 3, "bigru": 3}


def texts(steps: int, words: int):
    """A batch of ids and labels; a few words make up most of it, as in any text."""
    random = np.random.default_rng(0)
    ids = np.minimum(random.zipf(1.3, (BATCH, steps)) + 1, words - 1)
    return ids.astype("int32"), random.integers(0, 2, (BATCH, 1)).astype("float32")


def build(steps: int, words: int, encoder: str):
    """The standard model, not compiled."""
    from attn_tuner.hypermodel import AttentionHyperModel

    hypermodel = AttentionHyperModel(words, 2, seed=1, include_top=False)
    values = {"encoder": encoder, "embedding_dim": WIDTH, "max_length": steps}
    return hypermodel.model({**values, f"encoder.{encoder}.units": UNITS})


def fitted(model, optimizer, data, **options):
    """A function that trains the model for one round of steps."""
    import tensorflow as tf

    model.compile(optimizer, "binary_crossentropy", **{"jit_compile": False, **options})
    rounds = tf.data.Dataset.from_tensors(data).repeat(REPEATED)
    return lambda: model.fit(rounds, verbose=0, shuffle=False)


def differentiated(model, output, data):
    """A function that takes the model up to `output` forward and backward, `REPEATED` times."""
    import keras
    import tensorflow as tf

    part = keras.Model(model.inputs, output)
    ids = tf.constant(data[0])

    @tf.function
    def once():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(part(ids, training=True))
        slopes = tape.gradient(loss, part.trainable_variables)
        return [each.values if isinstance(each, tf.IndexedSlices) else each for each in slopes]

    return lambda: [once() for _ in range(REPEATED)]


def best(programs: dict, rounds: int) -> dict[str, float]:
    """Milliseconds of one step for each program: all in turn, the first round left out."""
    found = dict.fromkeys(programs, np.inf)
    for number in range(rounds + 1):
        for name, program in programs.items():
            began = time.perf_counter()
            program()
            if number:
                spent = 1e3 * (time.perf_counter() - began) / REPEATED
                found[name] = min(found[name], spent)
    return found


def peak() -> float:
    """Billions of floating-point operations a second in a square product of this machine."""
    import tensorflow as tf

    square = tf.random.normal((PEAK, PEAK))
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        tf.linalg.matmul(square, square).numpy()
        seconds.append(time.perf_counter() - began)
    return 2 * PEAK**3 / min(seconds) / 1e9


def measured(steps: int, words: int, encoder: str, rounds: int, threads: int | None) -> dict:
    """All figures of one length, in this process."""
    import keras
    import tensorflow as tf

    from attn_tuner.attention import Head
    from attn_tuner.training.row_adamw import RowAdamW

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    data = texts(steps, words)
    rate = {"learning_rate": 2e-3, "clipnorm": 1.0}
    standard = lambda: build(steps, words, encoder)  # noqa: E731
    programs = {"as it is": fitted(standard(), RowAdamW(**rate), data)}
    if threads is None:
        model = standard()
        head = next(layer for layer in model.layers if isinstance(layer, Head))
        cuts = {
            "embedding": model.get_layer("embedding").output,
            "encoder": next(each for each in model.layers if each.name.startswith(encoder)).output,
            "head": head.output,
            "answer": model.output,
        }
        programs |= {name: differentiated(model, cut, data) for name, cut in cuts.items()}
        frozen = standard()
        frozen.get_layer("embedding").trainable = False
        decayed = keras.optimizers.AdamW(**rate)
        programs |= {
            "AdamW": fitted(standard(), decayed, data),
            "table frozen": fitted(frozen, RowAdamW(**rate), data),
            "4 steps an execution": fitted(
                standard(), RowAdamW(**rate), data, steps_per_execution=4
            ),
            "XLA": fitted(standard(), keras.optimizers.AdamW(**rate), data, jit_compile=True),
        }
    return {"peak": peak(), **best(programs, rounds)}


def elsewhere(arguments, steps, threads=None) -> dict:
    """`measured` in a process of its own."""
    options = [str(steps), str(arguments.words), arguments.encoder, str(arguments.rounds)]
    done = subprocess.run(
        [sys.executable, __file__, "--part", *options, str(threads or 0)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def table(arguments) -> str:
    """Every length, in Markdown."""
    from attn_tuner.training.row_adamw import RowAdamW

    columns = {steps: elsewhere(arguments, steps) for steps in arguments.steps}
    for steps, found in columns.items():
        found["one thread"] = elsewhere(arguments, steps, threads=1)["as it is"]
    names = list(columns)
    lines = [
        f"| milliseconds of a step | {' | '.join(f'{steps} tokens' for steps in names)} |",
        f"|---|{'---|' * len(names)}",
    ]

    def row(what, of):
        lines.append(f"| {what} | {' | '.join(of(columns[steps]) for steps in names)} |")

    row("the whole step", lambda found: f"{found['as it is']:.1f}")
    before = None
    for part in ("embedding", "encoder", "head", "answer"):
        row(
            f"of it: {part}",
            lambda found, part=part, before=before: _share(
                found[part] - (found[before] if before else 0), found["as it is"]
            ),
        )
        before = part
    row(
        f"of it: {RowAdamW.__name__} and the loop of `fit`",
        lambda found: _share(found["as it is"] - found["answer"], found["as it is"]),
    )
    for name in ("AdamW", "table frozen", "4 steps an execution", "XLA", "one thread"):
        row(
            f"with {name}" if name == "AdamW" else name,
            lambda found, name=name: (
                f"{found[name]:.1f} ({found[name] / found['as it is']:.2f} times)"
            ),
        )
    for steps in names:
        columns[steps]["reached"] = _operations(steps, arguments.encoder) / (
            1e6 * (columns[steps]["encoder"] - columns[steps]["embedding"])
        )
    row("products of the encoder, GFLOP/s", lambda found: f"{found['reached']:.1f}")
    row("one large product, GFLOP/s", lambda found: f"{found['peak']:.1f}")
    return "\n".join(lines)


def _share(part: float, whole: float) -> str:
    return f"{part:.1f} ({100 * part / whole:.0f} %)"


def _operations(steps: int, encoder: str) -> float:
    """Of the encoder's products, forward and twice that backward."""
    directions = 2 if encoder.startswith("bi") else 1
    return 3 * 2 * BATCH * steps * directions * GATES[encoder] * UNITS * (WIDTH + UNITS)


def main():
    if sys.argv[1:2] == ["--part"]:
        steps, words, encoder, rounds, threads = sys.argv[2:]
        found = measured(int(steps), int(words), encoder, int(rounds), int(threads) or None)
        return print(json.dumps(found))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, nargs="+", default=[64, 200])
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--encoder", default="lstm", choices=sorted(GATES))
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    from results import write_section

    text = table(arguments)
    print(text)
    title = f"One training step, {arguments.encoder}"
    write_section(title, f"`benchmarks/step.py`, {arguments.words:,} words\n\n{text}")


if __name__ == "__main__":
    main()

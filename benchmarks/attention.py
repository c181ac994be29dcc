"""What each head costs: processor time of forward and backward, and peak memory.

    python benchmarks/attention.py [--steps 128,512,2048,8192] [--layers additive,multi_head]

Every cell runs in a process of its own, on one thread, width 128, batch 16. Where a rival would
not fit, the batch is made smaller and both figures are scaled up to 16. Time is the processor's,
the least of several steps after warming up, so that other work on the machine counts little.
Memory is what a second process grew by at its peak in one step, in which freed memory goes back to
the system at once: what malloc keeps for later depends on chance.
"""

import argparse
import json
import os
import subprocess
import sys
import time

WIDTH, BATCH, RADIUS = 128, 16, 7

OURS = {
    "mean": {},
    "feedforward": {},
    "additive": {"units": 64},
    "gated": {"units": 64},
    "luong_general": {},
    "structured": {"units": 64, "hops": 8},
    "local": {},
    "local_p": {},
    "pma": {},
    "hierarchical": {},
    "linear_attention": {},
    "local_dot": {"radius": RADIUS},
    "local_additive": {"radius": RADIUS, "units": 32},
    "multi_head": {},
}
RIVALS = (
    "keras LSTM(128)",
    "keras Attention",
    "keras AdditiveAttention",
    "keras MultiHeadAttention",
    "keras MultiHeadAttention sliding_window",
    "keras-self-attention additive width 15",
    "our LSTM(128)",
    "our minGRU(128)",
)
# Batches that leave the largest tensors of the quadratic rivals within a few GB.
SMALLER = {
    "keras AdditiveAttention": {512: 4, 2048: 1},
    "keras-self-attention additive width 15": {512: 8, 2048: 2},
    "keras Attention": {8192: 1},
    "keras MultiHeadAttention": {2048: 8, 8192: 1},
    "keras MultiHeadAttention sliding_window": {2048: 8, 8192: 1},
    "multi_head": {2048: 8, 8192: 1},
}
TOO_LARGE = {
    ("keras AdditiveAttention", 8192),
    ("keras-self-attention additive width 15", 8192),
    ("multi_head", 8192),
    ("keras MultiHeadAttention", 8192),
    ("keras MultiHeadAttention sliding_window", 8192),
}


def layer_of(name):
    """A function from states (batch, steps, width) and mask to something to sum."""
    import keras

    from attn_tuner.attention import heads
    from attn_tuner.encoding import encoders

    if name in OURS:
        head = heads[name](**OURS[name])
        return head, lambda states, mask: head(states, mask=mask)
    if name.startswith("keras-self-attention"):
        os.environ["TF_KERAS"] = "0"
        from keras_self_attention import SeqSelfAttention

        layer = SeqSelfAttention(units=32, attention_width=2 * RADIUS + 1)
        return layer, lambda states, mask: layer(states)
    made = {
        "keras LSTM(128)": lambda: keras.layers.LSTM(128, return_sequences=True),
        "keras Attention": keras.layers.Attention,
        "keras AdditiveAttention": keras.layers.AdditiveAttention,
        "keras MultiHeadAttention": lambda: keras.layers.MultiHeadAttention(4, 32),
        "keras MultiHeadAttention sliding_window": lambda: keras.layers.MultiHeadAttention(
            4, 32, sliding_window=RADIUS + 1
        ),
        "our LSTM(128)": lambda: encoders["lstm"](128),
        "our minGRU(128)": lambda: encoders["mingru"](128, both_ways=False),
    }
    layer = made[name]()
    if name in ("keras Attention", "keras AdditiveAttention"):
        return layer, lambda states, mask: layer([states, states], mask=[mask, mask])
    if "MultiHead" in name:
        return layer, lambda states, mask: layer(states, states, key_mask=mask)
    return layer, lambda states, mask: layer(states, mask=mask)


def measure(name, steps, batch, what) -> float:
    """Milliseconds of processor time ("ms") or megabytes ("mb") of a training step, here."""
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    states = np.random.default_rng(0).normal(size=(batch, steps, WIDTH)).astype("float32")
    states = tf.constant(states)
    mask = tf.constant(np.tile(np.arange(steps)[None] < int(0.8 * steps), (batch, 1)))
    layer, call = layer_of(name)
    call(states[:1, :2], mask[:1, :2])  # Makes the weights.

    @tf.function
    def step(states):
        with tf.GradientTape() as tape:
            tape.watch(states)
            loss = tf.reduce_sum(tf.square(call(states, mask)))
        return tape.gradient(loss, [states, *layer.trainable_variables])

    traced = step.get_concrete_function(states)
    before = resident()
    traced(states)
    if what == "mb":
        return (peak() - before) / 2**20
    times, begun = [], time.perf_counter()
    while len(times) < 3 or (len(times) < 15 and time.perf_counter() - begun < 4):
        start = time.process_time()
        traced(states)
        times.append(time.process_time() - start)
    return 1e3 * min(times)


def resident() -> int:
    """Bytes that the process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak() -> int:
    """Bytes that the process held at most."""
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) * 1024


def cell(name, steps) -> dict | None:
    """The figures for batch 16, each from a fresh process; None where they cannot be had."""
    if (name, steps) in TOO_LARGE:
        return None
    batch = SMALLER.get(name, {}).get(steps, BATCH)
    scale = BATCH / batch
    found = {"scaled": scale}
    for what, malloc in (("ms", {}), ("mb", {"MALLOC_MMAP_THRESHOLD_": "65536"})):
        command = [sys.executable, __file__, "--cell", json.dumps([name, steps, batch, what])]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "KERAS_BACKEND": "tensorflow",
                "TF_CPP_MIN_LOG_LEVEL": "3",
                **malloc,
            },
            check=False,
        )
        if done.returncode:
            print(f"{name} at {steps}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return None
        found[what] = scale * json.loads(done.stdout.splitlines()[-1])
    return found


def table(cells, steps) -> str:
    """The figures as Markdown, ms / MB."""
    lines = [
        f"| layer | {' | '.join(f'T = {each}' for each in steps)} |",
        f"|---|{'---|' * len(steps)}",
    ]
    for name in dict.fromkeys(name for name, _ in cells):
        shown = []
        for each in steps:
            found = cells.get((name, each))
            mark = f" (x{found['scaled']:.0f})" if found and found["scaled"] > 1 else ""
            shown.append(f"{found['ms']:.1f} / {found['mb']:.0f}{mark}" if found else "-")
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def ratios(cells) -> str:
    """The comparisons that the design was made for, as far as their cells were measured."""
    rival, dense = "keras-self-attention additive width 15", "keras MultiHeadAttention"
    lstm, mingru = "keras LSTM(128)", "our minGRU(128)"
    wanted = [  # (above, its T), (below, its T), what
        (rival, 2048, "local_additive", 2048, "ms"),
        (rival, 2048, "local_additive", 2048, "mb"),
        (dense, 2048, "local_dot", 2048, "ms"),
        (dense, 2048, "local_dot", 2048, "mb"),
        ("local_additive", 2048, "local_additive", 512, "ms"),
        ("local_dot", 2048, "local_dot", 512, "ms"),
        (lstm, 512, "additive", 512, "ms"),
        (lstm, 2048, "additive", 2048, "ms"),
        (lstm, 512, mingru, 512, "ms"),
    ]
    lines = []
    for above, first, below, second, unit in wanted:
        top, bottom = cells.get((above, first)), cells.get((below, second))
        if top and bottom:
            what = {"ms": "time", "mb": "memory"}[unit]
            ratio = top[unit] / max(bottom[unit], 1e-9)
            lines.append(f"- {what}, {above} at {first} over {below} at {second}: x{ratio:.1f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", default="128,512,2048,8192")
    parser.add_argument("--layers", default=",".join([*OURS, *RIVALS]))
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cell:
        print(json.dumps(measure(*json.loads(given.cell))))
        return
    steps = [int(each) for each in given.steps.split(",")]
    cells = {}
    for name in given.layers.split(","):
        for each in steps:
            cells[name, each] = cell(name, each)
            print(name, each, cells[name, each], flush=True)
    text = (
        "`python benchmarks/attention.py`: forward and backward, processor milliseconds / peak MB, "
        f"one thread, batch {BATCH}, width {WIDTH}, 20 % padding. (xN): measured at batch "
        f"{BATCH} / N and scaled.\n\n{table(cells, steps)}\n\n{ratios(cells)}"
    )
    print(text)
    import results

    results.write_section("Attention heads", text)


if __name__ == "__main__":
    main()

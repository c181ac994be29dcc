"""Attention heads and a training step on one accelerator, under JAX or PyTorch.

    KERAS_BACKEND=jax python benchmarks/accelerator.py --part attention [--json figures.json]
    KERAS_BACKEND=torch python benchmarks/accelerator.py --part step [--steps 64 200] [--short]

Layers, models, sizes and inputs are those of `attention.py` and `step.py`; only what they do
through TensorFlow (the training step, its clock, its memory) is done by the backend. Time is
wall-clock time until the device is done: the median of a head's steps after one that warms up, the
best round of a training step. Memory is what XLA reports for a head's compiled step (JAX), or what
it allocated at most on the GPU (PyTorch; on a processor it is not measured). JAX compiles,
PyTorch does not. The tables go to standard output, progress to standard error; RESULTS.md stays.
"""

import argparse
import json

from accelerator_steps import (
    BACKEND,
    NAMES,
    SQUARE,
    device,
    heads_on_jax,
    heads_on_torch,
    one_step,
    say,
)
from results import surroundings

DEFAULTS = {
    "attention": {"steps": [128, 512, 2048, 8192], "repeats": 30, "seconds": 0.6},
    "step": {"steps": [64, 200], "repeats": 5, "seconds": 8.0},
}
ENCODER = "lstm"


def heads_table(found, lengths):
    lines = [
        f"| layer | {' | '.join(f'T = {each}' for each in lengths)} |",
        f"|---|{'---|' * len(lengths)}",
    ]
    for name in [each for each in NAMES if any((each, steps) in found for steps in lengths)]:
        shown = [in_words(found.get((name, steps))) for steps in lengths]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    return "\n".join(lines)


def in_words(cell):
    if cell is None:
        return "-"
    digits = 2 if cell["ms"] < 10 else 1 if cell["ms"] < 100 else 0
    ms = f"{cell['ms']:,.{digits}f}"
    mb = "-" if cell["mb"] is None else f"{cell['mb']:,.0f}"
    return f"{ms} / {mb}" + (f" (x{cell['scaled']:.0f})" if cell["scaled"] > 1 else "")


def steps_table(columns, encoder):
    rows = {
        "as it is": (f"the whole step, {encoder}", ".1f"),
        "bigru": ("the whole step, bigru", ".1f"),
        "mingru": ("the whole step, mingru", ".1f"),
        "none": ("the whole step, no encoder", ".1f"),
        "embedding": (f"{encoder}: forward and backward as far as the embedding", ".2f"),
        "encoder": ("as far as the encoder", ".1f"),
        "head": ("as far as the head", ".1f"),
        "answer": ("as far as the answer", ".1f"),
        "AdamW": ("the whole step with AdamW", ".1f"),
        "table frozen": ("the whole step, table frozen", ".1f"),
        "4 steps an execution": ("the whole step, 4 steps an execution", ".1f"),
        "rounds": ("rounds measured", "d"),
        "reached": ("products of the encoder, GFLOP/s", ",.0f"),
        "product": (f"one product of {SQUARE} x {SQUARE}, GFLOP/s", ",.0f"),
    }
    lines = [
        f"| milliseconds of a step | {' | '.join(f'{steps} tokens' for steps in columns)} |",
        f"|---|{'---|' * len(columns)}",
    ]
    for key, (label, digits) in rows.items():
        shown = [format(each[key], digits) if key in each else "-" for each in columns.values()]
        if set(shown) != {"-"}:
            lines.append(f"| {label} | {' | '.join(shown)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", required=True, choices=sorted(DEFAULTS))
    parser.add_argument("--steps", type=int, nargs="+", help="lengths of a text, in tokens")
    parser.add_argument("--layers", nargs="+", default=NAMES, choices=NAMES, metavar="LAYER")
    parser.add_argument("--repeats", type=int, help="steps of a head, or rounds, at most")
    parser.add_argument("--seconds", type=float, help="for a head, or for the rounds of a length")
    parser.add_argument("--short", action="store_true", help="only whole training steps")
    parser.add_argument("--json", help="a file for all figures")
    given = parser.parse_args()
    if BACKEND not in ("jax", "torch"):
        parser.error(f"Keras computes by {BACKEND} here. Try: KERAS_BACKEND=jax or torch")
    for option, default in DEFAULTS[given.part].items():
        if getattr(given, option) is None:
            setattr(given, option, default)
    if given.part == "attention":
        measure = heads_on_jax if BACKEND == "jax" else heads_on_torch
        cells = measure(given.layers, given.steps, most=given.repeats, seconds=given.seconds)
        text = heads_table(cells, given.steps)
        figures = [[*key, cell] for key, cell in cells.items()]
    else:
        figures = {}
        for steps in given.steps:
            figures[steps] = one_step(steps, ENCODER, given.repeats, given.seconds, given.short)
            say(steps, figures[steps])
        text = steps_table(figures, ENCODER)
    print(f"{device()}\n\n{text}\n\n{surroundings()}")
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump(figures, file)


if __name__ == "__main__":
    main()

"""Draws where each head looks, for docs/attention.md: one SVG per head in docs/figures/.

    python docs/draw_heads.py [NAME ...]

Every head is trained on the same sequences of numbers, in which a bump of five steps decides the
class, and then shows its weights on the same test sequence. The bar under the weights marks the
bump; the pale end is padding.
"""

import sys
from pathlib import Path

import keras
import numpy as np

from attn_tuner.attention import PoolingHead, attention_model, heads
from attn_tuner.attention.normalizers import normalizers

FOLDER = Path(__file__).with_name("figures")
STEPS, TEXT, FEATURES = 36, 30, 8
SMALL = {
    "local_m": {"radius": 6, "place": 0.5},
    "local_p": {"radius": 6},
    "local_dot": {"radius": 2},
    "local_additive": {"radius": 2},
    "hierarchical": {"sentence": 6},
    "structured": {"hops": 2, "penalty": 0.5},
    "pma": {"num_heads": 2},
    "multi_head": {"num_heads": 2, "pool": "additive"},
    "grouped_query": {"num_heads": 4, "groups": 2, "pool": "additive"},
    "linear_attention": {"num_heads": 2, "pool": "additive"},
}


def bumps(number, seed):
    """Sequences (number, STEPS, FEATURES), classes, and where the bump of each stands."""
    draw = np.random.default_rng(seed)
    sequences = draw.normal(size=(number, STEPS, FEATURES)).astype("float32")
    classes, places = draw.integers(2, size=number), draw.integers(3, TEXT - 3, size=number)
    for sequence, label, place in zip(sequences, classes, places, strict=True):
        sequence[place - 2 : place + 3, :2] += (3.0, 4.0 if label else -4.0)
    return sequences, classes, places


def weights_of(head) -> tuple[np.ndarray, int]:
    """The trained head's weights (hops, steps) on one sequence, and the place of its bump."""
    keras.utils.set_random_seed(0)
    inputs, mask = keras.Input((STEPS, FEATURES)), keras.Input((STEPS,), dtype="bool")
    context = head(keras.layers.Dense(16)(inputs), mask=mask)
    model = keras.Model([inputs, mask], keras.layers.Dense(1, activation="sigmoid")(context))
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy")
    sequences, classes, places = bumps(800, seed=0)
    present = np.tile(np.arange(STEPS) < TEXT, (len(classes), 1))
    model.fit([sequences, present], classes, batch_size=64, epochs=8, verbose=0)
    weights = attention_model(model)([sequences[:1], present[:1]])[head.name]
    return keras.ops.convert_to_numpy(weights)[0], int(places[0])


def draw(weights: np.ndarray, place: int) -> str:
    """Bars of the weights, one row per hop, as SVG."""
    wide, high = 10, 44
    rows = []
    for hop, row in enumerate(weights):
        base = (hop + 1) * (high + 8)
        for step, weight in enumerate(row):
            tall = high * weight / row.max()
            colour = "#3b6ea5" if step < TEXT else "#dddddd"
            rows.append(
                f'<rect x="{step * wide}" y="{base - tall:.1f}" width="{wide - 2}" '
                f'height="{tall:.1f}" fill="{colour}"/>'
            )
        rows.append(f'<line x1="0" x2="{TEXT * wide}" y1="{base}" y2="{base}" stroke="#888"/>')
    bottom = len(weights) * (high + 8) + 3
    mark = f'<rect x="{(place - 2) * wide}" y="{bottom}" width="{5 * wide - 2}" height="4"'
    rows.append(f'{mark} fill="#d9822b"/>')
    size = f'width="{STEPS * wide}" height="{bottom + 8}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(rows) + "\n</svg>\n"


def main(wanted=()):
    FOLDER.mkdir(exist_ok=True)
    made = {name: heads[name](name=name, **SMALL.get(name, {})) for name in heads}
    del made["pooling"]  # The product itself: its points are drawn.
    for name in normalizers:
        made[f"normalizer_{name}"] = PoolingHead(normalizer=name, name=name)
    for name in wanted or made:
        head = made[name]
        (FOLDER / f"{name}.svg").write_text(draw(*weights_of(head)), encoding="utf-8")
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

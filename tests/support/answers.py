"""The answers of heads, encoders and decoder attentions on this backend, and an export from it.

Weights and inputs are drawn by NumPy and so are the same on every backend.

Usage: python tests/support/answers.py FOLDER FORMATS     writes answers.npz and best, and what the
proofs of the export found as export.json
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from attn_tuner.attention import heads
from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.encoding import encoders
from attn_tuner.sequence import SequenceModel
from attn_tuner.testing import example, make, run
from attn_tuner.testing.decoding import asked


def answers() -> dict[str, np.ndarray]:
    """What each part gives for the example, by its name."""
    states, mask = example()
    found = {}
    for name in heads:
        context, weights = run(make(heads[name]), states, mask, return_attention_scores=True)
        found[f"{name} context"], found[f"{name} weights"] = context, weights
    for name in decoder_attentions:
        layer = asked(decoder_attentions[name])
        contexts, alignments = run(layer, states, mask, both=True)
        found[f"{name} contexts"], found[f"{name} alignments"] = contexts, alignments
    for name in encoders:
        found[f"{name} states"] = run(make(encoders[name]), states, mask)
    return {**found, "a model that copies": copying()}


def copying() -> np.ndarray:
    """The log probabilities of a model that copies and reads its coverage."""
    attention = decoder_attentions["additive"](units=4, coverage=True)
    model = SequenceModel(8, 8, 6, "gru", attention, units=5, copy=True)
    draw = np.random.default_rng(0)
    model.set_weights([draw.normal(scale=0.5, size=each.shape) for each in model.get_weights()])
    given = {
        "source": np.array([[2, 5, 6, 5, 3], [2, 7, 3, 0, 0]]),
        "copied": np.array(
            [[2, 9, 6, 9, 3], [2, 4, 3, 0, 0]]
        ),  # 9 is the first step of a new word.
        "target": np.array([[2, 4, 5], [2, 6, 0]]),
    }
    return keras.ops.convert_to_numpy(model(given))


def export(folder: Path, formats: list[str]) -> dict:
    """Exports a small classifier; the backend, and how far each artefact is from the model."""
    from attn_tuner.exporting import Bundle, export_bundle
    from attn_tuner.text.vectorizer import Vectorizer
    from tests.support.small_models import TEXTS, WORDS, classifier

    bundle = Bundle(Vectorizer(["", "[UNK]", *WORDS]), classifier(), ["no", "yes"], max_length=40)
    done = export_bundle(bundle, folder / "best", formats, TEXTS)
    differences = [each.proof.difference for each in done]
    return {"backend": keras.backend.backend(), "differences": differences}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    place = Path(sys.argv[1])
    np.savez(place / "answers.npz", **answers())
    facts = export(place, sys.argv[2].split(","))
    (place / "export.json").write_text(json.dumps(facts), encoding="utf-8")

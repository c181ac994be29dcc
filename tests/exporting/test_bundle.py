import json

import numpy as np
import pytest

from attn_tuner.errors import RunError
from attn_tuner.exporting import Bundle
from attn_tuner.exporting.bundle import pad_ids
from tests.support.small_models import TEXTS, WORDS
from tests.support.warm_process import run_warm


def test_it_reads_predicts_and_names(bundle):
    probabilities = bundle.predict(TEXTS)
    assert probabilities.shape == (len(TEXTS), 2)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-6)
    assert bundle.task == "binary"
    assert bundle.predict([]).shape == (0, 2)


def test_the_order_of_the_texts_does_not_matter(bundle):
    texts = [" ".join(WORDS[: 1 + number % 18]) for number in range(150)]
    backwards = bundle.predict(texts[::-1])[::-1]
    np.testing.assert_allclose(bundle.predict(texts), backwards, atol=1e-6)


def test_long_texts_are_cut_and_rare_words_unknown(bundle):
    short = bundle.with_model(bundle.model, max_length=4, truncation="ends", vocabulary_size=6)
    assert short.ids(["the a film was is very"]) == [[2, 3, 1, 1]]
    assert short.used_vocabulary == ["", "[UNK]", "the", "a", "film", "was"]


@pytest.mark.parametrize("length", [1, 16, 17, 24, 25, 300])
def test_batches_are_padded_to_few_lengths(length):
    steps = pad_ids([[5] * length]).shape[1]
    assert length <= steps <= max(16, 1.5 * length)
    assert pad_ids([[5]], steps=7).tolist() == [[5, 0, 0, 0, 0, 0, 0]]
    assert len({pad_ids([[5] * each]).shape[1] for each in range(1, 301)}) == 10


def test_another_process_loads_it_without_pickle(bundle, tmp_path):
    bundle.save(tmp_path / "model")
    names = {each.name for each in (tmp_path / "model").iterdir()}
    assert names == {"model.keras", "bundle.json"}
    program = (
        "import json\n"
        "from attn_tuner.exporting import Bundle\n"
        f"print(json.dumps(Bundle.load('model').predict({TEXTS!a}).tolist()))"
    )
    (tmp_path / "loads.py").write_text(program)
    loaded = json.loads(run_warm(tmp_path / "loads.py").output.strip().splitlines()[-1])
    np.testing.assert_allclose(loaded, bundle.predict(TEXTS), atol=1e-6)


def test_a_damaged_bundle_is_named(bundle, tmp_path):
    bundle.save(tmp_path)
    (tmp_path / "model.keras").write_bytes(b"half")
    with pytest.raises(RunError, match=r"model\.keras does not hold what it should"):
        Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text("{")
    with pytest.raises(RunError, match="not whole JSON"):
        Bundle.load(tmp_path)

"""A SavedModel in a session of TensorFlow's C library."""

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.errors import DamagedFile
from attn_tuner.exporting.savedmodel_session import SavedModelSession

TEXTS = ["", "a red box", "nul \0 inside", "größe 🙂", "long " * 5_000]


@pytest.fixture
def saved(tmp_path):
    """Saves a function of strings with one output and returns the folder."""

    def save(**outputs):
        module = tf.Module()
        serve = tf.function(
            lambda text: {name: compute(text) for name, compute in outputs.items()},
            [tf.TensorSpec((None,), tf.string, name="text")],
        )
        tf.saved_model.save(module, str(tmp_path), {"serving_default": serve})
        return tmp_path

    return save


def test_a_session_answers_as_tensorflow_does(finished_folder):
    folder = finished_folder / "best"
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    texts = [text.encode() for text in TEXTS]
    found = SavedModelSession(folder)(texts, "probabilities")
    expected = serve(text=tf.constant(texts))["probabilities"].numpy()
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_strings_arrive_whole_and_numbers_come_back(saved):
    lengths = saved(value=lambda text: tf.cast(tf.strings.length(text), tf.float32))
    session = SavedModelSession(lengths)
    texts = [text.encode() for text in TEXTS]
    for _ in range(3):
        assert session(texts, "value").tolist() == [len(text) for text in texts]


def test_a_model_that_fails_on_a_text_is_named_with_the_reason(saved):
    session = SavedModelSession(saved(value=tf.strings.to_number))
    assert session([b"2.5"], "value").tolist() == [2.5]
    with pytest.raises(DamagedFile, match=r"cannot be run .*StringToNumber.* Export the model"):
        session([b"two"], "value")


def test_a_folder_without_a_model_cannot_be_loaded(tmp_path):
    with pytest.raises(OSError, match="Could not find SavedModel"):
        SavedModelSession(tmp_path)

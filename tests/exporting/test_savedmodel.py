import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from attn_tuner.attention import attention_model
from attn_tuner.errors import ExportError
from attn_tuner.exporting import export_bundle
from attn_tuner.exporting.bundle import pad_ids
from tests.support.small_models import TEXTS


@pytest.fixture(scope="module")
def loaded(saved):
    return tf.saved_model.load(str(saved.path))


def serve(loaded, texts):
    return loaded.signatures["serving_default"](text=tf.constant(texts, tf.string, [len(texts)]))


def test_it_gives_the_probabilities_and_labels_of_the_model(loaded, bundle):
    answer = serve(loaded, TEXTS)
    expected = bundle.predict(TEXTS)
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)
    named = [bundle.classes[best].encode() for best in expected.argmax(axis=-1)]
    assert answer["label"].numpy().tolist() == named
    assert len(set(np.round(expected[:, 1], 6))) > 4  # The texts are told apart.


def test_the_proof_is_reported(saved):
    assert saved.proof.difference <= saved.proof.tolerance == 1e-5
    assert saved.proof.texts == len(TEXTS)


@pytest.mark.parametrize("count", [0, 1, 70])
def test_a_batch_may_have_any_size(loaded, count):
    answer = serve(loaded, ["a good film"] * count)
    assert answer["probabilities"].shape == (count, 2)
    assert answer["label"].shape == (count,)


@pytest.mark.parametrize(
    "text",
    [
        b"\xff\xfe broken",
        b"caf\xe9",
        b"\xed\xa0\x80",
        b"\x00",
        b"a" * 1_000_000,
        b"film " * 200_000,
    ],
    ids=["no UTF-8", "Latin-1", "surrogate", "zero byte", "one long word", "1 MB of words"],
)
def test_any_bytes_get_an_answer(loaded, text):
    probabilities = serve(loaded, [text, b"a good film"])["probabilities"].numpy()
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-5)


def test_a_text_gets_the_same_answer_in_any_company(loaded):
    alone = serve(loaded, ["not good"])["probabilities"][0]
    beside = serve(loaded, ["not good", " ".join(["film"] * 39)])["probabilities"][0]
    np.testing.assert_allclose(alone, beside, atol=1e-6)


def test_explain_gives_tokens_their_places_and_weights(loaded, bundle):
    texts = ["The film was great", "bad"]
    answer = loaded.signatures["explain"](text=tf.constant(texts))
    tokens = answer["tokens"].numpy()
    assert [token.decode() for token in tokens[0]] == ["the", "film", "was", "great"]
    assert [token.decode() for token in tokens[1]] == ["bad", "", "", ""]
    spans = list(zip(answer["start"][0].numpy(), answer["end"][0].numpy(), strict=True))
    assert [texts[0][start:end] for start, end in spans] == ["The", "film", "was", "great"]
    weights = answer["weights"].numpy()
    assert weights.shape == (2, 1, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    ids = pad_ids(bundle.ids(texts), 4)
    (expected,) = attention_model(bundle.model)([ids]).values()
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    np.testing.assert_allclose(answer["probabilities"], bundle.predict(texts), atol=1e-5)


def test_explain_takes_an_empty_batch(loaded):
    answer = loaded.signatures["explain"](text=tf.constant([], tf.string))
    assert answer["weights"].shape[0] == answer["tokens"].shape[0] == 0


def test_who_tokenises_himself_sends_ids(loaded, bundle):
    ids = pad_ids(bundle.ids(TEXTS))
    answer = loaded.signatures["ids"](ids=tf.constant(ids))
    np.testing.assert_allclose(answer["probabilities"], bundle.predict(TEXTS), atol=1e-5)
    assert answer["weights"].shape == (len(TEXTS), 1, ids.shape[1])


def test_class_names_are_inside(loaded, saved, bundle):
    names = loaded.signatures["classes"]()["classes"].numpy()
    assert tuple(name.decode() for name in names) == bundle.classes
    listed = (saved.path / "assets.extra" / "classes.txt").read_text(encoding="utf-8")
    assert tuple(listed.split()) == bundle.classes


def test_it_holds_no_python_function_and_no_foreign_operator(saved):
    graph = saved_model_pb2.SavedModel.FromString((saved.path / "saved_model.pb").read_bytes())
    meta = graph.meta_graphs[0]
    used = {node.op for node in meta.graph_def.node}
    for function in meta.graph_def.library.function:
        used |= {node.op for node in function.node_def}
    own = {function.signature.name for function in meta.graph_def.library.function}
    known = {name for name in dir(tf.raw_ops) if not name.startswith("_")}
    assert not [name for name in used - own if "Py" in name]
    assert used - own - known == set()


def test_tensorflow_serving_can_answer_over_rest(loaded, bundle):
    """TensorFlow Serving's rules for {"instances": [...]}: a row per instance, JSON throughout."""
    request = json.loads('{"instances": ["a good film", {"text": "an awful one"}]}')
    rows = [each if isinstance(each, str) else each["text"] for each in request["instances"]]
    (name,) = loaded.signatures["serving_default"].structured_input_signature[1]
    answer = loaded.signatures["serving_default"](**{name: tf.constant(rows)})
    columns = {key: value.numpy().tolist() for key, value in answer.items()}
    assert {len(column) for column in columns.values()} == {len(rows)}
    predictions = [
        {"label": label.decode(), "probabilities": probabilities}
        for label, probabilities in zip(columns["label"], columns["probabilities"], strict=True)
    ]
    body = json.loads(json.dumps({"predictions": predictions}))
    expected = bundle.predict(rows)
    given = [row["probabilities"] for row in body["predictions"]]
    np.testing.assert_allclose(given, expected, atol=1e-5)


def test_tensorflows_own_command_runs_it(saved, bundle):
    command = [
        *(Path(sys.executable).parent / "saved_model_cli", "run", "--dir", saved.path),
        *("--tag_set", "serve", "--signature_def", "serving_default"),
        *("--input_exprs", 'text=[b"a good film", b"\\xff bad", b""]'),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Result for output key label" in done.stdout, done.stderr[-800:]
    best = bundle.predict(["a good film", "\ufffd bad", ""]).argmax(axis=-1)
    named = re.findall(r"b'(\w+)'", done.stdout)
    assert named == [bundle.classes[each] for each in best]


def test_a_disk_that_is_full_is_a_sentence_and_leaves_nothing(bundle, tmp_path, monkeypatch):
    def full(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "variables; No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ExportError, match=r"written .*No space left on device\. Make room"):
        export_bundle(bundle, tmp_path / "best", texts=["good"])
    assert not list(tmp_path.iterdir())

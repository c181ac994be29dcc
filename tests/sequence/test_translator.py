"""Strings in, strings out: in this process, and from a SavedModel with TensorFlow alone."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.errors import DataError, ExportError
from attn_tuner.sequence import ExactMatch, PairVocabularies, SequenceHyperModel, Translator
from attn_tuner.sequence.decoding import beam_search
from tests.support.small_pairs import SOURCES, TARGETS

LONG = "3 May 2021 " * 1_000_000  # 11 MB.
PROGRAM = """
import json, sys
import tensorflow as tf
texts = json.load(open(sys.argv[2], encoding="utf-8"))
model = tf.saved_model.load(sys.argv[1])
found = {}
for name in ("serving_default", "hypotheses", "explain"):
    given = model.signatures[name](text=tf.constant(texts, tf.string))
    found[name] = {key: value.numpy() for key, value in given.items()}
state = dict(model.signatures["read"](text=tf.constant(texts, tf.string)))
pieces, steps = tf.fill([len(texts)], ""), 0
while tf.reduce_any((state["token"] != 3) & (state["token"] != 0)) and steps < int(sys.argv[3]):
    step = model.signatures["step"](**state)
    pieces, steps = pieces + step["piece"], steps + 1
    state = {name: step.get("next_" + name, each) for name, each in state.items()}
assert "attn_tuner" not in sys.modules
text = lambda values: [each.decode() for each in values.reshape(-1)]
json.dump({
    "text": text(found["serving_default"]["text"]),
    "score": found["serving_default"]["score"].tolist(),
    "texts": text(found["hypotheses"]["texts"]),
    "alignment": found["explain"]["alignment"].tolist(),
    "step by step": text(pieces.numpy()),
}, sys.stdout)
"""


@pytest.mark.parametrize("attention", ["additive", "dot", "local_m", "monotonic", "none"])
def test_a_beam_of_one_writes_what_greedy_decoding_writes(attention, model_of, vocabularies):
    model = model_of(attention, input_feeding=True)
    ids = tf.constant(vocabularies.source.padded(SOURCES))
    prepared = model.read(ids)
    one = beam_search(model.step, prepared, model.begin(prepared), 8, width=1)
    greedy = Translator(model, vocabularies, max_length=8).decode(ids)
    np.testing.assert_array_equal(one.ids, greedy.ids)
    np.testing.assert_allclose(one.scores, greedy.scores, atol=1e-5)


@pytest.fixture(scope="module")
def saved(model_of, vocabularies, tmp_path_factory):
    """A translator, and the folder of its SavedModel; to trace its signatures takes seconds."""
    translator = Translator(model_of(), vocabularies, width=3, length_penalty=0.6)
    return translator, translator.save(tmp_path_factory.mktemp("translator") / "saved")


def test_a_saved_model_writes_the_same_in_a_process_with_tensorflow_alone(saved, tmp_path):
    translator, folder = saved
    texts = [*SOURCES, LONG, "unseen: ÄÖÜ", " ", *(f"{day} May" for day in range(1, 56))]
    assert len(texts) == 64
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(folder), str(tmp_path / "texts.json")]
    command.append(str(translator.limit))
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["text"] == translator(texts) == found["texts"][::3]
    assert found["step by step"] == translator.greedy(texts)[0]
    wanted = translator.explain(tf.constant(texts))
    np.testing.assert_allclose(found["score"], wanted["score"], atol=1e-5)
    np.testing.assert_allclose(found["alignment"], wanted["alignment"], atol=1e-5)


@pytest.mark.parametrize("split", ["word", "subword"])
def test_the_pieces_of_the_steps_are_the_text(split):
    pair = PairVocabularies.build(["low lower", "newest !"], ["low lower", "newest !"], split=split)
    graph = pair.target.graph()
    ids = tf.constant(pair.target.padded(["lower low newest!", ""]))
    pieces = [
        graph.pieces(ids[:, place], ids[:, place - 1]).numpy() for place in range(1, ids.shape[1])
    ]
    assert [b"".join(each) for each in zip(*pieces, strict=True)] == graph.texts(
        ids
    ).numpy().tolist()


def test_an_explanation_has_a_row_of_alignment_for_each_token_written(model_of, vocabularies):
    found = Translator(model_of(), vocabularies, width=2).explain(tf.constant(SOURCES))
    written = found["target_tokens"].numpy() != b""
    read = found["source_tokens"].numpy() != b""
    alignment = found["alignment"].numpy()
    assert alignment.shape == (len(SOURCES), written.shape[1], read.shape[1])
    np.testing.assert_allclose(alignment.sum(axis=2), written, atol=1e-5)
    assert (alignment[~np.broadcast_to(read[:, None], alignment.shape)] == 0).all()
    assert found["source_tokens"].numpy()[0, :4].tolist() == [b"[START]", b"3", b" ", b"M"]


def test_no_text_is_translated_to_none(saved):
    assert saved[0]([]) == []


def test_a_string_alone_is_one_text_and_what_is_none_is_refused(model_of, vocabularies):
    translator = Translator(model_of("dot"), vocabularies)
    assert translator("a b") == translator(["a b"])
    with pytest.raises(DataError, match=r"Text 2 is None\. It should be a string"):
        translator.greedy(["a b", None])


def test_a_saved_model_holds_the_weights_once(saved, model_of):
    variables = tf.train.list_variables(str(saved[1] / "variables" / "variables"))
    held = sum(int(np.prod(shape)) for _, shape in variables)
    weights = model_of().count_params()
    assert weights <= held < weights + 200


def test_training_on_does_not_change_a_translator(model_of, vocabularies):
    model = model_of()
    translator = Translator(model, vocabularies)
    before = translator(SOURCES)
    model.set_weights([-each for each in model.get_weights()])
    assert translator(SOURCES) == before
    assert Translator(model, vocabularies)(SOURCES) != before


def test_a_model_in_half_precision_is_translated_in_float32(model_of, vocabularies):
    half = model_of(dtype="mixed_float16")
    whole = model_of()
    whole.set_weights(half.get_weights())
    assert Translator(half, vocabularies)(SOURCES) == Translator(whole, vocabularies)(SOURCES)


@pytest.fixture(scope="module")
def trained():
    """A model that has learnt to turn a word of three letters around, nearly always."""
    draw = np.random.default_rng(0)
    sources = ["".join(draw.choice(list("abcd"), 3)) for _ in range(256)]
    targets = [text[::-1] for text in sources]
    pair = PairVocabularies.build(sources, targets)
    hypermodel = SequenceHyperModel(len(pair.source), len(pair.target), seed=0)
    model = hypermodel.model({"decoder_units": 32, "encoder": "gru", "encoder.gru.units": 32})
    x, y = pair.arrays(sources, targets)
    model.optimizer.learning_rate = 0.02
    model.fit(x, y, batch_size=64, epochs=12, verbose=0)
    return model, pair, sources, targets


def test_a_model_learns_to_turn_words_around(trained):
    model, pair, sources, targets = trained
    written = Translator(model, pair)(sources)
    assert np.mean([one == other for one, other in zip(written, targets, strict=True)]) > 0.8


def test_exact_match_in_training_is_that_of_greedy_decoding(trained):
    model, pair, sources, targets = trained
    x, y = pair.arrays(sources, targets)
    metric = ExactMatch()
    metric.update_state(y, model(x))
    written = Translator(model, pair)(sources)
    right = np.mean([one == other for one, other in zip(written, targets, strict=True)])
    assert float(metric.result()) == pytest.approx(right, abs=0.02)  # "[UNK]" may be written.


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"width": 0}, "width is 0 and max_length 9"),
        ({"width": 99}, "the width at most"),
        ({"max_length": 0}, "max_length 0"),
    ],
)
def test_numbers_out_of_range_are_refused(given, said, model_of, vocabularies):
    with pytest.raises(ExportError, match=said):
        Translator(model_of(), vocabularies, **given)


def test_other_vocabularies_are_refused(model_of):
    with pytest.raises(ExportError, match="Give the vocabularies of its training"):
        Translator(model_of(), PairVocabularies.build(["a"], TARGETS))

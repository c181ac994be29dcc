"""Copying: tokens that only the source has, in training, in Python, in the graph and in a beam."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from attn_tuner.errors import DataError
from attn_tuner.sequence import PairVocabularies, SequenceModel, Translator
from attn_tuner.sequence.copied_ids import CopiedIds
from attn_tuner.sequence.decoding import beam_search
from attn_tuner.sequence.marks import END, START
from attn_tuner.sequence.pointer import PointerGenerator, placed
from attn_tuner.sequence.vocabulary import padded
from attn_tuner.sequence_search.greedy_decoder import GreedyDecoder
from attn_tuner.sequence_search.onnx_export import export_onnx

SOURCES = ["send it to Nora", "send it to Paul", "Nora and Nora", "", "Ÿpsilon !"]
TARGETS = ["to nora", "to paul", "nora nora", "to", "to"]
NEW = ["send it to Xaver", "Quentin Xaver Quentin", *SOURCES]


@pytest.fixture(scope="module")
def pair():
    """Vocabularies of words; those of the target hold "to" and "nora" only."""
    own = PairVocabularies.build(SOURCES, TARGETS, split="word", size=6)
    assert own.target.vocabulary[4:] == ["to", "nora"]
    return PairVocabularies(
        PairVocabularies.build(SOURCES, SOURCES, split="word").source, own.target
    )


def test_the_mixture_is_equation_9_of_see():
    pointer = PointerGenerator()
    pointer.build(2)
    pointer.gate.set_weights([np.array([[0.5], [-1.0]]), np.array([0.25])])
    logits = np.log(np.array([[[0.0625, 0.0625, 0.25, 0.625]]], "float32"))
    read, alignment = (
        np.array([[[1.0, 2.0]]], "float32"),
        np.array([[[0.5, 0.25, 0.25]]], "float32"),
    )
    # Steps 0 and 2 are one word that the target lacks, step 1 is its token 3.
    copied = np.array([[4, 3, 4]])
    found = np.exp(ops.convert_to_numpy(pointer(logits, read, alignment, copied)))[0, 0]
    p = 1 / (1 + np.exp(-(0.5 - 2.0 + 0.25)))
    words = p * np.array([0.0625, 0.0625, 0.25, 0.625, 0, 0, 0])
    wanted = words + (1 - p) * np.array([0, 0, 0, 0.25, 0.75, 0, 0])
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_what_is_copied_is_summed_by_token(rng):
    weights = rng.random((3, 4, 5)).astype("float32")
    copied = np.array([[9, 1, 9, 0, 1], [6, 7, 8, 9, 10], [0, 0, 0, 0, 0]])
    wanted = np.zeros((3, 4, 11))
    for row, each in enumerate(copied):
        for step, token in enumerate(each):
            wanted[row, :, token] += weights[row, :, step]
    np.testing.assert_allclose(ops.convert_to_numpy(placed(weights, copied, 6)), wanted, atol=1e-6)


def test_a_word_that_only_the_source_has_gets_the_id_of_its_first_step(pair):
    size = len(pair.target)
    assert pair.copied(["xaver to xaver nora"]) == [[START, size + 1, 4, size + 1, 5, END]]
    assert pair.written(["to xaver"], ["xaver quentin"]) == [[START, size + 2, 1, END]]
    x, y = pair.arrays(["to xaver"], ["xaver nora"])
    assert x["target"].tolist() == [[START, 1, 5]]  # The decoder reads it as unknown.
    assert y.tolist() == [[size + 2, 5, END]]
    assert pair.texts(y, ["to xaver"]) == ["xaver nora"]


@pytest.mark.parametrize("split", ["word", "character", "subword"])
def test_graph_and_python_copy_the_same_ids(split):
    own = PairVocabularies.build(SOURCES[:2], TARGETS[:1], split=split)
    ids, tokens = own.source.graph().read(tf.constant(NEW))
    assert ids.numpy().tolist() == own.source.padded(NEW).tolist()
    read = [[each.decode() for each in row if each] for row in tokens.numpy()]
    assert read == [own.source.read(text) for text in NEW]
    copied = CopiedIds(own.target)(tokens).numpy()
    assert copied.tolist() == padded(own.copied(NEW)).tolist()
    assert (copied >= len(own.target)).any() == (
        split != "subword" or copied.max() >= len(own.target)
    )
    written = own.target.graph().texts(copied, tokens).numpy()
    assert [each.decode() for each in written] == own.texts(copied, NEW)


@pytest.fixture(scope="module")
def trained():
    """A model that has learnt to write the last word of a text; most words are seen once."""
    draw = np.random.default_rng(0)

    def words(count):
        return ["".join(draw.choice(list("bcdfgklm"), 6)) for _ in range(count)]

    def pairs(count):
        made = [
            (f"{one} is for {other}", other)
            for one, other in zip(words(count), words(count), strict=True)
        ]
        return [source for source, _ in made], [target for _, target in made]

    sources, targets = pairs(256)
    vocabularies = PairVocabularies(
        PairVocabularies.build(sources, targets, split="word", size=20).source,
        PairVocabularies.build(sources, targets, split="word", size=6).target,
    )
    keras.utils.set_random_seed(1)
    sizes = (len(vocabularies.source), len(vocabularies.target))
    model = SequenceModel(*sizes, embedding_dim=8, units=16, encoder="gru", copy=True)
    model.compile(keras.optimizers.Adam(0.02), _loss())
    model.fit(*vocabularies.arrays(sources, targets), batch_size=32, epochs=6, verbose=0)
    return model, vocabularies, pairs(32)


def _loss():
    from attn_tuner.sequence import TokenCrossentropy

    return TokenCrossentropy()


def test_a_trained_model_copies_words_that_it_has_never_seen(trained):
    model, vocabularies, (sources, targets) = trained
    translator = Translator(model, vocabularies)
    written = translator(sources)
    assert np.mean([one == other for one, other in zip(written, targets, strict=True)]) > 0.9
    assert GreedyDecoder(model, vocabularies)(sources) == written
    found = translator.explained(sources[:1])
    tokens = [each.decode() for each in found["target_tokens"][0]]
    assert tokens[:2] == [targets[0], "[END]"]
    place = found["source_tokens"][0].tolist().index(targets[0].encode())
    assert found["alignment"][0, 0].argmax() == place


def test_a_beam_copies_as_greedy_decoding_does(trained):
    model, vocabularies, (sources, _) = trained
    ids, copied = vocabularies.source.padded(sources), padded(vocabularies.copied(sources))
    prepared = model.read(tf.constant(ids), tf.constant(copied))
    one = beam_search(model.step, prepared, model.begin(prepared), 3, width=1)
    translator = Translator(model, vocabularies, width=3, max_length=3)
    greedy = translator.decode(tf.constant(ids), tf.constant(copied), width=1)
    np.testing.assert_array_equal(one.ids, greedy.ids)
    best = translator.hypotheses(tf.constant(sources))["texts"].numpy()[:, 0]
    assert [each.decode() for each in best] == translator(sources)


def test_a_saved_model_and_onnx_copy_as_the_model_does(trained, tmp_path):
    model, vocabularies, (sources, _) = trained
    translator = Translator(model, vocabularies)
    wanted = translator.greedy([*sources, ""])[0]
    served = tf.saved_model.load(str(translator.save(tmp_path / "saved"))).signatures
    state, text = dict(served["read"](text=tf.constant([*sources, ""]))), ""
    for _ in range(translator.limit):
        found = served["step"](**state)
        text += found["piece"]
        state = {name: found.get(f"next_{name}", each) for name, each in state.items()}
    assert [each.decode() for each in text.numpy()] == wanted
    pytest.importorskip("tf2onnx")
    export_onnx(translator, tmp_path / "onnx", sources, {})  # Compares both.


def test_a_model_that_copies_needs_the_ids_to_copy(pair):
    sizes = (len(pair.source), len(pair.target))
    model = SequenceModel(*sizes, embedding_dim=4, units=3, encoder="gru", copy=True)
    x, _ = pair.arrays(SOURCES, TARGETS)
    with pytest.raises(DataError, match="needs 'copied' beside 'source'"):
        model({name: x[name] for name in ("source", "target")})
    with pytest.raises(DataError, match=r"read\(source, copied\)"):
        model.read(x["source"])

"""The encoder-decoder: one pass of teacher forcing is the steps one by one, whatever it is."""

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.encoding import encoders
from attn_tuner.errors import SpaceError
from attn_tuner.sequence import SequenceModel
from attn_tuner.sequence.decoder import AttentionDecoder
from attn_tuner.sequence.losses import coverage_loss
from tests.support.small_pairs import SOURCES, TARGETS

OPTIONS = {
    "one GRU": {},
    "two LSTMs": {"cell": "lstm", "layers": 2},
    "input feeding": {"input_feeding": True, "layers": 2},
    "copying": {"copy": True, "input_feeding": True},
}
COVERED = [name for name in decoder_attentions if "coverage" in decoder_attentions[name].space]


def step_by_step(model, x):
    """The logits of the targets, by `read`, `begin` and `step`."""
    prepared = model.read(*(ops.convert_to_tensor(x[name]) for name in ("source", "copied")))
    carried, found = model.begin(prepared), []
    for tokens in x["target"].T:
        logits, _, carried = model.step(ops.convert_to_tensor(tokens), carried, prepared)
        found.append(ops.convert_to_numpy(logits))
    return np.stack(found, axis=1)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("attention", decoder_attentions)
def test_one_pass_gives_what_the_steps_give(attention, options, model_of, vocabularies):
    model = model_of(attention, **options)
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    given = {name: ops.convert_to_tensor(ids) for name, ids in x.items()}
    found = ops.convert_to_numpy(model(given))
    size = len(vocabularies.target) + model.copy * x["source"].shape[1]
    assert found.shape == (*x["target"].shape, size)
    np.testing.assert_allclose(found, step_by_step(model, x), atol=2e-5)


@pytest.mark.parametrize("attention", COVERED)
def test_one_pass_gives_what_the_steps_give_with_coverage(attention, model_of, vocabularies):
    model = model_of(decoder_attentions[attention](coverage=True))
    plain = model_of(attention)
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    begun = ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(begun, ops.convert_to_numpy(plain(x)), atol=1e-5)
    model.decoder.attention.w_c.assign(2 * np.ones(model.decoder.attention.w_c.shape))
    found = ops.convert_to_numpy(model(x))
    assert np.abs(found - begun).max() > 1e-3
    np.testing.assert_allclose(found, step_by_step(model, x), atol=2e-5)


def test_the_coverage_loss_is_added_in_training_alone(model_of, vocabularies):
    model = model_of("dot", coverage_loss=2.0)
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    without = ops.convert_to_numpy(model(x))
    assert model.losses == []
    np.testing.assert_allclose(ops.convert_to_numpy(model(x, training=True)), without, atol=1e-6)
    prepared = model.read(ops.convert_to_tensor(x["source"]))
    carried, rows = model.begin(prepared), []
    for tokens in x["target"].T:
        _, alignment, carried = model.step(ops.convert_to_tensor(tokens), carried, prepared)
        rows.append(ops.convert_to_numpy(alignment)[:, 0])
    wanted = 2 * coverage_loss(np.stack(rows, axis=1), x["target"])
    np.testing.assert_allclose(model.losses, [wanted], rtol=1e-5)


def test_the_cell_reads_the_context_where_the_attention_asks_before_it(model_of):
    before, after = (model_of(name).decoder.cells[0] for name in ("additive", "concat"))
    assert before.kernel.shape[0] == after.kernel.shape[0] + 64  # The states of the encoder.


def test_scheduled_sampling_reads_the_most_likely_tokens_in_training_alone(model_of, vocabularies):
    plain = model_of("dot")
    sampling = model_of("dot", scheduled_sampling=1 - 1e-7)
    sampling.set_weights(plain.get_weights())
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    logits = ops.convert_to_numpy(plain(x))
    np.testing.assert_allclose(ops.convert_to_numpy(sampling(x)), logits, atol=1e-6)
    read = np.concatenate([x["target"][:, :1], logits.argmax(-1)[:, :-1]], axis=1)
    wanted = {**x, "target": np.where(x["target"] == 0, 0, read).astype("int32")}
    found = ops.convert_to_numpy(sampling(x, training=True))
    np.testing.assert_allclose(found, ops.convert_to_numpy(plain(wanted)), atol=1e-6)


def test_the_vector_is_equation_5_of_luong():
    decoder = AttentionDecoder(3, attention="dot")
    decoder.build((1, 1, 2), (1, 4, 3))
    draw = np.random.default_rng(0)
    decoder.set_weights([draw.normal(size=each.shape) for each in decoder.get_weights()])
    states, y = draw.normal(size=(1, 4, 3)), draw.normal(size=(1, 2))
    states, y = (ops.convert_to_tensor(each.astype("float32")) for each in (states, y))
    prepared = decoder.prepare(states)
    kernel, bias = (ops.convert_to_numpy(each) for each in decoder.first_state.weights)
    ends = np.concatenate([states[0, 0], states[0, -1]])
    first = np.tanh(ends @ kernel + bias)
    (begun,) = decoder.begin(prepared)
    np.testing.assert_allclose(begun[0], first, atol=1e-5)
    vector, alignment, (following,) = decoder.step(y, (begun,), prepared)
    cell, _ = decoder.cells[0](y, [begun])
    np.testing.assert_allclose(following, cell, atol=1e-6)
    scores = np.exp(np.asarray(states)[0] @ np.asarray(cell)[0])
    np.testing.assert_allclose(alignment[0, 0], scores / scores.sum(), atol=1e-5)
    context = scores @ np.asarray(states)[0] / scores.sum()
    joined = np.concatenate([context, np.asarray(cell)[0]])
    kernel, bias = (ops.convert_to_numpy(each) for each in decoder.combine.weights)
    np.testing.assert_allclose(vector[0], np.tanh(joined @ kernel + bias), atol=1e-5)


@pytest.mark.parametrize("attention", ["additive", "local_m", "monotonic", "none"])
def test_padding_of_either_side_changes_nothing(attention, model_of, vocabularies):
    model = model_of(attention)
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    wider = {name: np.pad(ids, ((0, 0), (0, 3))) for name, ids in x.items()}
    found = ops.convert_to_numpy(model(wider))
    np.testing.assert_allclose(found[:, :-3], model(x), atol=2e-5)


@pytest.mark.parametrize("attention", ["dot", "local_p", "multi_head", "monotonic"])
def test_a_saved_model_comes_back_to_the_last_bit(attention, model_of, vocabularies, tmp_path):
    copy = attention == "dot"
    model = model_of(attention, encoder="bigru", input_feeding=True, dropout=0.2, copy=copy)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_config() == model.get_config()
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    assert np.array_equal(again(x), model(x))


def test_parts_may_be_given_as_layers(vocabularies):
    attention = decoder_attentions["multi_head"](num_heads=2, key_size=4)
    model = SequenceModel(9, 9, encoder=encoders["none"](), attention=attention, units=4)
    assert model.decoder.attention is attention
    _, alignment, _ = model.step(
        np.array([2]), model.begin(model.read(np.array([[5, 6]]))), model.read(np.array([[5, 6]]))
    )
    assert alignment.shape == (1, 2, 2)


@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
@pytest.mark.parametrize("attention", ["additive", "local_m", "monotonic"])
def test_in_half_precision_the_logits_are_nearly_the_same(attention, dtype, vocabularies, model_of):
    model = model_of(attention)
    half = model_of(attention, dtype=dtype)
    half.set_weights([each / 3 for each in model.get_weights()])
    model.set_weights([each / 3 for each in model.get_weights()])
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    found = half(x)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, model(x), atol=0.05)
    np.testing.assert_allclose(found, step_by_step(half, x), atol=0.02)


def test_dropout_is_applied_in_training_only(model_of, vocabularies):
    model = model_of(dropout=0.5)
    x, _ = vocabularies.arrays(SOURCES, TARGETS)
    assert np.array_equal(model(x), model(x))
    assert not np.allclose(model(x, training=True), model(x))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source_size": 4}, "source_size is 4, which leaves no token"),
        ({"units": 0}, "units is 0. It should be a whole number"),
        ({"cell": "rnn"}, "cell is 'rnn'. It should be one of gru, lstm"),
        ({"attention": "aditive"}, "Did you mean 'additive'"),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_would_do(given, said):
    with pytest.raises(SpaceError, match=said):
        SequenceModel(**{"source_size": 9, "target_size": 9, **given})

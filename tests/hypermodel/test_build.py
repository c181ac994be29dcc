"""A point of the space becomes a model: always the same one, whatever the way it came here."""

import copy
import json
import pickle

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.exporting import Bundle
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.model_space import EMBEDDING_INITS, REGION_DIM, REGION_SIZES
from attn_tuner.space import Choice, Int
from attn_tuner.text import Vectorizer
from attn_tuner.training.adversarial import RegularizedModel


def shapes(model):
    return [tuple(weight.shape) for weight in model.get_weights()]


def answers(model, ids):
    return keras.ops.convert_to_numpy(model(ids, training=False))


def trains(model, inputs, labels):
    """Whether one step on one batch gives a loss; eagerly, which spares the trace."""
    model.run_eagerly = True
    return bool(np.isfinite(model.train_on_batch(inputs, labels)).all())


@pytest.fixture
def hp():
    return keras_tuner.HyperParameters()


def test_the_space_is_known_by_name_and_default_from_bare_hyperparameters(hypermodel, hp):
    hypermodel.build(hp)
    assert {each.name for each in hp.space} == set(hypermodel.space.describe())
    for name, value in hypermodel.space.defaults().items():
        assert hp.values[name] == value


def test_the_defaults_of_the_whole_space_make_a_model_that_trains(hp, ids, labels):
    model = AttentionHyperModel(50, 2).build(hp)
    assert model.name == "attention_classifier"
    assert trains(model, ids, labels)


@pytest.mark.parametrize(("classes", "width"), [(2, 1), (6, 6)])
def test_probabilities_are_one_column_for_two_classes_and_one_each_for_more(
    narrow, hp, ids, classes, width
):
    model = AttentionHyperModel(50, classes, space=narrow).build(hp)
    found = answers(model, ids)
    assert found.shape == (len(ids), width)
    assert ((found >= 0) & (found <= 1)).all()
    if classes > 2:
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert trains(model, ids, np.arange(len(ids)) % classes)


def test_the_same_values_give_the_same_model_directly_and_from_json(hypermodel, hp, ids):
    hp.values |= {"head": "additive", "encoder": "gru", "dense_layers": 2, "max_length": 4}
    first = hypermodel.build(hp)
    again = keras_tuner.HyperParameters.from_config(json.loads(json.dumps(hp.get_config())))
    for other in (hypermodel.build(hp), hypermodel.build(again)):
        assert shapes(other) == shapes(first)
        other.set_weights(first.get_weights())
        np.testing.assert_allclose(answers(other, ids), answers(first, ids), rtol=1e-6)


def test_the_protocol_buffer_of_the_whole_space_gives_the_same_model(hypermodel, hp, capsys):
    first = hypermodel.build(hp)
    again = hypermodel.build(keras_tuner.HyperParameters.from_proto(hp.to_proto()))
    assert shapes(again) == shapes(first)
    capsys.readouterr()  # KerasTuner prints while it converts.


def test_a_seed_starts_the_weights_alike(narrow, hp, ids):
    seeded = AttentionHyperModel(50, 2, space=narrow, seed=3)
    np.testing.assert_array_equal(answers(seeded.build(hp), ids), answers(seeded.build(hp), ids))
    other = AttentionHyperModel(50, 2, space=narrow, seed=4).build(hp)
    assert not np.array_equal(answers(seeded.build(hp), ids), answers(other, ids))


def test_values_that_were_never_offered_make_a_model(hypermodel, hp, ids, labels):
    for name, value in {
        "embedding_dim": 5,
        "head": "last",
        "encoder": "bigru",
        "dense_layers": 3,
        "max_length": 1,
        "vocabulary_size": 10**6,
        "batch_size": 7,
        "weight_decay": 0.0,
    }.items():
        hp.Fixed(name, value)
    hp.Fixed("units", 3)
    model = hypermodel.build(hp)
    assert model.get_layer("embedding").output.shape[-1] == 5
    assert trains(model, ids, labels)


def test_a_bare_name_is_honoured_by_the_layers(hp):
    hp.Fixed("units", 5)
    hp.Fixed("head", "structured")
    model = AttentionHyperModel(50, 2).build(hp)
    units = [layer.units for layer in model.layers if hasattr(layer, "hops") or "gru" in layer.name]
    assert units == [5, 5]


def test_layers_are_given_plain_numbers_whatever_an_oracle_gives(hypermodel, hp):
    hp.values |= {
        "embedding_dim": np.float64(8.0),
        "dense_layers": 1.0,
        "max_length": np.int64(4),
        "dropout": np.float32(0.25),
        "learning_rate": np.float64(0.01),
    }
    config = json.loads(hypermodel.build(hp).to_json())
    assert config["config"]["layers"]


def test_padding_and_words_behind_the_limits_change_nothing(hypermodel, hp):
    hp.values |= {"max_length": 4, "truncation": "tail", "vocabulary_size": 50}
    model = hypermodel.build(hp)
    short = np.array([[9, 8, 7, 6], [5, 4, 0, 0]], "int32")
    long = np.array([[3, 3, 9, 8, 7, 6, 0, 0, 0], [5, 4, 0, 0, 0, 0, 0, 0, 0]], "int32")
    np.testing.assert_allclose(answers(model, short), answers(model, long), rtol=1e-5)


def test_rows_without_text_give_numbers_and_do_not_stop_training(hypermodel, hp):
    model = hypermodel.build(hp)
    empty = np.zeros((8, 5), "int32")
    assert trains(model, empty, np.arange(8) % 2)
    assert np.isfinite(answers(model, empty)).all()


def test_numeric_sequences_take_the_place_of_ids(hp, rng):
    hypermodel = AttentionHyperModel(classes=3, features=2)
    text_only = {"vocabulary_size", "max_length", "truncation", "word_dropout"}
    assert not text_only & set(hypermodel.space)
    hp.Fixed("units", 4)
    model = hypermodel.build(hp)
    steps = rng.normal(size=(16, 5, 2)).astype("float32")
    assert trains(model, steps, np.arange(16) % 3)
    padded = np.pad(steps, ((0, 0), (0, 3), (0, 0)))
    np.testing.assert_allclose(answers(model, steps), answers(model, padded), rtol=1e-4)


def test_numeric_sequences_may_be_searched_in_a_space_made_for_text(narrow, hp, rng):
    model = AttentionHyperModel(classes=2, features=3, space=narrow).build(hp)
    assert answers(model, rng.normal(size=(4, 5, 3)).astype("float32")).shape == (4, 1)


@pytest.fixture
def half_precision():
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy("float32")


def test_half_precision_trains_and_gives_probabilities_in_full(
    half_precision, hypermodel, hp, ids, labels
):
    model = hypermodel.build(hp)
    assert model.get_layer("embedding").compute_dtype == "float16"
    assert trains(model, ids, labels)
    assert answers(model, ids).dtype == np.float32


def test_the_optimizer_has_its_variables_and_the_checkpoint_its_state(
    hypermodel, hp, ids, labels, tmp_path
):
    model = hypermodel.build(hp)
    assert trains(model, ids, labels)
    model.save_weights(tmp_path / "checkpoint.weights.h5")
    again = hypermodel.build(hp)
    again.load_weights(tmp_path / "checkpoint.weights.h5")
    assert int(again.optimizer.iterations) == 1


def test_decay_shrinks_kernels_and_leaves_embeddings_and_biases(hypermodel):
    model = hypermodel.model({"weight_decay": 0.1})
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))
    nothing = [np.zeros(variable.shape, "float32") for variable in model.trainable_variables]
    model.optimizer.apply(nothing, model.trainable_variables)
    shrunk = {each.path for each in model.trainable_variables if np.array(each).min() < 1}
    kept = {each.path for each in model.trainable_variables} - shrunk
    assert "probabilities/kernel" in shrunk
    assert {"embedding/embeddings", "probabilities/bias"} <= kept
    assert not any("kernel" in path for path in kept)


def test_without_its_top_the_model_is_left_uncompiled(narrow, hp, ids, labels):
    model = AttentionHyperModel(50, 2, space=narrow, include_top=False).build(hp)
    assert not model.compiled
    model.compile("sgd", "binary_crossentropy")
    assert trains(model, ids, labels)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_builds_the_same_and_lives_on_its_own(hypermodel, hp, duplicate):
    again = duplicate(hypermodel)
    assert again.space == hypermodel.space
    assert shapes(again.build(hp)) == shapes(hypermodel.build(hp))
    again.classes = 5
    assert hypermodel.build(hp).output_shape == (None, 1)
    assert again.build(hp).output_shape == (None, 5)


def test_what_is_not_tunable_adds_nothing_inside_a_name_scope(narrow, hp):
    fixed = AttentionHyperModel(50, 2, space=narrow, tunable=False)
    with hp.name_scope("text"):
        fixed.build(hp)
    assert hp.space == []


def test_inside_a_users_own_model_under_a_name_scope_it_is_one_of_two_inputs(narrow, hp, ids, rng):
    text = AttentionHyperModel(50, 2, space=narrow, include_top=False)

    def build(hp):
        with hp.name_scope("text"):
            reader = text.build(hp)
        numbers = keras.Input((3,))
        joined = keras.layers.concatenate([reader.output, numbers])
        answer = keras.layers.Dense(1, activation="sigmoid")(joined)
        model = keras.Model([reader.input, numbers], answer)
        model.compile(hp.Choice("optimizer", ["adam", "sgd"]), "binary_crossentropy")
        return model

    model = build(hp)
    assert trains(model, [ids, rng.normal(size=(len(ids), 3))], np.arange(len(ids)) % 2)
    assert {each.name for each in hp.space} == {
        "optimizer",
        *(f"text/{name}" for name in narrow.describe()),
    }


def test_a_subclass_adds_a_dimension_of_its_own(narrow, hp):
    class Wider(AttentionHyperModel):
        def __init__(self, **kwargs):
            super().__init__(50, 2, space=narrow.extend(extra=Int(1, 3)), **kwargs)

        def model(self, values):
            assert 1 <= values["extra"] <= 3
            return super().model(values)

    Wider().build(hp)
    assert hp.values["extra"] == 2


def test_a_point_without_its_conditional_values_takes_what_the_space_fixed(narrow):
    model = AttentionHyperModel(50, 2, space=narrow).model({"encoder": "gru", "head": "additive"})
    units = [layer.units for layer in model.layers if "gru" in layer.name]
    assert units == [4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 1}, "at least 2 classes; got classes=1"),
        ({"vocabulary_size": 2}, "leaves no word"),
        ({"features": 0}, "at least 1 feature; got features=0"),
        ({"vocabulary_size": 50, "vectors": np.zeros((49, 8))}, "49 rows and the vocabulary 50"),
    ],
)
def test_facts_that_make_no_classifier_are_refused(arguments, message):
    with pytest.raises(SpaceError, match=message):
        AttentionHyperModel(**arguments)


def test_a_space_that_lacks_a_dimension_of_the_model_is_refused(narrow):
    lacking = type(narrow)({name: narrow[name] for name in narrow if name != "truncation"})
    with pytest.raises(SpaceError, match=r"lacks \['truncation'\]"):
        AttentionHyperModel(50, 2, space=lacking)


def test_a_wrong_value_names_its_dimension(hypermodel, hp):
    hp.Fixed("embedding_dim", "wide")
    with pytest.raises(SpaceError, match="'embedding_dim' takes int values; got 'wide'"):
        hypermodel.build(hp)


def test_the_default_space_ends_at_the_vocabulary():
    assert default_space(12_000)["vocabulary_size"] == Choice(
        (5_000, 10_000, 12_000), default=12_000
    )


def test_embeddings_may_start_from_word_vectors_which_the_configuration_does_not_hold(narrow, rng):
    vectors = rng.normal(size=(50, 8)).astype("float32")
    space = narrow.extend(embedding_init=Choice(("word_vectors", "random")))
    hypermodel = AttentionHyperModel(50, 2, space=space, vectors=vectors)
    model = hypermodel.model({"embedding_dim": 6, "vocabulary_size": 20})
    np.testing.assert_array_equal(model.get_layer("embedding").get_weights()[0], vectors[:20, :6])
    assert len(model.to_json()) < 20_000
    with pytest.raises(
        SpaceError, match="embedding_dim=9 reads 9 columns of the word vectors, which have 8"
    ):
        hypermodel.model({"embedding_dim": 9})


def test_regions_read_word_vectors_that_training_leaves_as_they_are(narrow, ids, labels, rng):
    vectors = rng.normal(size=(50, REGION_DIM + 8)).astype("float32")
    space = narrow.extend(region_size=Choice(REGION_SIZES))
    hypermodel = AttentionHyperModel(50, 2, space=space, vectors=vectors)
    model = hypermodel.model({"region_size": 5, "vocabulary_size": 20})
    table = model.get_layer("region_embedding")
    expected = vectors[:20, :REGION_DIM]
    np.testing.assert_array_equal(table.get_weights()[0], expected)
    assert len(model.to_json()) < 20_000
    assert trains(model, ids, labels)
    np.testing.assert_array_equal(table.get_weights()[0], expected)
    longer = np.pad(ids, ((0, 0), (0, 5)))
    np.testing.assert_allclose(answers(model, longer), answers(model, ids), atol=1e-5)


def test_word_vectors_bring_the_dimensions_that_read_them(rng):
    vectors = rng.normal(size=(50, REGION_DIM)).astype("float32")
    given = {"vectors": vectors, "region_vectors": vectors + 1}
    hypermodel = AttentionHyperModel(50, 2, **given)
    assert hypermodel.space["embedding_init"].values == EMBEDDING_INITS
    assert hypermodel.space["region_size"].values == REGION_SIZES
    model = hypermodel.model({"region_size": 5})
    tables = [model.get_layer(name) for name in ("embedding", "region_embedding")]
    for table, expected in zip(tables, (vectors, vectors + 1), strict=True):
        np.testing.assert_array_equal(table.get_weights()[0], expected[:, : table.output_dim])
    with pytest.raises(SpaceError, match="region_vectors has 49 rows and the vocabulary 50 words"):
        AttentionHyperModel(50, 2, region_vectors=vectors[1:])


def test_regions_read_more_columns_than_narrow_word_vectors_have(narrow):
    space = narrow.extend(region_size=Choice(REGION_SIZES))
    vectors = np.zeros((50, REGION_DIM - 1), "float32")
    hypermodel = AttentionHyperModel(50, 2, space=space, vectors=vectors)
    said = f"region_size=5 reads {REGION_DIM} columns of the word vectors, which have"
    with pytest.raises(SpaceError, match=said):
        hypermodel.model({"region_size": 5})


def test_a_model_of_regions_is_built_without_vectors_for_a_checkpoint(narrow, ids, rng):
    space = narrow.extend(region_size=Choice(REGION_SIZES))
    vectors = rng.normal(size=(50, REGION_DIM)).astype("float32")
    model = AttentionHyperModel(50, 2, space=space, vectors=vectors).model({"region_size": 5})
    again = AttentionHyperModel(50, 2, space=space).model({"region_size": 5})
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(answers(again, ids), answers(model, ids), atol=1e-6)


def test_a_second_head_stands_beside_the_first(narrow, ids, labels):
    hypermodel = AttentionHyperModel(50, 2, space=narrow)
    alone = hypermodel.model({"head": "mean", "dense_layers": 0})
    both = hypermodel.model({"head": "mean", "dense_layers": 0, "second_head": "last"})
    width = alone.get_layer("probabilities").kernel.shape[0]
    assert both.get_layer("probabilities").kernel.shape[0] == 2 * width
    assert trains(both, ids, labels)
    first = both.get_layer("side_by_side").input[0]
    np.testing.assert_allclose(
        answers(keras.Model(both.inputs, first), ids)[:, :width],
        answers(keras.Model(both.inputs, both.get_layer("side_by_side").output), ids)[:, :width],
    )


def test_the_mean_of_hashed_ngrams_stands_beside_the_head(narrow, ids, labels):
    hypermodel = AttentionHyperModel(50, 2, space=narrow)
    values = {"head": "mean", "dense_layers": 0, "ngram_buckets": 40}
    alone = hypermodel.model(values)
    both = hypermodel.model({**values, "hashed_ngrams": 3})
    width = alone.get_layer("probabilities").kernel.shape[0]
    table = both.get_layer("ngram_embedding")
    assert table.embeddings.shape == (40, table.output_dim)
    assert both.get_layer("probabilities").kernel.shape[0] == width + table.output_dim
    assert trains(both, ids, labels)
    longer = np.pad(ids, ((0, 0), (0, 5)))
    np.testing.assert_allclose(answers(both, longer), answers(both, ids), atol=1e-5)
    mixed = np.where(ids == 0, 0, ids[:, ::-1])  # The same words in another order.
    whole = (ids != 0).all(axis=1)
    assert (answers(both, ids) != answers(both, mixed))[whole].any()


def test_states_are_normalised_and_padding_still_changes_nothing(narrow, ids):
    model = AttentionHyperModel(50, 2, space=narrow).model({"head": "max", "layer_norm": True})
    assert any(layer.name == "layer_norm" for layer in model.layers)
    longer = np.pad(ids, ((0, 0), (0, 5)))
    np.testing.assert_allclose(answers(model, longer), answers(model, ids), atol=1e-5)


def test_what_training_takes_from_the_values_reaches_the_optimiser_and_the_loss(narrow):
    space = narrow.extend(
        embedding_init=Choice(("word_vectors", "random")),
        embedding_frozen_epochs=Choice((0, 1)),
        use_ema=Choice((False, True)),
        label_smoothing=Choice((0.0, 0.1)),
        epochs=Choice((1, 4)),
    )
    vectors = np.zeros((50, 128), "float32")
    given = {"space": space, "vectors": vectors, "training_texts": 640}
    hypermodel = AttentionHyperModel(50, 2, **given)
    plain = hypermodel.model({"batch_size": 64})
    assert (plain.optimizer.still, plain.optimizer.average) == (0, 0.0)
    values = {"embedding_frozen_epochs": 1, "use_ema": True, "epochs": 4, "label_smoothing": 0.1}
    model = hypermodel.model({"batch_size": 64, **values})
    assert model.optimizer.still == 10
    assert model.optimizer.average == pytest.approx(1 - 1 / 4)
    assert model.loss.label_smoothing == 0.1
    assert (
        hypermodel.model({**values, "embedding_init": "random", "batch_size": 64}).optimizer.still
        == 0
    )


EXTRA = {"adversarial_weight": 1.0, "virtual_weight": 1.0, "entropy_weight": 0.1}


@pytest.mark.parametrize(
    ("task", "classes", "values"),
    [
        (None, 2, {**EXTRA, "encoder": "gru", "hashed_ngrams": 2, "second_head": "gated"}),
        (None, 2, {**EXTRA, "encoder": "gru", "region_size": 5}),
        (None, 3, {**EXTRA, "layer_norm": True, "dense_layers": 1, "label_smoothing": 0.1}),
        ("multilabel", 3, EXTRA),
        ("regression", 2, {"adversarial_weight": 1.0}),
    ],
)
def test_a_model_with_extra_losses_trains_and_answers_as_one_without(
    narrow, ids, task, classes, values
):
    hypermodel = AttentionHyperModel(50, classes, space=narrow, task=task, scale=(1.0, 2.0), seed=1)
    plain, model = (
        hypermodel.model({**values, **dict.fromkeys(EXTRA, 0.0)}),
        hypermodel.model(values),
    )
    assert not isinstance(plain, RegularizedModel)
    assert shapes(model) == shapes(plain)
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(answers(model, ids), answers(plain, ids), rtol=1e-6)
    truths = np.arange(len(ids)) % classes
    if task == "multilabel":
        truths = np.eye(classes)[truths]
    model.run_eagerly = plain.run_eagerly = True
    losses = [
        np.ravel(each.train_on_batch(ids, truths, np.ones(len(ids))))[0] for each in (model, plain)
    ]
    assert np.isfinite(losses).all()
    assert losses[0] > losses[1]


def test_a_bundle_holds_the_model_without_its_extra_losses(narrow):
    model = AttentionHyperModel(20, 2, space=narrow).model(EXTRA)
    bundle = Bundle(Vectorizer(["", "[UNK]", "a", "film"]), model, ["no", "yes"], max_length=8)
    assert not isinstance(bundle.model, RegularizedModel)
    assert bundle.model.name == model.name


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's traces")
@pytest.mark.parametrize(
    ("task", "classes", "truths"),
    [(None, 2, (32,)), (None, 3, (32,)), ("multilabel", 3, (32, 3)), ("regression", 2, (32, 1))],
)
def test_a_training_step_is_traced_once(narrow, hp, ids, task, classes, truths):
    model = AttentionHyperModel(50, classes, space=narrow, task=task).build(hp)
    step, traced = model.train_step, []
    model.train_step = lambda data: traced.append(data) or step(data)
    measured = [float(value) for value in model.get_metrics_result().values()]
    assert measured == [0.0] * len(measured)
    model.fit(ids, np.zeros(truths, "int32"), epochs=2, verbose=0)
    assert len(traced) == 1

"""Every encoder and every head: built by its name, trained on one batch, saved and loaded."""

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.attention import attention_model, heads
from attn_tuner.encoding import encoders
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.space import Part, SearchSpace

SMALL = {"embedding_dim": 8, "dense_units": 4, "batch_size": 8}


def space_with(**parts) -> SearchSpace:
    space = default_space(50, max_lengths=(6,))
    space = SearchSpace({**space, "encoder": Part(encoders), "head": Part(heads)})
    space = space.fix({"encoder": "none", "head": "mean", **parts, **SMALL})
    sizes = {"units": 4, "width": 3, "layers": 1}
    endings = {leaf.name.split(".")[-1] for leaf in space.leaves()}
    return space.fix({name: value for name, value in sizes.items() if name in endings})


def trained_and_reloaded(space, ids, labels, tmp_path):
    model = AttentionHyperModel(50, 2, space=space).build(keras_tuner.HyperParameters())
    model.run_eagerly = True  # Far quicker than a trace for one batch.
    assert np.isfinite(model.train_on_batch(ids, labels)).all()
    found = answers(model, ids)
    assert found.shape == (len(ids), 1)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(answers(again, ids), found, atol=1e-5)
    return model


def answers(model, ids):
    return keras.ops.convert_to_numpy(model(ids, training=False))


@pytest.mark.parametrize("name", heads)
def test_every_head_trains_in_the_model_and_comes_back_from_its_file(name, ids, labels, tmp_path):
    model = trained_and_reloaded(space_with(head=name), ids, labels, tmp_path)
    (weights,) = attention_model(model)([ids]).values()
    assert weights.shape[0] == len(ids)


@pytest.mark.parametrize("name", encoders)
def test_every_encoder_trains_in_the_model_and_comes_back_from_its_file(
    name, ids, labels, tmp_path
):
    trained_and_reloaded(space_with(encoder=name), ids, labels, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", encoders)
@pytest.mark.parametrize("head", heads)
def test_every_pair_trains(encoder, head, ids, labels, tmp_path):
    trained_and_reloaded(space_with(encoder=encoder, head=head), ids, labels, tmp_path)

"""Both directions of a recurrent layer after the layer that they were made from."""

import gc
import weakref

import keras
import pytest

from attn_tuner.attention.hierarchical import HierarchicalHead
from attn_tuner.encoding.recurrent import BiGRUEncoder, BiLSTMEncoder
from attn_tuner.layers.both_directions import both_directions


@pytest.fixture
def made(monkeypatch):
    """Weak references to every GRU and LSTM that is made from now on, with its initializers."""
    found = []

    def remember(cls):
        init = cls.__init__

        def remembered(self, *args, **kwargs):
            init(self, *args, **kwargs)
            held = (self, self.cell.kernel_initializer, self.cell.recurrent_initializer)
            found.extend(weakref.ref(each) for each in held)

        monkeypatch.setattr(cls, "__init__", remembered)

    remember(keras.layers.GRU)
    remember(keras.layers.LSTM)
    return found


@pytest.mark.parametrize("make", [BiGRUEncoder, BiLSTMEncoder, HierarchicalHead])
def test_no_object_that_is_serialized_while_a_layer_is_made_is_collected(make, made):
    layer = make(units=2)
    gc.collect()
    assert len(made) >= 9  # The given layer and one in each direction.
    assert all(each() is not None for each in made)
    assert layer is not None


def test_the_layer_that_was_given_has_no_weights_in_the_result():
    layer = both_directions(keras.layers.GRU(3))
    layer.build((None, None, 2))
    assert len(layer.weights) == 6
    assert layer.count_params() == 2 * (3 * (2 + 3) * 3 + 2 * 9)

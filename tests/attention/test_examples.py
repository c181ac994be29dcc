"""The examples about attention run, and do what they say."""

import math

import keras
import pytest

from tests.support.examples import example


@pytest.fixture
def own_head():
    from attn_tuner.attention import heads

    yield example("own_head")
    heads._variants.pop("power")  # So that no later test finds it among ours.


def test_a_head_of_ones_own_keeps_the_contract_and_computes_its_equation(own_head):
    powers = [math.exp(2 * value) for value in (1.0, 2.0)]
    wanted = (powers[0] * 1.0 + powers[1] * 2.0) / sum(powers)
    assert own_head.main() == pytest.approx(wanted, rel=1e-5)


def test_a_head_of_ones_own_has_its_equation_listed(own_head):
    from attn_tuner.attention import heads

    assert "exp(p h_ti)" in heads["power"].equation


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Trained on one backend.")
def test_global_and_local_attention_find_the_bump():
    accuracies = example("global_and_local").main()
    assert accuracies["global"] > 0.9
    assert accuracies["local"] > 0.9


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Trained on one backend.")
def test_the_tutorials_model_trains_on_the_demo_corpus(capsys):
    accuracy = example("imdb_attention").main("demo", epochs=1)
    printed = capsys.readouterr().out
    assert f"test accuracy {accuracy:.4f}" in printed
    assert 0.4 < accuracy <= 1

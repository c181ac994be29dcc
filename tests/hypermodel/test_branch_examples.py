"""The examples of models with several inputs run, and what they export answers."""

import pytest
import tensorflow as tf

from tests.support.examples import example

GIVEN = {
    "question_answer": {"question": ["what of the oven ?"], "answer": ["salt the soup ."]},
    "text_and_numbers": {"description": ["a new lamp"], "price": [9.5], "country": ["fr"]},
}


@pytest.mark.parametrize("name", GIVEN)
def test_the_example_searches_and_exports_its_named_inputs(name, tmp_path, capsys):
    (delivered,) = example(name).main(tmp_path, trials=1, epochs=1)
    assert "validation accuracy: " in capsys.readouterr().out
    assert delivered.proof.difference <= 1e-5
    serve = tf.saved_model.load(str(delivered.path)).signatures["serving_default"]
    answer = serve(**{key: tf.constant(values) for key, values in GIVEN[name].items()})
    assert answer["probabilities"].shape == (1, 2)

import json

import keras
import numpy as np
import pytest

from attn_tuner.attention import attention_model
from attn_tuner.errors import DataError
from attn_tuner.explaining import Explainer, explain
from attn_tuner.exporting import Bundle
from attn_tuner.exporting.bundle import pad_ids


def test_the_label_is_the_most_probable_class(bundle):
    good, bad = explain(bundle, ["the film was good", "a bad hotel"])
    assert (good.label, bad.label) == ("good", "bad")
    assert good.probability == good.probabilities["good"] > 0.9
    assert sum(bad.probabilities.values()) == pytest.approx(1)


def test_the_places_point_into_the_original_text(bundle):
    text = "  The FILM, was\n(good)!"
    found = explain(bundle, text)[0]
    assert [text[start:end] for start, end in found.spans] == [
        "The",
        "FILM",
        ",",
        "was",
        "(",
        "good",
        ")",
        "!",
    ]
    assert found.tokens[:2] == ("the", "film")
    assert found.most_attended(1)[0][0] == "good"


def test_the_weights_are_those_of_the_attention_model(bundle):
    text = "the film was very good"
    ids = pad_ids(bundle.ids([text]))
    (weights,) = attention_model(bundle.model).predict_on_batch(ids).values()
    np.testing.assert_allclose(explain(bundle, text)[0].weights, weights[0, :, :5], rtol=1e-5)
    assert explain(bundle, text)[0].attention.sum() == pytest.approx(1)


def test_a_batch_of_texts_gives_what_each_gives_alone(bundle):
    texts = ["good", "the film was bad " * 20, "", "a hotel", "bad"]
    explainer = Explainer(bundle)
    for text, together in zip(texts, explainer(texts), strict=True):
        alone = explainer(text)[0]
        assert together.tokens == alone.tokens
        np.testing.assert_allclose(together.weights, alone.weights, atol=1e-6)
        assert together.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


@pytest.mark.parametrize(
    ("truncation", "words"),
    [("head", "good a a a"), ("tail", "a a a bad"), ("ends", "good a a bad")],
)
def test_weights_belong_to_the_tokens_that_the_limit_keeps(truncation, words, make_bundle):
    found = explain(make_bundle(max_length=4, truncation=truncation), "good a a a a a bad")[0]
    assert list(found.tokens) == words.split()
    assert found.weights.shape == (1, 4)
    assert found.left_out == 3
    assert [found.text[start:end] for start, end in found.spans] == words.split()


def test_every_hop_has_a_row(make_bundle):
    found = explain(make_bundle(hops=3), "the film was good")[0]
    assert found.rows == ("head, hop 1", "head, hop 2", "head, hop 3")
    assert found.weights.shape == (3, 4)


def test_unknown_words_and_empty_texts_are_explained(bundle):
    strange, empty = explain(bundle, ["the zyx was good", ""])
    assert strange.known == (True, False, True, True)
    assert empty.tokens == ()
    assert empty.weights.shape == (1, 0)
    assert empty.most_attended() == []


def test_json_holds_everything(bundle):
    found = json.loads(json.dumps(explain(bundle, "the film was good")[0].as_dict()))
    assert found["label"] == "good"
    assert [each["token"] for each in found["tokens"]] == ["the", "film", "was", "good"]
    assert found["tokens"][3]["weight"] > 0.5
    assert found["tokens"][1]["start"] == 4


def test_what_is_no_text_is_refused(bundle):
    with pytest.raises(DataError, match="takes texts; got 3"):
        explain(bundle, ["good", 3])


def plain_model(words):
    ids = keras.Input((None,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(words, 2)(ids))
    return keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(pooled))


def test_a_model_without_a_head_is_explained_without_weights(bundle):
    words = bundle.vectorizer
    found = explain(Bundle(words, plain_model(len(words)), ("bad", "good"), 8), "a film")[0]
    assert found.rows == ()
    assert list(found.attention) == [0, 0]
    assert "film" in found.html()

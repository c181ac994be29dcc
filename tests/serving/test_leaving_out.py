"""Answers to a text without some of its words."""

import pytest

from attn_tuner.errors import DataError
from attn_tuner.serving.model_holder import ModelHolder

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.serving import make_app

BAD, GOOD = "bad", "<script>alert(1)</script>"  # The classes of the run.
TEXT = "The film was bad, good"


@pytest.fixture(scope="module")
def model(run_folder):
    return ModelHolder(run_folder)


@pytest.fixture(scope="module")
def client(run_folder):
    return TestClient(make_app(run_folder), base_url="http://localhost")


def place_of(model, word):
    (whole,) = model([TEXT])
    return whole.tokens.index(word)


@pytest.mark.parametrize(("word", "label"), [("bad", GOOD), ("good", BAD)])
def test_without_the_word_that_decides_the_answer_turns(model, word, label):
    place = place_of(model, word)
    told = model.without(TEXT, [place])
    assert told["label"] == label
    assert told["probability"] == told["probabilities"][label] > 0.9
    assert told["left_out"] == [place]


def test_what_is_left_out_gets_no_attention_and_the_others_share_it(model):
    place = place_of(model, "bad")
    weights = model.without(TEXT, [place])["weights"]
    assert weights[place] == 0
    assert sum(weights) == pytest.approx(1)
    assert weights[place_of(model, "good")] == max(weights)


def test_the_answer_is_that_to_the_text_of_the_other_words(model):
    told = model.without("the film was bad", [1, 3])
    (same,) = model(["the was"])
    assert told["probabilities"] == pytest.approx(same.probabilities, abs=1e-6)


def test_all_words_may_be_left_out(model):
    (whole,) = model([TEXT])
    told = model.without(TEXT, range(len(whole.tokens)))
    assert set(told["weights"]) == {0.0}
    assert sum(told["probabilities"].values()) == pytest.approx(1)


@pytest.mark.parametrize("place", [-1, 99])
def test_a_token_that_the_text_lacks_is_named(model, place):
    with pytest.raises(DataError, match=f"no token {place}"):
        model.without(TEXT, [place])


def test_the_interface_takes_positions_and_gives_the_place_of_each_segment(client, model):
    body = {"text": TEXT, "without": [place_of(model, "bad")]}
    (told,) = client.post("/explain", json=body).json()["answers"]
    assert (told["label"], told["without"]["label"]) == (BAD, GOOD)
    shown = zip(told["segments"], told["places"], strict=True)
    words = {place: segment.lower() for (segment, _), place in shown if place is not None}
    assert words == {place: token["token"] for place, token in enumerate(told["tokens"])}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"text": "good", "without": [7]}, "no token 7"),
        ({"text": "good", "without": ["0"]}, "without"),
        ({"texts": ["good"], "without": [0]}, "goes with"),
    ],
)
def test_wrong_positions_get_a_sentence(client, body, word):
    reply = client.post("/explain", json=body)
    assert reply.status_code == 422
    assert word in reply.json()["error"]

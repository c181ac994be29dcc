from dataclasses import replace

import keras
import numpy as np
import pytest

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining import explain, measure_evidence, measure_faithfulness
from attn_tuner.explaining.faithfulness import split_top_tokens
from attn_tuner.explaining.rankings import Gradients, leave_one_out
from attn_tuner.exporting import Bundle
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.text import Vectorizer

TEXTS = [
    "the film was very good",
    "a hotel the film was bad",
    "good the hotel was a film",
    "the film the film was very bad",
] * 3

needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="gradients are taken with TensorFlow"
)


def test_the_top_tokens_are_taken_away_or_kept_alone(rng):
    ids, scores = [5, 6, 7, 8], [0.1, 0.7, 0.2, 0.0]
    assert split_top_tokens(ids, scores, 0.5, rng) == ([5, 8], [6, 7])
    assert split_top_tokens(ids, scores, 0.01, rng) == ([5, 7, 8], [6])
    assert split_top_tokens([5], [1.0], 0.1, rng) == ([], [5])


def test_equal_scores_are_drawn_by_chance(rng):
    drawn = {split_top_tokens(range(9), np.ones(9), 0.1, rng)[1][0] for _ in range(200)}
    assert drawn == set(range(9))


@pytest.fixture(scope="module")
def found(bundle):
    return measure_faithfulness(bundle, TEXTS)


def test_attention_that_decides_is_found_faithful(found):
    attention, random = found.methods["attention"], found.methods["random"]
    assert attention.comprehensiveness > 0.4
    assert attention.comprehensiveness > random.comprehensiveness + 0.2
    assert attention.sufficiency < random.sufficiency
    assert found.score == attention.comprehensiveness - random.comprehensiveness
    assert found.texts == len(TEXTS)


def test_attention_elsewhere_is_found_unfaithful(make_bundle, found):
    astray = make_bundle()
    head = astray.model.get_layer("head")
    kernels = [-weight for weight in head.score.get_weights()]
    head.score.set_weights(kernels)  # Looks at every word but the one that judges.
    unfaithful = measure_faithfulness(astray, TEXTS)
    assert unfaithful.score < 0 < found.score


def test_the_other_rankings_agree_with_what_decides(found):
    assert found.methods["leave_one_out"].changed == found.methods["attention"].changed
    assert found.methods["leave_one_out"].tau > 0.5
    assert found.methods["attention"].tau is None


@needs_tensorflow
def test_gradients_find_the_word_that_decides(bundle, found):
    ids = bundle.ids(["the film was very good"])[0]
    plain, integrated = Gradients(bundle)(ids, 1)
    assert plain.argmax() == integrated.argmax() == 4
    assert found.methods["integrated"].comprehensiveness > 0.4
    against = Gradients(bundle)(ids, 0)[1]
    np.testing.assert_allclose(against, -integrated, atol=1e-6)


@needs_tensorflow
def test_integrated_gradients_add_up_to_the_change_of_the_answer(bundle):
    ids = bundle.ids(["a bad film"])[0]
    answer = bundle.predict(["a bad film"])[0, 0]
    # Words without an embedding leave the answer at one half.
    assert Gradients(bundle)(ids, 0)[1].sum() == pytest.approx(answer - 0.5, abs=0.02)


@needs_tensorflow
@pytest.mark.parametrize("truncation", ["head", "tail", "ends"])
def test_gradients_of_tokens_that_the_model_cuts_off_are_zero(make_bundle, truncation):
    short = replace(make_bundle(max_length=4, truncation=truncation), max_length=None)
    text = "good the good the good the good"
    ids = short.ids([text])[0]
    plain, integrated = Gradients(short)(ids, 1)
    kept = {"head": [0, 2], "tail": [4, 6], "ends": [0, 6]}[truncation]
    assert np.flatnonzero(plain).tolist() == np.flatnonzero(integrated).tolist() == kept
    assert measure_faithfulness(short, [text]).methods["gradient"].texts == 1


@needs_tensorflow
def test_a_model_with_vectors_of_ngrams_has_no_gradients_of_tokens():
    values = {"encoder": "none", "head": "additive", "hashed_ngrams": 2, "embedding_dim": 4}
    hypermodel = AttentionHyperModel(vocabulary_size=20, classes=2)
    model = hypermodel.model({**hypermodel.space.defaults(), **values, "ngram_buckets": 1_000})
    words = Vectorizer(["", "[UNK]", *(f"w{number}" for number in range(18))])
    bundle = Bundle(words, model, ("bad", "good"), None)
    assert not Gradients.applicable(bundle)
    found = measure_faithfulness(bundle, ["w1 w2 w3 w4", "w5 w6"])
    assert "without n-grams" in found.notes[0]


@needs_tensorflow
def test_a_model_whose_gradients_were_taken_can_still_be_saved(bundle, tmp_path):
    Gradients(bundle)
    bundle.model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    ids = np.array([[2, 3, 4]], "int32")
    np.testing.assert_allclose(again(ids), bundle.model(ids), atol=1e-6)


def test_leaving_one_out_is_the_fall_of_the_answer(bundle):
    ids = bundle.ids(["a good film"])[0]
    whole, without = bundle.predict(["a good film", "a film"])[:, 1]
    assert leave_one_out(bundle, ids, 1)[1] == pytest.approx(whole - without, abs=1e-6)


def test_the_finding_is_said_in_plain_words(found):
    attention = replace(found.methods["attention"], changed=0.62)
    random = replace(found.methods["random"], changed=0.07)
    told = replace(found, methods={"attention": attention, "random": random}).sentence()
    assert told == (
        "Removing the 10 % most attended tokens changes 62 % of the answers; "
        "removing a random 10 % changes 7 %."
    )


def test_the_time_allowed_is_kept_and_said(bundle):
    found = measure_faithfulness(bundle, TEXTS, seconds=0)
    assert found.texts == 1
    assert "Measured on 1 of 12" in found.notes[0]


def test_the_sample_is_bounded_and_repeatable(bundle):
    one, two = (measure_faithfulness(bundle, TEXTS, sample=3, seed=4) for _ in range(2))
    assert one.texts == 3
    assert one.methods == two.methods


def test_what_cannot_be_measured_is_said(bundle):
    with pytest.raises(NotMeasurable, match="two tokens"):
        measure_faithfulness(bundle, ["good", ""])


def test_attention_on_the_evidence_is_counted(bundle):
    texts = ["the film was very good", "bad film"]
    evidence = [[(18, 22)], [(0, 3)]]
    found = measure_evidence(explain(bundle, texts), evidence, [[(0, 22)], [(0, 8)]])
    assert found.mass > 0.9
    assert found.precision == 1
    assert found.around == pytest.approx(1)
    assert found.even == pytest.approx((1 / 5 + 1 / 2) / 2)
    assert "at least 60 %" in found.sentence()


def test_attention_beside_the_evidence_is_said_plainly(bundle):
    found = measure_evidence(explain(bundle, "the film was very good"), [[(4, 8)]])
    assert found.mass < 0.1
    assert "less than 60 %" in found.sentence()
    assert "do not show the cause well" in found.sentence()


def test_evidence_that_was_cut_off_is_left_out(make_bundle):
    short = make_bundle(max_length=2)
    with pytest.raises(NotMeasurable, match="None of the texts"):
        measure_evidence(explain(short, "the film was good"), [[(13, 17)]])

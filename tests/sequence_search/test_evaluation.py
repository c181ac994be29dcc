"""Validation pairs are scored in one pass as greedy decoding would, and decoded where asked."""

import keras
import numpy as np
import pytest

from attn_tuner.sequence import PairVocabularies, SequenceModel, TokenCrossentropy
from attn_tuner.sequence_search.evaluation import (
    WHOLE,
    PairEvaluation,
    PairScores,
    pair_scores,
    sample_of,
    score_metrics,
)
from attn_tuner.sequence_search.greedy_decoder import GreedyDecoder
from attn_tuner.sequence_search.pair_batches import IdRows, PairBatches
from attn_tuner.sequence_search.pair_dataset import PairPart
from tests.support.small_pairs import SOURCES, TARGETS


@pytest.fixture(scope="module")
def scored():
    """A model, its vocabularies, and pairs of which it writes every other one as wanted."""
    keras.utils.set_random_seed(3)
    vocabularies = PairVocabularies.build(SOURCES, TARGETS)
    sizes = (len(vocabularies.source), len(vocabularies.target))
    model = SequenceModel(*sizes, embedding_dim=6, units=5, encoder="gru", attention="dot")
    model.set_weights([4 * each for each in model.get_weights()])
    written = GreedyDecoder(model, vocabularies)(SOURCES)
    targets = [
        own if place % 2 else other
        for place, (own, other) in enumerate(zip(written, TARGETS, strict=True))
    ]
    return model, vocabularies, PairPart(list(SOURCES), targets), written


def batches_of(vocabularies, part):
    rows = (
        vocabularies.source.encode(part.sources),
        vocabularies.written(part.sources, part.targets),
        vocabularies.copied(part.sources),
    )
    known = len(vocabularies.target)
    return PairBatches(*map(IdRows.of, rows), known, batch_size=2, measured=True)


def test_a_pair_is_whole_where_greedy_decoding_writes_its_target(scored):
    model, vocabularies, part, written = scored
    scores = pair_scores(PairScores(model), batches_of(vocabularies, part))
    # One that reaches the limit has no end mark, and is not as wanted.
    ended = [len(each) <= vocabularies.target.max_length for each in written]
    wanted = [
        own == target and done
        for own, target, done in zip(written, part.targets, ended, strict=True)
    ]
    assert scores[:, WHOLE].astype(bool).tolist() == wanted


def test_the_log_loss_is_that_of_training_without_smoothing(scored):
    model, vocabularies, part, _ = scored
    found = score_metrics(pair_scores(PairScores(model), batches_of(vocabularies, part)))
    x, y = vocabularies.arrays(part.sources, part.targets)
    loss = float(TokenCrossentropy()(y, model(x)))
    assert found["log_loss"] == pytest.approx(loss, rel=1e-4)


def test_an_objective_of_texts_is_measured_on_the_sample(scored):
    pytest.importorskip("sacrebleu")
    model, vocabularies, part, _ = scored
    sample = part.take([1, 3])
    evaluate = PairEvaluation(vocabularies, sample, "chrf")(model, batches_of(vocabularies, part))
    scores, metrics = evaluate()
    assert metrics["chrf"] == pytest.approx(100.0)
    assert scores.shape == (len(part), 4)


def test_a_model_that_has_diverged_has_no_metrics(scored):
    model, vocabularies, part, _ = scored
    broken = SequenceModel.from_config(model.get_config())
    broken.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
    evaluation = PairEvaluation(vocabularies, part, "exact_match")
    assert evaluation(broken, batches_of(vocabularies, part))() is None


def test_a_sample_is_the_same_for_a_seed_and_keeps_the_order():
    part = PairPart([f"{number:03}" for number in range(50)], [""] * 50)
    drawn = sample_of(part, seed=1, size=10)
    assert drawn == sample_of(part, seed=1, size=10) != sample_of(part, seed=2, size=10)
    assert drawn.sources == sorted(drawn.sources)
    assert sample_of(part, seed=1, size=99) == part

"""Evaluates a sequence model on validation pairs: all by the true tokens, a sample by decoding."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.losses import of_tokens, right_tokens
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.sequence_search.pair_batches import PairBatches
from attn_tuner.sequence_search.pair_dataset import PairPart
from attn_tuner.sequence_search.text_metrics import DECODED, TEXT_METRICS
from attn_tuner.text.token_ids import PADDING
from attn_tuner.tuning.trial.training_loop import Evaluate

SAMPLE = 200  # Validation pairs that are decoded for chrF, BLEU and ROUGE.
TOKENS, RIGHT, WHOLE, LOG_PROBABILITY = range(4)  # Columns of `PairScores`.


class PairScores(keras.Model):
    """Scores pairs by the true tokens before each token.

    Takes `{"source", "copied", "target", "following"}` and returns (batch, 4): the tokens of a
    target, the number of those that are the most likely and known, 1 if all are, and the sum of
    their log probabilities.

    Args:
        scored: the `SequenceModel`.
    """

    def __init__(self, scored: SequenceModel, **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.scored = scored
        self.built = True

    def call(self, inputs: dict[str, Tensor]) -> Tensor:
        following = inputs["following"]
        logits = self.scored({name: inputs[name] for name in inputs if name != "following"})
        there = ops.cast(ops.not_equal(following, PADDING), "float32")
        right = there * ops.cast(right_tokens(logits, following), "float32")
        own = of_tokens(ops.log_softmax(logits, axis=-1), following)
        tokens, hits = ops.sum(there, axis=1), ops.sum(right, axis=1)
        whole = ops.cast(ops.equal(tokens, hits), "float32")
        return ops.stack([tokens, hits, whole, ops.sum(own * there, axis=1)], axis=-1)


def pair_scores(scores: PairScores, batches: PairBatches) -> np.ndarray:
    """Returns the scores of all pairs of measured batches, (pairs, 4), in their order."""
    return batches.in_store_order(scores.predict(prefetch(batches), verbose=0))


def score_metrics(scores: np.ndarray) -> dict[str, float]:
    """Returns token accuracy, exact match and log loss, in nats a token, of (pairs, 4) scores.

    The exact match is that of greedy decoding; see `sequence.losses.ExactMatch`.
    """
    sums = scores.astype("float64").sum(axis=0)
    return {
        "exact_match": float(sums[WHOLE] / len(scores)),
        "token_accuracy": float(sums[RIGHT] / sums[TOKENS]),
        "log_loss": float(-sums[LOG_PROBABILITY] / sums[TOKENS]),
    }


@dataclass(frozen=True)
class PairEvaluation:
    """The `evaluation` of a `TrialTrainer` for pairs of texts.

    Args:
        vocabularies: those of the model.
        sample: the validation pairs that are decoded where the objective needs it.
        objective: key of `metrics.TEXT_MEASURES`.
    """

    vocabularies: PairVocabularies
    sample: PairPart
    objective: str

    def __call__(self, model: SequenceModel, batches: PairBatches) -> Evaluate:
        """Returns the function that evaluates this model as it is."""
        scorer, decoder = PairScores(model), None
        if self.objective in DECODED:
            from attn_tuner.sequence_search.greedy_decoder import GreedyDecoder

            decoder = GreedyDecoder(model, self.vocabularies)
        wanted = [self.vocabularies.target.as_written(each) for each in self.sample.targets]

        def evaluate() -> tuple[np.ndarray, dict[str, float]] | None:
            scores = pair_scores(scorer, batches)
            metrics = score_metrics(scores)
            if not np.isfinite(metrics["log_loss"]):
                return None
            if decoder is not None:
                written = decoder(self.sample.sources)
                metrics[self.objective] = TEXT_METRICS[self.objective](written, wanted)
            return scores, metrics

        return evaluate


def sample_of(part: PairPart, seed: int, size: int = SAMPLE) -> PairPart:
    """Returns pairs drawn without replacement, in their order; all if there are no more."""
    chosen = np.random.default_rng(seed).permutation(len(part))[:size]
    return part.take(sorted(chosen.tolist()))

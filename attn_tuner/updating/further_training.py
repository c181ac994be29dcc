"""Trains the members of an export on: how long and on which texts, and the training itself."""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from attn_tuner.finalizing.refit import TrainingGuard
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.row_adamw import swap_averages
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.updating.grown_weights import take_over

EPOCHS_SHARE = 0.5  # Of the epochs that gave the best score: the training goes on from there.
LEAST_PASSES, MOST_PASSES = 3, 4
LEAST_STEPS = 100  # Batches of a training, where there is time; few texts need more passes.
LARGER, LARGEST = 2, 128  # Times the texts of a batch of the search, up to so many in all.
LONGER = 1.5  # Times as long as in the search, that a step of such a batch is taken to last.
MOST_REPLAYED = 2  # Texts of the search for each new one, where that is more than all of them once.


@dataclass(frozen=True)
class Training:
    """How a member is trained on.

    Args:
        passes: int, times that each new text is seen.
        replayed: int, texts of the search that are seen meanwhile, some several times.
        batch: int, texts of a batch.
        seconds: float, how long that takes at the pace of the search; None where it is not known.
    """

    passes: int
    replayed: int
    batch: int
    seconds: float | None = None


def planned(
    record: TrialRecord, old: int, new: int, learnt_from: int, seconds: float | None
) -> Training | None:
    """Fits the training of a member into the time for it; None where it does not fit.

    The passes are half as many as the epochs of the search, but from `LEAST_PASSES` to
    `MOST_PASSES`, and more until there are `LEAST_STEPS`. Meanwhile the texts of the search are
    replayed once, or `MOST_REPLAYED` for each new text that is read, and more until there are
    `LEAST_STEPS`; where the time is short fewer are, but as many as new ones. Batches are larger
    than in the search where there are `LEAST_STEPS` of these, too: with short texts a step hardly
    takes longer for them.

    Args:
        record: of the member, with its pace.
        old, new: int, texts to train on, of the search and new.
        learnt_from: int, texts of an epoch of the search.
        seconds: float, the time; None for no limit.
    """
    own = record.values.get("batch_size", 1)
    larger = max(own, min(LARGER * own, LARGEST))
    way = _planned(record, old, new, learnt_from, seconds, larger)
    if way and way.passes * new + way.replayed >= LEAST_STEPS * larger:
        return way
    return _planned(record, old, new, learnt_from, seconds, own) or way


def _planned(
    record: TrialRecord, old: int, new: int, learnt_from: int, seconds: float | None, batch: int
) -> Training | None:
    """Plans as `planned`, with batches of so many texts."""
    trained = max(record.metrics.get("epochs", 1.0), 0.1)
    least = LEAST_STEPS * record.values.get("batch_size", 1)
    wanted = min(MOST_PASSES, max(LEAST_PASSES, math.ceil(EPOCHS_SHARE * trained)))
    passes = max(wanted, math.ceil(least / max(old + new, 1)))
    former = record.trained.get("batch_size", 1)
    step = LONGER if batch > former else 1.0
    pace = training_pace(record, learnt_from) * step * former / batch
    if seconds is None or pace == 0:
        replayed = _replayed(passes, old, new, least)
        return Training(passes, replayed, batch, (passes * new + replayed) * pace or None)
    texts = int(seconds / pace)
    while passes > LEAST_PASSES and passes * new + _replayed(passes, old, new, least) > texts:
        passes -= 1
    replayed = min(texts - passes * new, _replayed(passes, old, new, least))
    if replayed < min(passes * new, passes * old):
        return None
    return Training(passes, replayed, batch, pace * (passes * new + replayed))


def _replayed(passes: int, old: int, new: int, least: int) -> int:
    """Returns how many texts of the search are read beside new ones, where there is time.

    Args:
        passes, old, new: as in `planned`.
        least: texts of the whole training, if there are so many.
    """
    return min(passes * old, max(old, MOST_REPLAYED * passes * new, least - passes * new))


def planned_members(
    members: Sequence[TrialRecord],
    old: int,
    new: int,
    learnt_from: int,
    seconds: float | None,
    start: float = 0.0,
) -> list[tuple[TrialRecord, Training]]:
    """Plans the training of as many members as there is time for, and of one at least.

    Where there is too little time even for one, it is trained all the same, with as many texts of
    the search as new ones: a model that has seen these too seldom is worth no time at all.

    Args:
        members: their records, those that are kept first.
        old, new, learnt_from: as in `planned`.
        seconds: float, the time for all of them; None for no limit.
        start: float, seconds that each takes besides its training.
    """
    for count in range(len(members), 0, -1):
        each = None if seconds is None else seconds / count - start
        ways = [planned(record, old, new, learnt_from, each) for record in members[:count]]
        if None not in ways:
            return [(record, way) for record, way in zip(members, ways, strict=False) if way]
    usual = _planned(
        members[0], old, new, learnt_from, None, members[0].values.get("batch_size", 1)
    )
    way = replace(usual, replayed=usual.passes * min(old, new), seconds=None)
    return [(members[0], way)]


def replay(store: TokenStore, old: int, training: Training, seed: int) -> TokenStore:
    """Returns what a member reads: each new text in every pass, and texts of the search.

    Of each class of the search the same share is drawn, and each text drawn counts for those that
    were not:

        w = passes old / replayed for a text of the search, 1 for a new one, divided by their mean

    so that classes count as in all texts together.

    Args:
        store: all texts to train on, those of the search first.
        old: int, how many those are.
        training: how often to read them.
        seed: int, for the draw.
    """
    whole, rest = divmod(training.replayed, max(old, 1))
    drawn = np.tile(np.arange(old), whole)
    if rest:
        share = store.take(np.arange(old)).fraction(rest / old, seed)
        drawn = np.concatenate([drawn, share])
    rows = np.concatenate([drawn, np.tile(np.arange(old, len(store)), training.passes)])
    found = store.take(rows.astype(np.int64))
    if len(drawn) == training.passes * old:
        return found
    weights = np.ones(len(rows)) if found.weights is None else np.array(found.weights, float)
    weights[: len(drawn)] *= training.passes * old / max(len(drawn), 1)
    return replace(found, weights=(weights / weights.mean()).astype(np.float32))


def train_on(
    record: TrialRecord,
    former: keras.Model,
    hypermodel: AttentionHyperModel,
    stored: EncodedData,
    store: TokenStore,
    budget: Budget,
) -> keras.Model | None:
    """Trains a member on, its learning rate rising and falling once more.

    Args:
        record: of the member, with the values to train with.
        former: its model after the search.
        hypermodel: builds the larger model.
        stored: the `EncodedData` with the new texts.
        store: texts to train on, each as often as it is read; see `replay`.
        budget: the time limit of this training, at which it ends.

    Returns:
        The model; None where the loss was not finite, or the time was over at once.
    """
    values = record.trained
    batches = stored.shuffled(store, values, record.seed)
    hypermodel = copy.copy(hypermodel)
    hypermodel.training_texts = len(batches.rows)
    keras.utils.set_random_seed(record.seed)
    model = hypermodel.model(values)
    take_over(model, former)
    guard = TrainingGuard(len(batches), budget)
    model.fit(prefetch(batches), callbacks=[guard], verbose=0, shuffle=False)
    swap_averages(model)
    return model if np.isfinite(guard.loss) else None


def further_values(record: TrialRecord, words: int, batch: int) -> dict[str, Any]:
    """Returns the values that an update uses in the place of the search's.

    Args:
        record: of the member.
        words: int, size of the vocabulary.
        batch: int, texts of a batch.
    """
    return {**record.used, "vocabulary_size": words, "epochs": 1, "batch_size": batch}


def training_pace(record: TrialRecord, learnt_from: int) -> float:
    """Returns the seconds that a trial trained for each text and epoch, without evaluations.

    Args:
        record: of the trial.
        learnt_from: int, texts of an epoch.
    """
    trained = max(record.metrics.get("epochs", 1.0), 0.1)
    return _training_seconds(record) / (trained * max(learnt_from, 1))


def _training_seconds(record: TrialRecord) -> float:
    """Returns the seconds of training until the best evaluation, without evaluations."""
    best = record.metrics.get("epochs", 0.0)
    judged = sum(
        each.get("judging", 0.0) for each in record.history if each.get("epochs", 0.0) <= best
    )
    return max(record.metrics.get("seconds", record.seconds) - judged, 0.0)

"""Makes what a student learns from: texts with a teacher's probabilities in place of labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attn_tuner.distilling.teacher import Average
from attn_tuner.distilling.variants import variants
from attn_tuner.text.dataset import Split
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_texts import EncodedTexts

LABELS_SHARE = 0.5  # Of the label of a training text in its target; the rest is the teacher's.
MOST_COPIES = 4  # Changed copies of each training text.


def further_texts(
    stored: EncodedTexts, given: Sequence[str]
) -> tuple[TokenStore | None, list[str]]:
    """Encodes further texts, without those of the validation and test part.

    Args:
        stored: the texts of the search.
        given: sequence of str, texts beside its own ones without labels.

    Returns:
        The texts given and those of the search; the texts given that are among them, first.
    """
    forbidden: set[bytes] = set()
    for role in ("validation", "test"):
        if role in stored.stores:
            forbidden.update(stored.stores[role].keys())
    texts = list(dict.fromkeys(given))
    stores = []
    if texts:
        store = encoded(texts, stored)
        kept = [place for place, key in enumerate(store.keys()) if key not in forbidden]
        texts = [texts[place] for place in kept]
        if texts:
            stores.append(encoded(texts, stored))
    if stored.size("unlabelled"):
        stores.append(stored.stores["unlabelled"])
    return (TokenStore.concatenate(stores) if stores else None), texts


def encoded(texts: list[str], stored: EncodedTexts) -> TokenStore:
    """Encodes texts by the vocabulary of the search, all labels 0."""
    return TokenStore.encode(Split(texts, np.zeros(len(texts), "int32")), stored.vectorizer)


def answered(
    average: Average, stored: EncodedTexts, more: TokenStore | None, room: int, seed: int
) -> tuple[TokenStore, tuple[int, int]]:
    """Asks the average about training texts, others and changed copies.

    Args:
        average: the teacher.
        stored: the texts of the search.
        more: further texts.
        room: how many texts there is time for beside the training texts.
        seed: int, for the draws.

    Returns:
        All texts with soft labels; the numbers of further texts and of changed copies.
    """
    train = stored.stores["train"]
    if more is not None and len(more) > room:
        drawn = np.random.default_rng(seed).permutation(len(more))[:room]
        more = more.take(np.sort(drawn)) if room else None
    others = [] if more is None else [more]
    copies = min(MOST_COPIES, (room - sum(map(len, others))) // len(train))
    changed = variants(train, copies, seed) if copies > 0 else None
    if changed is not None:
        others.append(changed)
    further = TokenStore.concatenate([_plain(each) for each in others]) if others else None
    answers = None if further is None else average.answers(further)
    soft = joined(train, average.answers(_plain(train)), further, answers)
    return soft, (0 if more is None else len(more), 0 if changed is None else len(changed))


def joined(
    train: TokenStore,
    answers: np.ndarray | None,
    others: TokenStore | None,
    theirs: np.ndarray | None,
) -> TokenStore:
    """Joins training texts with others, with soft labels: `(texts, classes)`, or `(texts,)` of two.

    Args:
        train: the training texts.
        answers: of the teacher to them; None for their labels alone.
        others: further texts.
        theirs: answers of the teacher to those.
    """
    classes = (answers if answers is not None else theirs).shape[1]
    hard = np.eye(classes, dtype="float32")[train.labels]
    own = hard if answers is None else LABELS_SHARE * hard + (1 - LABELS_SHARE) * answers
    stores = [_plain(train)] + ([] if others is None else [_plain(others)])
    targets = np.concatenate([own] + ([] if others is None else [theirs[: len(others)]]))
    targets = targets[:, 1] if classes == 2 else targets
    return replace(TokenStore.concatenate(stores), labels=targets.astype("float32"))


def _plain(store: TokenStore) -> TokenStore:
    """Returns the texts without labels, groups and times."""
    return replace(store, labels=np.zeros(len(store), "int32"), groups=None, times=None)

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


def new_texts(stored: EncodedTexts, given: Sequence[str]) -> tuple[TokenStore, list[str]]:
    """Encodes texts, those of the validation and test part and repeated ones left out.

    Args:
        stored: the texts of the search.
        given: sequence of str.

    Returns:
        The others, all labels 0; and as they were given.
    """
    forbidden: set[bytes] = set()
    for role in ("validation", "test"):
        if role in stored.stores:
            forbidden.update(stored.stores[role].keys())
    texts = list(dict.fromkeys(given))
    store = TokenStore.encode(Split(texts, np.zeros(len(texts), "int32")), stored.vectorizer)
    kept = [place for place, key in enumerate(store.keys()) if key not in forbidden]
    return store.take(np.array(kept, int)), [texts[place] for place in kept]


def answered(
    average: Average, stored: EncodedTexts, given: TokenStore | None, room: int, seed: int
) -> tuple[TokenStore, tuple[int, int]]:
    """Asks the average about training texts, those without labels and changed copies.

    Args:
        average: the teacher.
        stored: the texts of the search.
        given: further texts without labels beside those of the search, if any.
        room: how many texts there is time for beside the training texts.
        seed: int, for the draws.

    Returns:
        All texts with soft labels; the numbers of those without labels and of changed copies.
    """
    train = stored.stores["train"]
    unlabelled = [given] if given is not None and len(given) else []
    if stored.size("unlabelled"):
        unlabelled.append(stored.stores["unlabelled"])
    others = [drawn(TokenStore.concatenate(unlabelled), room, seed)] if unlabelled else []
    texts = sum(map(len, others))
    copies = min(MOST_COPIES, (room - texts) // len(train))
    if copies > 0:
        others.append(variants(train, copies, seed))
    further = TokenStore.concatenate([plain(each) for each in others]) if others else None
    answers = average.answers(further) if further is not None and len(further) else None
    soft = joined(train, average.answers(plain(train)), further, answers)
    return soft, (texts, sum(map(len, others)) - texts)


def drawn(texts: TokenStore, count: int, seed: int) -> TokenStore:
    """Returns at most `count` of the texts."""
    if len(texts) <= count:
        return texts
    places = np.random.default_rng(seed).permutation(len(texts))[:count]
    return texts.take(np.sort(places))


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
    stores, targets = [plain(train)], [own]
    if others is not None and theirs is not None:
        stores, targets = [*stores, plain(others)], [*targets, theirs]
    together = np.concatenate(targets).astype("float32")
    labels = together[:, 1] if classes == 2 else together
    return replace(TokenStore.concatenate(stores), labels=labels)


def with_labels(soft: TokenStore, further: TokenStore) -> TokenStore:
    """Joins texts with soft labels with others that have the labels of classes.

    Args:
        soft: as `joined` returns them.
        further: the others.
    """
    own = further.labels.astype("float32")
    if soft.labels.ndim == 2:
        own = np.eye(soft.labels.shape[1], dtype="float32")[further.labels]
    labels = np.concatenate([soft.labels, own])
    return replace(TokenStore.concatenate([plain(soft), plain(further)]), labels=labels)


def plain(store: TokenStore) -> TokenStore:
    """Returns the texts without labels, groups and times."""
    return replace(store, labels=np.zeros(len(store), "int32"), groups=None, times=None)

"""Divides a data set into parts that share no text, no group and no time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task
from attn_tuner.text import dataset_notes
from attn_tuner.text.dataset import Split
from attn_tuner.text.dataset_checks import check_each_class_is_left
from attn_tuner.text.grouped_splitting import hold_out_groups, hold_out_latest, remove_groups_of
from attn_tuner.text.splitting import default_fraction, hold_out, remove_texts_of, text_ids


def separate_parts(name: str, splits: dict[str, Split], notes: list[str]) -> Split:
    """Removes texts that occur in several parts from all but one; returns training.

    A text that stands in several parts stays in the test part, else in the validation part. Groups
    of other parts leave training as well.

    Args:
        name: str, name of the data in messages.
        splits: by role; "train" is taken out.
        notes: sentences for the user; more are added.
    """
    train = splits.pop("train")
    for role, other in splits.items():
        train, removed = remove_groups_of(train, other)
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: their group is also in the {role} part."
            )
        train, removed = remove_texts_of(train, [other])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they are also in the {role} part."
            )
    if "validation" in splits and "test" in splits:
        kept, removed = remove_texts_of(splits["validation"], [splits["test"]])
        if removed and not len(kept):
            raise DataError(
                f"All validation texts of {name} are also in the test part, so the test would not "
                "be independent. Give other validation texts, or none: some are then held out of "
                "training."
            )
        if removed:
            splits["validation"] = kept
            notes.append(
                f"{removed:,} validation texts were removed: they are also in the test part."
            )
    return train


def hold_out_missing(
    name: str,
    train: Split,
    splits: dict[str, Split],
    classes: Sequence[str],
    task: Task,
    fractions: Mapping,
    seed: int,
    notes: list[str],
) -> Split:
    """Holds the missing parts out of training; returns what remains of it.

    Args:
        name: str, name of the data in messages.
        train: `Split` of training.
        splits: the other parts by role; the missing ones are added.
        classes: names of the classes.
        task: of the data.
        fractions: by role, the share to hold out where it was said.
        seed: int, for the division.
        notes: sentences for the user; more are added.

    Raises:
        DataError: nothing can be held out for validation, or a class would be left without texts.
    """
    missing = [role for role in ("test", "validation") if role not in splits]
    if missing and train.groups is None and train.times is None:
        notes += dataset_notes.repetition_notes(train, classes)
    for role in missing:
        texts = int(text_ids(train.texts).max()) + 1
        leave = 2 if role == "test" and "validation" not in splits else 1
        fraction = fractions.get(role) or default_fraction(texts)
        if train.groups is not None:
            train, held = hold_out_groups(train, fraction, seed, len(classes), name)
        elif train.times is not None:
            train, held = hold_out_latest(train, fraction, name)
        else:
            train, held = hold_out(train, fraction, seed, len(classes), leave)
        splits[role] = held
        if role == "validation" and not len(splits[role]):
            raise DataError(
                f"No training text of {name} can be held out for validation: each is needed so "
                "that its class keeps one for training. Add texts, or give validation data."
            )
        notes.append(dataset_notes.held_out_note(role, splits[role]))
        train, removed = remove_texts_of(train, [held])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they are also in the {role} part."
            )
        check_each_class_is_left(name, train, classes, task)
    return train


def scaled_weights(
    train: Split, splits: Mapping[str, Split], notes: list[str]
) -> tuple[Split, dict]:
    """Scales weights to a mean of 1 in training, so that a learning rate means the same.

    Args:
        train: `Split` of training.
        splits: the other parts by role.
        notes: sentences for the user; more are added.

    Returns:
        Both with their weights scaled.
    """
    if train.weights is None:
        return train, dict(splits)
    notes.append(
        "Sample weights count in the training of models and of the linear baseline; scores count "
        "every text once."
    )
    mean = float(train.weights.mean())
    if not mean:
        raise DataError("All training texts have the weight 0. There is nothing to learn.")
    scaled = [
        each if each.weights is None else replace(each, weights=each.weights / np.float32(mean))
        for each in (train, *splits.values())
    ]
    return scaled[0], dict(zip(splits, scaled[1:], strict=True))

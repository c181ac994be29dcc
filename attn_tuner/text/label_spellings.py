"""Merges spellings of the same label, and reports labels that may be the same."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from attn_tuner.text.cleaning import clean_labels

_WHOLE = re.compile(r"([+-]?\d+)\.0+")
_INTEGER = re.compile(r"[+-]?\d+(\.0+)?")
_JOINERS = re.compile("[\u200c\u200d\ufe00-\ufe0f]")
_SAID = 3  # Examples in a note.


def merge_spellings(
    counts: Mapping[str, int], known: Iterable[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """Chooses one name for all spellings of a label.

    Names are one class if they are equal after NFKC, which joins full-width letters, ligatures
    and the like with the plain ones, without joiners, and with 1.0 written as 1.

    Args:
        counts: mapping of name, from `clean_labels`, to its number of occurrences.
        known: iterable of str, class names that the source declares; these are never changed.

    Returns:
        Name to name, and a list of sentences.
    """
    groups: dict[str, list[str]] = {}
    for name in {**dict.fromkeys(known), **counts}:
        groups.setdefault(_key(name), []).append(name)
    known, chosen = set(known), {}
    numbers = not known and all(_INTEGER.fullmatch(name) for name in counts)
    for key, names in groups.items():
        fixed = [name for name in names if name in known]
        best = key if numbers else max(sorted(names), key=lambda name: counts.get(name, 0))
        for name in names:
            chosen[name] = name if name in fixed else fixed[0] if fixed else best
    return chosen, [*_joined(groups, chosen), *_in_case_only(chosen)]


def as_classes(labels: Iterable, classes: Iterable[str], where: str) -> list[str]:
    """Reads labels as a search reads its own, with its classes for their other spellings.

    Args:
        labels: iterable of str, numbers or booleans, none missing.
        classes: iterable of str, names of the classes of the search.
        where: str, what the labels belong to, for messages.

    Returns:
        A name for each label: that of its class, or its own where no class is called so.

    Raises:
        DataError: a label is missing, or is no name, integer or boolean.
    """
    names = clean_labels(labels, where)
    called, _ = merge_spellings(Counter(names), classes)
    return [called[name] for name in names]


def count_names(lists: Iterable[Iterable[str]]) -> Counter:
    """Counts each name over all lists."""
    counts: Counter = Counter()
    for names in lists:
        counts.update(names)
    return counts


def _key(name: str) -> str:
    if not name.isascii():
        plain = _JOINERS.sub("", unicodedata.normalize("NFKC", name))
        name = " ".join(plain.split()) or name
    number = _WHOLE.fullmatch(name)
    return number[1] if number else name


def _joined(groups, chosen) -> list[str]:
    said = [
        f"'{chosen[names[0]]}' ({', '.join(map(ascii, sorted(names)))})"
        for names in groups.values()
        if len({*names}) > 1 and len({chosen[name] for name in names}) == 1
    ]
    if not said:
        return []
    return [f"Different spellings of a label were merged: {_listed(said)}."]


def _in_case_only(chosen) -> list[str]:
    alike: dict[str, set] = {}
    for name in set(chosen.values()):
        alike.setdefault(name.casefold(), set()).add(name)
    several = [sorted(names) for names in alike.values() if len(names) > 1]
    said = sorted(" and ".join(f"'{each}'" for each in names) for names in several)
    if not said:
        return []
    return [
        f"Labels that differ only in case were kept as separate classes: {_listed(said)}. To merge "
        "them, spell them alike."
    ]


def _listed(said) -> str:
    more = f"; and {len(said) - _SAID} more" if said[_SAID:] else ""
    return "; ".join(said[:_SAID]) + more

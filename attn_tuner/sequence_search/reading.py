"""Reads pairs of texts from lists, tables, parallel files and the demos."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.sequence_search.pair_dataset import ROLES, PairDataset, PairPart, divided
from attn_tuner.text.cleaning import clean_texts, is_blank
from attn_tuner.text.dataset_checks import check_fraction
from attn_tuner.text.dates_corpus import PARTS, dates_corpus
from attn_tuner.text.loaders.base import RawData, ReadOptions, Table, open_source
from attn_tuner.text.loaders.sequences import to_list
from attn_tuner.text.orders_corpus import orders_corpus

USUAL_COLUMNS = (("source", "target"), ("src", "tgt"), ("text", "summary"), ("document", "summary"))
FEWEST = 3  # Different sources, one for each part.
_WANTED = (
    "Give a tuple (sources, targets) of two lists or of two files with a text a line, or a table "
    "with the columns source and target."
)


def dates_demo() -> PairDataset:
    """Generates dates in many forms with their ISO form; see `text.dates_corpus`."""
    parts = {
        role: PairPart(
            [pair.source for pair in pairs],
            [pair.target for pair in pairs],
            tuple({PARTS[name]: span for name, span in pair.spans.items()} for pair in pairs),
        )
        for role, pairs in dates_corpus().items()
    }
    return PairDataset("dates-demo", parts, objective="exact_match")


def orders_demo() -> PairDataset:
    """Generates short orders with a line that sums each up; see `text.orders_corpus`."""
    parts = {
        role: PairPart([pair.source for pair in pairs], [pair.target for pair in pairs])
        for role, pairs in orders_corpus().items()
    }
    return PairDataset("orders-demo", parts, objective="exact_match")


DEMOS: dict[str, Callable[[], PairDataset]] = {
    "dates-demo": dates_demo,
    "orders-demo": orders_demo,
}


def load_pairs(
    source: Any,
    text: Any = None,
    label: Any = None,
    validation: Any = None,
    test: Any = None,
    seed: int = 0,
    drop_missing: bool = False,
    encoding: str | None = None,
    header: bool | None = None,
) -> PairDataset:
    """Reads pairs of texts, checks them and divides them into parts.

    Args:
        source: a tuple (sources, targets) of two lists, or of the paths of two files with a text a
            line; a table of any kind that `text.load` takes; a TFDS name; a tuple of two or three
            such pairs, training, validation and test; "dates-demo" or "orders-demo".
        text: column of the sources; "source", or an obvious one, if not given.
        label: column of the targets; "target", or an obvious one, if not given.
        validation, test: another source of any kind, or the fraction to hold out.
        seed: int, for the division.
        drop_missing: whether pairs without source or target are left out.
        encoding, header: as in `text.load`.

    Raises:
        DataError: the pairs cannot be used; says why and what to do.
    """
    if isinstance(source, str) and source in DEMOS:
        return _demo(source, text, label, validation, test)
    options = ReadOptions(text, label, encoding=encoding, header=header)
    name, raw = _read(source, options)
    fractions = {}
    for role, given in (("validation", validation), ("test", test)):
        if isinstance(given, float):
            fractions[role] = check_fraction(role, given)
            raw.pop(role, None)
        elif given is not None:
            other = _read(given, options)[1]
            raw[role] = other.get(role, other["train"])
    notes: list[str] = []
    parts = {
        role: _checked(raw[role], _where(name, role, len(raw)), drop_missing, notes)
        for role in ROLES
        if role in raw
    }
    distinct = len(set(parts["train"].sources))
    if distinct < FEWEST:
        raise DataError(
            f"A search needs at least {FEWEST} different sources, one for each of training, "
            f"validation and test; there are {distinct} in {name}."
        )
    found = divided(parts, fractions, seed)
    if removed := found.pop("removed"):
        notes.append(
            f"{removed:,} training pairs were removed: their sources are also in the validation or "
            "test part."
        )
    if not len(found["train"]):
        raise DataError(f"No training pairs of {name} are left. Give more, or hold out fewer.")
    return PairDataset(name, found, tuple(notes))


def _demo(name: str, *options: Any) -> PairDataset:
    if any(each is not None for each in options):
        raise DataError(
            f"{name} is generated with its parts. Leave out text, label, validation and test."
        )
    return DEMOS[name]()


def _where(name: str, role: str, parts: int) -> str:
    return name if parts == 1 else f"{name} ({role})"


def _read(source: Any, options: ReadOptions) -> tuple[str, dict[str, tuple[list, list]]]:
    """Returns the name of a source, and by role its sources and targets as they came."""
    if isinstance(source, tuple | list) and len(source) == 2 and all(map(_is_path, source)):
        return _parallel(source, options)
    if isinstance(source, tuple) and len(source) in (2, 3) and all(map(_is_pair, source)):
        roles = ("train", "test") if len(source) == 2 else ROLES
        return "the given pairs", {
            role: _lists(pair) for role, pair in zip(roles, source, strict=True)
        }
    if isinstance(source, tuple) and len(source) == 2:
        return "the given pairs", {"train": _lists(source)}
    if isinstance(source, tuple):
        raise DataError(f"A tuple of {len(source)} was given as pairs. {_WANTED}")
    if isinstance(source, list) and source and all(isinstance(each, str) for each in source):
        raise DataError(f"A list of texts alone was given as pairs. {_WANTED}")
    found = open_source(source, options)
    if isinstance(found, Table):
        source_column, target_column = _columns(found, options)
        parts = {
            role: (list(part[source_column]), list(part[target_column]))
            for role, part in found.parts.items()
            if role in ROLES
        }
        return found.name, parts
    return found.name, _of_raw(found)


def _of_raw(found: RawData) -> dict[str, tuple[list, list]]:
    if found.classes is not None:
        raise DataError(f"{found.name} has classes and no targets. {_WANTED}")
    return {
        role: (list(part[0]), list(part[1])) for role, part in found.parts.items() if role in ROLES
    }


def _is_path(value: Any) -> bool:
    return isinstance(value, str | os.PathLike)


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and not any(map(_is_path, value))


def _lists(pair: Sequence) -> tuple[list, list]:
    return to_list(pair[0], "the sources"), to_list(pair[1], "the targets")


def _parallel(paths: Sequence, options: ReadOptions) -> tuple[str, dict]:
    lines = []
    for each in map(Path, paths):
        if not each.is_file():
            raise DataError(f"{each} is no file. {_WANTED}")
        try:
            # Other marks than this one, such as U+2028, stand within a text.
            found = each.read_text(encoding=options.encoding or "utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{each} is not {options.encoding or 'UTF-8'} (byte {error.start:,}). Name its "
                "encoding with encoding=."
            ) from error
        lines.append(found[:-1] if found[-1] == "" else found)
    return Path(paths[0]).name, {"train": (lines[0], lines[1])}


def _columns(table: Table, options: ReadOptions) -> tuple[Any, Any]:
    """Returns the columns of the sources and of the targets."""
    there = list(table.parts["train"])
    for setting, column in (("text", options.text), ("label", options.label)):
        if isinstance(column, list):
            raise DataError(
                f"{setting} names {len(column)} columns; a pair needs one of each side."
            )
        if column is not None and column not in there:
            raise UnknownName(f"{table.name}: {unknown('column', str(column), map(str, there))}")
    if options.text is not None and options.label is not None:
        return options.text, options.label
    known = {str(each).strip().lower(): each for each in there}
    for names in USUAL_COLUMNS:
        if all(each in known for each in names):
            usual = tuple(known[each] for each in names)
            break
    else:
        usual = table.usual or (tuple(there) if len(there) == 2 else None)
    if usual is None:
        raise DataError(
            f"{table.name} has the columns {', '.join(map(str, there))}, and none is called source "
            "or target. Name the column of the sources with text= and that of the targets with "
            "label=."
        )
    first = usual[0] if options.text is None else options.text
    second = usual[1] if options.label is None else options.label
    if first == second:
        raise DataError(f"Column {first!r} would be source and target. Name both: text=, label=.")
    return first, second


def _checked(pair: tuple[list, list], where: str, drop: bool, notes: list[str]) -> PairPart:
    sources, targets = pair
    if len(sources) != len(targets):
        raise DataError(
            f"There are {len(sources):,} sources and {len(targets):,} targets in {where}. Each "
            "source needs one target."
        )
    if not sources:
        raise DataError(f"{where} holds no pairs.")
    blank = [
        row
        for row, each in enumerate(zip(sources, targets, strict=True))
        if any(map(is_blank, each))
    ]
    if blank and not drop:
        raise DataError(
            f"{len(blank):,} of {len(sources):,} pairs of {where} lack a source or a target; the "
            f"first is pair {blank[0] + 1}. Fill them in, or leave them out with drop_missing=True."
        )
    if blank:
        notes.append(f"{len(blank):,} of {len(sources):,} pairs of {where} were incomplete.")
        without = set(blank)
        kept = [row for row in range(len(sources)) if row not in without]
        sources, targets = ([side[row] for row in kept] for side in (sources, targets))
        if not sources:
            raise DataError(f"All pairs of {where} lack a source or a target.")
    return PairPart(
        clean_texts(sources, f"the sources of {where}"),
        clean_texts(targets, f"the targets of {where}"),
    )

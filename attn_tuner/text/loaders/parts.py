"""Reads a dict with a source for each part: `{"train": ..., "test": ...}`."""

from collections.abc import Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import (
    RawData,
    ReadOptions,
    Table,
    loaders,
    open_source,
    role_of,
)


@loaders.register("parts")
class PartsLoader:
    """Takes a dict from "train", "validation" and "test" to sources, as a `DatasetDict` is one."""

    def accepts(self, source: Any) -> bool:
        return are_parts(source)

    def read(self, source: Any, options: ReadOptions) -> Table | RawData:
        roles = {role: key for key in source if (role := role_of(key)) is not None}
        if "train" not in roles:
            found = ", ".join(map(str, source)) or "none"
            raise DataError(f"The dict has no part called train. Its parts: {found}.")
        name = "the dict of parts"
        read = {role: open_source(source[key], options) for role, key in roles.items()}
        notes = [note for each in read.values() for note in each.notes]
        if left := [str(key) for key in source if key not in roles.values()]:
            notes.append(f"Parts that were not read: {', '.join(left)}.")
        train = read["train"]
        told = tuple(dict.fromkeys(notes))
        if isinstance(train, RawData):
            parts = {role: each.parts["train"] for role, each in read.items()}
            return RawData(
                name,
                {role: part for role, part in parts.items() if role != "unlabelled"},
                train.classes,
                parts["unlabelled"][0] if "unlabelled" in parts else [],
                told,
                {role: each.extras.get("train", {}) for role, each in read.items()},
            )
        tables = {role: each for role, each in read.items() if isinstance(each, Table)}
        if len(tables) < len(read):
            raise DataError("The parts of the dict differ in kind. Give all of them as tables.")
        return Table(
            name,
            {role: table.parts["train"] for role, table in tables.items()},
            train.class_names,
            train.usual,
            train.positional,
            told,
        )


def are_parts(source: Any) -> bool:
    """Checks for a dict whose keys are names of parts, training among them."""
    if not isinstance(source, Mapping) or not source:
        return False
    if isinstance(getattr(source, "column_names", None), Mapping):  # A `DatasetDict`.
        return True
    roles = [role_of(key) for key in source]
    return "train" in roles and None not in roles

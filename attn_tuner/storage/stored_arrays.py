"""A folder of arrays with their facts: what a store of encoded inputs is on disk."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.storage.atomic_files import new_folder, write_json, write_whole
from attn_tuner.storage.checked_files import check_seal, read_object, reading, sealed
from attn_tuner.storage.layout import STORE_FACTS, store_array


def save_arrays(
    directory: str | Path,
    arrays: Mapping[str, np.ndarray],
    extras: Mapping[str, str],
    facts: Mapping[str, Any],
) -> None:
    """Writes a new folder of sealed arrays atomically.

    Args:
        directory: path of the folder.
        arrays: by name.
        extras: name of an array that not all data have to the name of the fact that tells of it.
        facts: further facts, JSON values.
    """
    told = {fact: True for name, fact in extras.items() if name in arrays}
    with new_folder(directory, replaces=False) as draft:
        for name, array in arrays.items():
            write_whole(draft / store_array(name), partial(_save_sealed, array=array))
        write_json(draft / STORE_FACTS, {**facts, **told})


def open_arrays(
    directory: str | Path,
    names: Sequence[str],
    extras: Mapping[str, str],
    kinds: Mapping[str, Any],
    check: bool,
    remedy: str,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Opens a folder that `save_arrays` wrote.

    Args:
        directory: path of the folder.
        names: of the arrays that every folder has; the first is read when it is used.
        extras: as in `save_arrays`, so that a lost file is noticed.
        kinds: the facts that it must hold, with their types.
        check: bool, whether to read all files and verify their checksums.
        remedy: what to do about a damaged file.

    Returns:
        The arrays and the facts of `kinds`, by name.

    Raises:
        RunError: there is no whole store in the folder.
    """
    directory = Path(directory)
    facts = read_object(directory / STORE_FACTS, kinds, remedy)
    arrays = {}
    for name in (*names, *(name for name, fact in extras.items() if facts.get(fact))):
        path = directory / store_array(name)
        with reading(path, remedy):
            if check:
                check_seal(path)
            arrays[name] = np.load(path, mmap_mode="r" if name == names[0] else None)
    return arrays, {name: facts[name] for name in kinds}


def _save_sealed(path: Path, array: np.ndarray) -> None:
    sealed(np.save, path, array)

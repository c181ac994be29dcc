"""Makes the run folder of what was made of a search: an update, a distilled model."""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.storage.atomic_files import new_folder, remove_parts


@contextmanager
def derived_run(parent: Path, out: str | PathLike | None) -> Iterator[tuple[Path, Path]]:
    """Makes a draft of a new run folder, which gets its name when the block succeeds.

    Args:
        parent: folder of those made before, in the run folder of the search.
        out: path of the new folder; `parent/1` and so on if None.

    Yields:
        The draft, and the path that it will have.

    Raises:
        RunError: the path is taken.
    """
    if out is None:
        numbers = [int(each.name) for each in parent.glob("*") if each.name.isdigit()]
        folder = parent / str(max(numbers, default=0) + 1)
    else:
        folder = Path(out)
    if folder.exists():
        raise RunError(f"{folder} is there already. Name a new folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    remove_parts(parent)
    try:
        with new_folder(folder, replaces=False) as draft:
            yield draft, folder
    finally:
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()

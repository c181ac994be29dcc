"""What a rival is given and what it gives back, as files; of the standard library alone.

    python RIVAL.py FOLDER

The folder holds `task.json`. The rival writes `answers.json` into it. The labels of the test texts
are not in the folder.
"""

import importlib.metadata
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

WITHOUT_SPACES = ("zh", "ja")  # Languages, by their ISO 639-1 code.


@dataclass(frozen=True)
class Task:
    """What a rival is given.

    Args:
        train, validation: texts, and the number of the class of each.
        test: texts.
        classes: int, how many there are.
        language: ISO 639-1 code.
        seconds: float, time limit for choosing and training.
        threads: int, cores that may be used.
        seed: int.
    """

    train: tuple[list[str], list[int]]
    validation: tuple[list[str], list[int]]
    test: list[str]
    classes: int
    language: str
    seconds: float
    threads: int
    seed: int

    def save(self, folder: Path) -> None:
        """Writes the task into the folder."""
        (folder / "task.json").write_text(json.dumps(asdict(self)), encoding="utf-8")


@dataclass(frozen=True)
class Answers:
    """What a rival gives back.

    Args:
        validation, test: the class of each text.
        packages: names of its packages; their versions are added.
        facts: what it chose, in words.
    """

    validation: list[int]
    test: list[int]
    packages: list[str]
    facts: str = ""


def spaced(text: str, language: str) -> str:
    """Returns a text with a space between characters where its language has none between words."""
    return " ".join(text.replace(" ", "")) if language in WITHOUT_SPACES else text


def answer(fit: Callable[[Task], Answers]) -> None:
    """Runs a rival on the folder that the command line names.

    Args:
        fit: trains on the task and answers it.
    """
    folder = Path(sys.argv[1])
    task = Task(**json.loads((folder / "task.json").read_text(encoding="utf-8")))
    found = asdict(fit(task))
    packages = found.pop("packages")
    found["versions"] = {name: importlib.metadata.version(name) for name in packages}
    (folder / "answers.json").write_text(json.dumps(found), encoding="utf-8")

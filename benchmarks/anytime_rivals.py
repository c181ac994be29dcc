"""The methods of `anytime.py` that other packages bring, each in an environment of its own.

A rival is a program of `rivals/` and a file of pinned versions. It reads the texts that a search
reads, with the same validation part, and never sees the labels of the test part. Its time limit
is for choosing and training; answering the test texts comes on top, and is in its seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_sets import DATA_SETS, loaded

PROGRAMS = Path(__file__).parent / "rivals"
sys.path.append(str(PROGRAMS))

from exchange import Task  # noqa: E402

OVERRUN = 3.0  # Times its limit, after which a rival is stopped.
GRACE = 600.0  # Seconds on top, for reading the texts and answering the test part.


class MethodFailed(Exception):
    """A program of a method failed; says the last line that it printed."""


@dataclass(frozen=True)
class Rival:
    """A package to be compared with.

    Args:
        program: file in `rivals/`.
        versions: file in `rivals/` of pinned versions.
    """

    program: str
    versions: str


RIVALS = {
    "fasttext": Rival("fasttext_autotune.py", "fasttext.txt"),
    "spacy": Rival("spacy_textcat.py", "spacy.txt"),
    "flaml": Rival("flaml_tfidf.py", "flaml.txt"),
    "autogluon": Rival("autogluon_ngrams.py", "autogluon.txt"),
    "keras_tuner": Rival("keras_tuner_lstm.py", "keras_tuner.txt"),
}


def installed(name: str, environments: Path) -> Path:
    """Returns the Python of a rival's environment, which is made where its versions changed.

    Args:
        name: key of `RIVALS`.
        environments: the folder of all environments.

    Raises:
        MethodFailed: it cannot be installed.
    """
    folder, wanted = environments / name, PROGRAMS / RIVALS[name].versions
    python, done = folder / "bin" / "python", folder / "installed.txt"
    versions = wanted.read_text(encoding="utf-8")
    if not done.exists() or done.read_text(encoding="utf-8") != versions:
        venv.create(folder, with_pip=True, clear=True)
        called([python, "-m", "pip", "install", "-q", "-r", wanted])
        done.write_text(versions, encoding="utf-8")
    return python


def raced(name: str, data: str, minutes: float, seed: int, environments: Path) -> dict[str, Any]:
    """Runs a rival on a set, and returns what was measured.

    Args:
        name: key of `RIVALS`.
        data: key of `DATA_SETS`.
        minutes: float, the rival's time limit.
        seed: int, for the validation part and the rival.
        environments: the folder of all environments.

    Raises:
        MethodFailed: it could not be installed, or gave no answers.
    """
    python = installed(name, environments)
    dataset = loaded(data, seed)
    with tempfile.TemporaryDirectory() as folder:
        task = task_of(dataset, DATA_SETS[data].language, 60 * minutes, seed)
        task.save(Path(folder))
        began, before = time.monotonic(), os.times()
        command = [python, PROGRAMS / RIVALS[name].program, folder]
        called(command, OVERRUN * 60 * minutes + GRACE)
        seconds, after = time.monotonic() - began, os.times()
        found = json.loads((Path(folder) / "answers.json").read_text(encoding="utf-8"))
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    return {
        "accuracy": share_right(found["test"], dataset.test.labels),
        "validation": share_right(found["validation"], dataset.validation.labels),
        "facts": found["facts"],
        "texts": len(found["test"]),
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "versions": found["versions"],
    }


def task_of(dataset: Any, language: str, seconds: float, seed: int) -> Task:
    """Returns what a rival is given of a `TextDataset`: no label of the test part."""
    parts = {
        role: ([str(text) for text in part.texts], [int(label) for label in part.labels])
        for role, part in (("train", dataset.train), ("validation", dataset.validation))
    }
    return Task(
        **parts,
        test=[str(text) for text in dataset.test.texts],
        classes=len(dataset.classes),
        language=language,
        seconds=seconds,
        threads=len(os.sched_getaffinity(0)),
        seed=seed,
    )


def share_right(answers: list[int], labels: Any) -> float:
    """Returns the share of texts whose class is right."""
    right = sum(int(label) == one for one, label in zip(answers, labels, strict=True))
    return right / len(answers)


def called(command: list, seconds: float | None = None) -> str:
    """Runs a program, and returns what it wrote to standard output.

    Args:
        command: the program and its arguments.
        seconds: float, time limit; None for none.

    Raises:
        MethodFailed: it failed, or took longer.
    """
    try:
        done = subprocess.run(
            [str(each) for each in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise MethodFailed(f"gave no answer within {seconds:.0f} seconds") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise MethodFailed(said[-1])
    return done.stdout

"""The classification sets on which searches are measured, each with its official test part.

IMDb comes from TensorFlow Datasets, in `TFDS_DATA_DIR`. The others are folders of the folder
`ATTN_TUNER_DATA`, each with `train.csv` and `test.csv`, columns `text` and `label`.
"""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataSet:
    """One set.

    Args:
        title: its name in a table.
        folder: below `ATTN_TUNER_DATA`; empty for IMDb.
        language: ISO 639-1 code of its texts.
    """

    title: str
    folder: str = ""
    language: str = "en"


DATA_SETS = {
    "imdb": DataSet("IMDb"),
    "hotel": DataSet("hotel reviews (Chinese)", "chn_hotel", "zh"),
    "trec": DataSet("TREC", "trec"),
    "subj": DataSet("subjectivity", "subj"),
    "offensive": DataSet("tweets, offensive", "tweeteval_offensive"),
    "irony": DataSet("tweets, irony", "tweeteval_irony"),
    "customer_reviews": DataSet("customer reviews", "customer_reviews"),
    "mpqa": DataSet("MPQA", "mpqa"),
    "ag_news": DataSet("AG News, small", "ag_news_small"),
    "clinc150": DataSet("CLINC150", "clinc150"),
}


def source(name: str) -> dict[str, Any]:
    """Returns what `search` is given of a set.

    Args:
        name: key of `DATA_SETS`.
    """
    if not DATA_SETS[name].folder:
        return {"data": "imdb_reviews"}
    folder = Path(os.environ["ATTN_TUNER_DATA"]) / DATA_SETS[name].folder
    return {"data": str(folder / "train.csv"), "test": str(folder / "test.csv")}


def labelled(path: str) -> list[tuple[str, str]]:
    """Reads texts and labels of a table."""
    with open(path, encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def write_labelled(path: Path, rows: Iterable[tuple[str, str]]) -> str:
    """Writes texts and labels as a table; returns its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return str(path)


def out_of_scope(name: str) -> list[str]:
    """Returns texts of none of the classes of a set; empty where it has none.

    Args:
        name: key of `DATA_SETS`.
    """
    folder = DATA_SETS[name].folder
    path = Path(os.environ.get("ATTN_TUNER_DATA", "")) / folder / "out_of_scope.csv"
    if not folder or not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def loaded(name: str, seed: int) -> Any:
    """Returns the `TextDataset` that `search` reads, with the same validation part.

    Args:
        name: key of `DATA_SETS`.
        seed: int, for the validation part where the set has none.
    """
    from attn_tuner.text import load

    given = source(name)
    return load(given.pop("data"), **given, seed=seed)

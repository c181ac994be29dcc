"""The lines of the README with which data go in: each reads the data it names."""

import gzip
import json
import re
from types import SimpleNamespace

import fsspec
import pandas as pd
import pytest

import attn_tuner
from attn_tuner import runtime
from attn_tuner.settings.table import BY_NAME, check_options
from tests.support import ROOT

ROWS = [(f"a film, number {number}", ("good", "bad")[number % 2]) for number in range(60)]
FRAME = pd.DataFrame(ROWS, columns=["review", "stars"]).assign(
    patient=[number // 3 for number in range(60)],
    votes=[1 + number % 4 for number in range(60)],
    angry=[number % 2 for number in range(60)],
    urgent=[int(number % 5 == 0) for number in range(60)],
)
SECTION = re.search(
    r"## Your data, in one line(.*?)\n## ", (ROOT / "README.md").read_text("utf-8"), re.DOTALL
)[1]
LINES = re.findall(r"\| `(attn_tuner\.search\(.*?\))` \|$", SECTION, re.MULTILINE)


class Memory:
    """Stands for the web: a host whose files are in memory."""

    def __init__(self, monkeypatch):
        opened = fsspec.open
        monkeypatch.setattr(
            fsspec, "open", lambda url, *mode: opened(url.replace("https", "memory"), *mode)
        )
        with fsspec.open("https://host/reviews.csv", "wb") as file:
            file.write(FRAME[["review", "stars"]].to_csv(index=False).encode())


class Part:
    """A `Dataset` of Hugging Face, as far as it is asked."""

    def __init__(self, rows):
        self.rows = rows
        self.column_names = ["text", "label"]
        self.features = {"text": None, "label": SimpleNamespace(names=["bad", "good"])}

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, name):
        values = {"text": [text for text, _ in self.rows]}
        return values.get(name) or [int(label == "good") for _, label in self.rows]


class Parts(dict):
    """A `DatasetDict` of Hugging Face."""

    @property
    def column_names(self):
        return {name: part.column_names for name, part in self.items()}


@pytest.fixture
def names(tmp_path, monkeypatch):
    """Writes the files that the lines name; returns the names that they use."""
    monkeypatch.chdir(tmp_path)
    Memory(monkeypatch)
    two = FRAME[["review", "stars"]]
    two.to_csv("reviews.csv", index=False)
    (tmp_path / "more.txt").write_text("another film\n", encoding="utf-8")
    lines = [json.dumps({"review": {"body": text}, "stars": stars}) for text, stars in ROWS]
    (tmp_path / "reviews.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    (tmp_path / "parts").mkdir()
    two[:30].to_parquet("parts/1.parquet")
    two[30:].to_parquet("parts/2.parquet")
    for number, (text, stars) in enumerate(ROWS):
        path = tmp_path / "reviews" / stars / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    texts, stars = map(list, zip(*ROWS, strict=True))
    return {
        "attn_tuner": SimpleNamespace(search=read_only),
        "frame": FRAME,
        "dataset_dict": Parts(train=Part(ROWS[:40]), test=Part(ROWS[40:])),
        "x_train": texts[:40],
        "y_train": stars[:40],
        "x_test": texts[40:],
        "y_test": stars[40:],
    }


def read_only(data, **options):
    """`search` as far as reading the data."""
    assert set(options) <= set(BY_NAME)
    defaults = {name: setting.default for name, setting in BY_NAME.items()}
    return runtime.read_data(check_options({"data": data, **defaults, **options}))


def test_there_are_eleven_lines_and_each_calls_search():
    assert len(LINES) == 11
    assert callable(attn_tuner.search)


@pytest.mark.parametrize("line", LINES)
def test_each_line_reads_all_texts(line, names):
    data = eval(line, names)
    texts = {text for part in data.parts().values() for text in part.texts}
    assert texts == {text for text, _ in ROWS}
    assert set(data.parts()) == {"train", "validation", "test"}
    assert data.classes in (("bad", "good"), ("angry", "urgent"))

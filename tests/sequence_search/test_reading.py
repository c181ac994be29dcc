"""Pairs are read from lists, tables and files; what is wrong is said before any work."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.sequence_search import reading
from attn_tuner.sequence_search.pair_dataset import ROLES
from attn_tuner.sequence_search.reading import load_pairs
from attn_tuner.text.loaders.base import Table

SOURCES = [f"{number} tea" for number in range(40)]
TARGETS = [f"tea {number}" for number in range(40)]


def every_pair(dataset):
    return {
        pair
        for part in dataset.parts.values()
        for pair in zip(part.sources, part.targets, strict=True)
    }


def test_lists_tables_and_parallel_files_give_the_same_pairs(tmp_path):
    frame = pd.DataFrame({"target": TARGETS, "id": range(40), "source": SOURCES})
    frame.to_csv(tmp_path / "pairs.csv", index=False)
    files = (tmp_path / "a.de", tmp_path / "a.en")
    for file, lines in zip(files, (SOURCES, TARGETS), strict=True):
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = set(zip(SOURCES, TARGETS, strict=True))
    for given in ((SOURCES, TARGETS), frame, tmp_path / "pairs.csv", files):
        dataset = load_pairs(given)
        assert every_pair(dataset) == wanted
        assert set(dataset.parts) == set(ROLES)


def test_columns_of_other_names_are_named():
    frame = pd.DataFrame({"de": SOURCES, "en": TARGETS, "id": SOURCES})
    assert every_pair(load_pairs(frame, text="de", label="en")) == every_pair(
        load_pairs((SOURCES, TARGETS))
    )
    with pytest.raises(DataError, match="has the columns de, en, id"):
        load_pairs(frame)
    with pytest.raises(UnknownName, match="No column is called 'fr'"):
        load_pairs(frame, text="fr", label="en")


def test_columns_that_a_source_declares_are_taken_and_its_bytes_decoded(monkeypatch):
    columns = {"pt": [each.encode() for each in SOURCES], "id": SOURCES, "en": TARGETS}
    table = Table("ted", {"train": columns}, usual=("pt", "en"))
    monkeypatch.setattr(reading, "open_source", lambda *given: table)
    assert every_pair(load_pairs("ted")) == set(zip(SOURCES, TARGETS, strict=True))


def test_all_pairs_of_a_source_are_in_one_part():
    dataset = load_pairs((SOURCES * 3, [f"{n} {t}" for n in range(3) for t in TARGETS]))
    places = [set(part.sources) for part in dataset.parts.values()]
    assert sum(map(len, places)) == len(set.union(*places))


def test_training_pairs_of_a_given_test_part_are_removed():
    dataset = load_pairs((SOURCES, TARGETS), test=(SOURCES[:4], TARGETS[:4]))
    assert dataset.parts["test"].sources == SOURCES[:4]
    assert not set(SOURCES[:4]) & set(dataset.parts["train"].sources)
    assert "4 training pairs were removed" in dataset.notes[0]


def test_three_pairs_are_training_validation_and_test():
    parts = [(SOURCES[at : at + 10], TARGETS[at : at + 10]) for at in (0, 10, 20)]
    dataset = load_pairs(tuple(parts))
    assert [dataset.parts[role].sources for role in ROLES] == [part[0] for part in parts]


def test_the_fingerprint_tells_other_pairs_apart():
    same, other = load_pairs((SOURCES, TARGETS)), load_pairs((SOURCES, TARGETS[::-1]))
    assert same.fingerprint == load_pairs((SOURCES, TARGETS)).fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((SOURCES, TARGETS[:7]), "40 sources and 7 targets"),
        (([], []), "holds no pairs"),
        ((["a", "", "c"], ["x", "y", "z"]), "1 of 3 pairs .* the first is pair 2"),
        ((["a", None, "c"], ["x", "y", " "]), "2 of 3 pairs"),
        (([1, 2, 3], ["a", "b", "c"]), "are numbers, such as 1"),
        ((["a", "b", "c"], np.arange(3)), "are numbers, such as 0"),
        ((["a", "a", "a"], ["x", "y", "z"]), "3 different sources.* there are 1 in"),
        ((SOURCES, TARGETS, SOURCES), "A tuple of 3"),
        (SOURCES, "A list of texts alone was given as pairs"),
        (("missing.de", "missing.en"), "missing.de is no file"),
        (pd.DataFrame({"source": SOURCES, "n": TARGETS, "m": TARGETS}), "has the columns"),
        ("demo", "has classes and no targets"),
    ],
)
def test_what_cannot_be_pairs_is_refused_in_a_sentence(given, said):
    with pytest.raises(DataError, match=said):
        load_pairs(given)


def test_incomplete_pairs_are_left_out_where_that_is_wanted():
    dataset = load_pairs(([*SOURCES, "more", None], [*TARGETS, "", "x"]), drop_missing=True)
    assert every_pair(dataset) == set(zip(SOURCES, TARGETS, strict=True))
    assert "2 of 42 pairs" in dataset.notes[0]


def test_the_demos_have_parts_of_their_own():
    dates = load_pairs("dates-demo")
    assert len(dates.parts["train"].spans) == len(dates.parts["train"])
    assert dates.objective == "exact_match"
    assert all(len(part) for part in load_pairs("orders-demo").parts.values())
    with pytest.raises(DataError, match="generated with its parts"):
        load_pairs("dates-demo", validation=0.2)

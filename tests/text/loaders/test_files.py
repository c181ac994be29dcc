"""Tables on disk, and what is said about broken ones."""

import bz2
import csv
import gzip
import json
import lzma

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.loading import read_source

TEXTS = ["one, é", 'two "quoted"', "three\nlines", ""]
LABELS = ["x", "y", "x", "y"]
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", lambda path: FRAME.to_csv(path, index=False)),
        ("a.tsv", lambda path: FRAME.to_csv(path, index=False, sep="\t")),
        ("a.jsonl", lambda path: FRAME.to_json(path, orient="records", lines=True)),
        ("a.parquet", lambda path: FRAME.to_parquet(path)),
    ],
)
@pytest.mark.parametrize("as_string", [True, False])
def test_every_kind_of_file_gives_back_what_was_written(tmp_path, name, write, as_string):
    path = tmp_path / name
    write(path)
    texts, labels = read_source(str(path) if as_string else path).parts["train"]
    assert (list(texts), list(labels)) == (TEXTS, LABELS)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    path = written(tmp_path, "a.csv", b"\xef\xbb\xbftext,label\r\na,x\r\nb,y\r\n")
    assert read_source(path).parts["train"] == (["a", "b"], ["x", "y"])


def test_texts_that_look_missing_to_other_readers_are_kept(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\nNA,x\nnull,y\n")
    assert read_source(path).parts["train"][0] == ["NA", "null"]


def test_a_text_of_a_megabyte_is_read(tmp_path):
    path = written(tmp_path, "a.csv", f"text,label\n{'word ' * 200_000},x\n")
    assert len(read_source(path).parts["train"][0][0]) == 1_000_000
    assert csv.field_size_limit() < 1_000_000


def test_blank_lines_are_no_rows(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\na,x\n\nb,y\n\n")
    assert len(read_source(path).parts["train"][0]) == 2
    path = written(tmp_path, "a.jsonl", '{"text": "a", "label": 1}\n\n')
    assert len(read_source(path).parts["train"][0]) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "text,label\na,x\nb,y,z\n", "Line 3 of a.csv has 3 fields where the first"),
        ("a.csv", 'text,label\n"a\nb",x\nc\n', "Line 4 of a.csv has 1 fields"),
        ("a.csv", 'text,label\na,x\n"b,y\nc,x\n', "Line 3 of a.csv is broken"),
        ("a.csv", 'text,label\n"a" b,x\n', "Line 2 of a.csv is broken"),
        ("a.csv", b"text,label\na,x\n\xff,y\n", "Line 3 of a.csv is not UTF-8 (byte 0xff)."),
        ("a.jsonl", b'{"text": 1}\n"\xe9"', "Line 2 of a.jsonl is not UTF-8 (byte 0xe9)."),
        ("a.jsonl", '{"text": "a"}\n{"te', "Line 2 of a.jsonl is not JSON"),
        ("a.jsonl", '{"text": "a"}\n[1]', "Line 2 of a.jsonl holds a list."),
        ("a.parquet", "text,label", "a.parquet is not a Parquet file"),
        ("a.csv", "", "a.csv holds no rows"),
        ("a.jsonl", "", "a.jsonl holds no rows"),
        ("a.csv", "text,label\n", "a.csv holds no rows"),
        ("a.csv", "a,b,c\n1,2,3\n", "Its columns: a, b, c."),
        ("a.csv", "text,label\n1,x\n2,y\n", "The texts of a.csv are numbers, such as '1'."),
        ("a.csv", "text,label\na,x\nb,\n", "1 of 2 rows of a.csv have no label"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": "b"}', "1 of 2 rows of a.jsonl have"),
        ("a.txt", "text,label\n", "The format of a.txt is not clear"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path, name, content, sentence):
    path = written(tmp_path, name, content)
    with pytest.raises(DataError) as refusal:
        load(path)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_or_column_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no_such.csv does not exist"):
        load("no_such.csv")
    with pytest.raises(DataError, match=r"holds no texts. Give a folder with a folder of .txt"):
        load(tmp_path)
    path = written(tmp_path, "a.csv", "review,label\na,x\nb,y\n")
    with pytest.raises(DataError, match=r"No column of a.csv is called 'text'. Available: label,"):
        load(path, text="text")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path, "a.csv", "text,label\n")

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(DataError, match=r"a.csv cannot be read: Permission denied."):
        load(path)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("pack", ["", ".gz", ".bz2", ".xz"])
def test_a_csv_is_read_with_any_usual_separator_encoding_and_packing(
    tmp_path, mark, encoding, pack
):
    content = FRAME.to_csv(index=False, sep=mark).encode(encoding)
    path = written(tmp_path, f"a.csv{pack}", PACKERS[pack](content))
    assert read_source(path).parts["train"] == (TEXTS, LABELS)


def test_separators_inside_texts_do_not_count(tmp_path):
    path = written(tmp_path, "a.csv", "text,label\na; b; c,x\nb\tc|d,y\n")
    assert read_source(path).parts["train"] == (["a; b; c", "b\tc|d"], ["x", "y"])


@pytest.mark.parametrize("orient", ["records", "list", "columns"])
def test_json_is_read_as_rows_or_columns(tmp_path, orient):
    if orient == "list":
        path = written(tmp_path, "a.json", json.dumps(FRAME.to_dict("list")))
    else:
        FRAME.to_json(path := tmp_path / "a.json", orient=orient)
    assert read_source(path).parts["train"] == (TEXTS, LABELS)
    lines = tmp_path / "lines.json"
    FRAME.to_json(lines, orient="records", lines=True)
    assert read_source(lines).parts["train"] == (TEXTS, LABELS)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "text,label,label\na,x,y\n", "a.csv has several columns called 'label'."),
        ("a.csv", "text,Label,label\na,x,y\n", "Which column of a.csv holds the label is not"),
        ("a.jsonl", '{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", "is nested too deep"),
        ("a.jsonl", '{"text": "a", "label": 1' + "0" * 5_000 + "}", "number of too many digits"),
        ("a.json", "[" * 100_000, "a.json is not JSON: it is nested too deep."),
        ("a.json", "7", "a.json holds a int."),
        ("a.json", "[1]", "Element 1 of a.json holds a int."),
        ("a.json", '{"text": ["a"], "label": []}', "have different lengths"),
        ("a.csv.gz", "text,label\n", "a.csv.gz cannot be decompressed"),
        ("a.csv.xz", "text,label\n", "a.csv.xz cannot be decompressed"),
        ("a.csv", b"\xff\xfea", "is not UTF-16"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused_in_one_sentence(tmp_path, name, content, sentence):
    with pytest.raises(DataError) as refusal:
        load(written(tmp_path, name, content))
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


rows = st.lists(
    st.tuples(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
        st.integers(0, 9),
    ),
    min_size=1,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows)
def test_any_text_survives_csv_and_json_lines(tmp_path, pairs):
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *pairs])
    assert read_source(path).parts["train"][0] == [text for text, _ in pairs]
    path = tmp_path / "a.jsonl"
    lines = [
        json.dumps({"text": text, "label": label}, ensure_ascii=False) for text, label in pairs
    ]
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    assert read_source(path).parts["train"] == ([t for t, _ in pairs], [n for _, n in pairs])

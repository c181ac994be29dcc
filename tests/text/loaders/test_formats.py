"""Files of every format, wherever they lie and however they are packed."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile

import fsspec
import pandas as pd
import pyarrow as pa
import pytest

from attn_tuner.errors import DataError, MissingExtra
from attn_tuner.text import load
from attn_tuner.text.loaders import ReadOptions
from attn_tuner.text.loaders.files import formats, suffixes
from attn_tuner.text.loading import read_source

TEXTS = ["one, é", 'two "quoted"', "three\nlines", "NA"]
LABELS = ["x", "y", "x", "y"]
FRAME = pd.DataFrame({"text": TEXTS, "label": LABELS})


def as_stream(path):
    table = pa.Table.from_pandas(FRAME)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


WRITERS = {
    ".csv": lambda path: FRAME.to_csv(path, index=False),
    ".tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    ".tab": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    ".json": lambda path: FRAME.to_json(path, orient="records"),
    ".jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    ".ndjson": lambda path: FRAME.to_json(path, orient="records", lines=True),
    ".parquet": FRAME.to_parquet,
    ".pq": FRAME.to_parquet,
    ".feather": FRAME.to_feather,
    ".arrow": as_stream,
    ".ipc": FRAME.to_feather,
    ".xlsx": lambda path: FRAME.to_excel(path, index=False),
    ".xlsm": lambda path: FRAME.to_excel(path, index=False, engine="openpyxl"),
}
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def written(folder, suffix):
    path = folder / f"table{suffix}"
    WRITERS[suffix](path)
    return path


def read(source, **options):
    texts, labels = read_source(source, ReadOptions(**options)).parts["train"]
    return list(texts), list(labels)


def test_every_suffix_of_every_format_has_a_file_here():
    assert set(WRITERS) == set(suffixes())
    assert len({each.__module__ for each in formats()}) >= 5


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_of_any_format_gives_its_texts_and_labels(tmp_path, suffix):
    assert read(written(tmp_path, suffix)) == (TEXTS, LABELS)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
@pytest.mark.parametrize("pack", [*PACKERS, ".zip", "named .zip"])
def test_a_file_of_any_format_may_be_packed(tmp_path, suffix, pack):
    path = written(tmp_path, suffix)
    if pack in PACKERS:
        packed = tmp_path / f"packed{suffix}{pack}"
        packed.write_bytes(PACKERS[pack](path.read_bytes()))
    else:
        packed = tmp_path / ("packed.zip" if pack == ".zip" else f"packed{suffix}.zip")
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(path, f"inside/table{suffix}")
            archive.writestr("__MACOSX/._table", "")
    assert read(packed) == (TEXTS, LABELS)


def zipped(folder, *names):
    path = folder / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "text,label\na,x\n")
    return path


def test_a_zip_file_of_no_or_several_tables_is_refused_with_their_names(tmp_path):
    with pytest.raises(DataError, match=r"packed.zip holds 2 files: a.csv, b.csv"):
        load(zipped(tmp_path, "a.csv", "b.csv"))
    with pytest.raises(DataError, match="holds 0 files: none"):
        load(zipped(tmp_path))
    (tmp_path / "packed.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match=r"packed.zip cannot be unzipped"):
        load(tmp_path / "packed.zip")


def test_a_url_is_read_through_fsspec(tmp_path):
    for suffix in (".csv", ".parquet"):
        with fsspec.open(f"memory://reviews/table{suffix}", "wb") as file:
            file.write(written(tmp_path, suffix).read_bytes())
        assert read(f"memory://reviews/table{suffix}") == (TEXTS, LABELS)
    assert read("memory://reviews/*.csv") == (TEXTS, LABELS)


def test_a_url_that_cannot_be_read_is_refused_in_a_sentence(monkeypatch):
    with pytest.raises(DataError, match=r"memory://no/such.csv cannot be read"):
        load("memory://no/such.csv")
    with pytest.raises(DataError, match=r"nothing://a/b.csv cannot be read: Protocol not known"):
        load("nothing://a/b.csv")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtra, match=r"pip install 'attn-tuner\[remote\]'"):
        load("https://host/a.csv")


def test_a_query_is_no_part_of_the_name_of_a_url():
    with pytest.raises(DataError, match=r"cannot be read"):
        load("memory://no/such.csv?raw=1")


def test_the_home_directory_is_found(tmp_path, monkeypatch):
    written(tmp_path, ".csv")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read("~/table.csv") == (TEXTS, LABELS)
    assert read("~/tab*.csv") == (TEXTS, LABELS)


def test_a_pattern_reads_its_files_one_after_the_other(tmp_path):
    for number, part in enumerate((FRAME[:2], FRAME[2:])):
        part.to_csv(tmp_path / f"part-{number}.csv", index=False)
    found = read_source(tmp_path / "part-*.csv")
    assert found.parts["train"] == (TEXTS, LABELS)
    assert found.notes[0] == "2 files were read: part-0.csv (train), part-1.csv (train)."
    assert read(str(tmp_path / "part-[01].csv")) == (TEXTS, LABELS)


@pytest.mark.parametrize("names", [("train", "test", "others"), ("rows", "validation")])
def test_a_test_file_beside_one_of_no_part_is_not_trained_on(tmp_path, names):
    for name in names:
        FRAME.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(DataError, match=r"is named as a part of the data, and the name of \w+"):
        read_source(tmp_path)


def test_files_called_train_and_test_are_these_parts(tmp_path):
    for name, part in (("train", FRAME[:3]), ("test", FRAME[3:])):
        part.to_csv(tmp_path / f"{name}.csv", index=False)
    for source in (tmp_path, str(tmp_path / "*.csv")):
        found = read_source(source)
        assert {role: len(texts) for role, (texts, _) in found.parts.items()} == {
            "test": 1,
            "train": 3,
        }


def test_a_pattern_without_files_or_with_unlike_files_is_refused(tmp_path):
    with pytest.raises(DataError, match="No file matches"):
        load(str(tmp_path / "*.csv"))
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    FRAME.rename(columns={"text": "body"}).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(DataError, match=r"b.csv has the columns body, label, and the files before"):
        load(str(tmp_path / "*.csv"))


def with_folders(folder, *parts):
    for part in parts:
        for number in range(6):
            kind = ("pos", "neg")[number % 2]
            path = folder / part / kind / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{part} {kind} {number} é", encoding="utf-8")
    return folder


def test_a_folder_with_a_folder_for_each_class_is_read(tmp_path):
    texts, labels = read(with_folders(tmp_path, ""))
    assert sorted(labels) == ["neg"] * 3 + ["pos"] * 3
    assert all(label in text for text, label in zip(texts, labels, strict=True))


def test_a_folder_with_parts_is_read_as_keras_reads_it(tmp_path):
    with_folders(tmp_path, "train", "test")
    more = tmp_path / "train" / "unsup"
    more.mkdir()
    (more / "0.txt").write_text("nobody knows", encoding="utf-8")
    found = read_source(str(tmp_path))
    assert {role: len(texts) for role, (texts, _) in found.parts.items()} == {"train": 6, "test": 6}
    assert list(found.unlabelled) == ["nobody knows"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx"])
@pytest.mark.parametrize("pack", ["", *PACKERS])
def test_standard_input_tells_its_format_by_its_first_bytes(tmp_path, monkeypatch, suffix, pack):
    data = written(tmp_path, suffix).read_bytes()
    data = PACKERS[pack](data) if pack else data
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert read("-") == (TEXTS, LABELS)


PAIRS = [(f"a film, number {number}", ("good", "bad")[number % 2]) for number in range(12)]


def test_a_table_without_names_of_columns_is_recognised_and_said(tmp_path):
    path = tmp_path / "a.csv"
    pd.DataFrame(PAIRS).to_csv(path, index=False, header=False)
    found = read_source(path)
    assert found.parts["train"] == tuple(map(list, zip(*PAIRS, strict=True)))
    assert "The first line of a.csv looks like data" in found.notes[0]
    assert len(read(path, header=True, text=PAIRS[0][0])[0]) == 11


def test_columns_without_names_are_chosen_by_content_or_shown_with_examples(tmp_path):
    path = tmp_path / "a.csv"
    rows = [(number, text, label) for number, (text, label) in enumerate(PAIRS)]
    pd.DataFrame(rows).to_csv(path, index=False, header=False)
    assert read(path)[1] == [label for _, label in PAIRS]
    assert read(path, text="column_2", label="column_3") == read(path)
    pd.DataFrame([(*row, row[2]) for row in rows]).to_csv(path, index=False, header=False)
    with pytest.raises(DataError, match=r"column_2 \('a film, number 0'\), column_3 \('good'\)"):
        load(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".xlsx"])
def test_no_header_is_taken_at_its_word(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    frame = pd.DataFrame([("text", "label"), *PAIRS])
    if suffix == ".xlsx":
        frame.to_excel(path, index=False, header=False)
    else:
        sep = "\t" if suffix == ".tsv" else ","
        frame.to_csv(path, index=False, header=False, sep=sep)
    assert read(path, header=False, text="column_1", label="column_2")[0][0] == "text"
    assert read(path)[0][0] == PAIRS[0][0]


@pytest.mark.parametrize("names", ["text,label", "Review Text,Stars", "comment_text,toxic", "a,b"])
def test_names_of_columns_are_recognised(tmp_path, names):
    path = tmp_path / "a.csv"
    lines = [f'"{text}",{label}' for text, label in PAIRS]
    path.write_text("\n".join([names, *lines]), encoding="utf-8")
    text, label = names.split(",")
    assert len(read(path, text=text, label=label)[0]) == len(PAIRS)


@pytest.mark.parametrize("mark", ["^", "~", "\x01", ";"])
def test_a_separator_other_than_the_usual_one_is_said(tmp_path, mark):
    path = tmp_path / "a.csv"
    FRAME.to_csv(path, index=False, sep=mark)
    found = read_source(path)
    assert found.parts["train"] == (TEXTS, LABELS)
    assert "The fields of a.csv are separated by" in found.notes[0]


SENTENCES = {
    "cp1252": "une très bonne idée, über schön, señor",
    "cp1251": "кошка сидит на столе и громко мяукает",
    "cp1250": "zażółć gęślą jaźń, święta się zbliżają szybko",
    "shift_jis": "映画はとても面白かったです。また見たいと思います",
    "gb18030": "这部电影很好看我还想再看一次",
}


@pytest.mark.parametrize("encoding", SENTENCES)
def test_an_encoding_is_recognised_and_said_or_taken_as_said(tmp_path, encoding):
    texts = [f"{SENTENCES[encoding]} {number}" for number in range(20)]
    path = tmp_path / "a.csv"
    pd.DataFrame({"text": texts, "label": ["x", "y"] * 10}).to_csv(
        path, index=False, encoding=encoding
    )
    found = read_source(path)
    assert list(found.parts["train"][0]) == texts
    assert "a.csv is not UTF-8; it was read as" in found.notes[0]
    assert read(path, encoding=encoding)[0] == texts


def test_another_encoding_than_the_one_said_is_refused_with_the_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\na,x\nüber,y\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"Line 3 of a.csv is not UTF-8 \(byte 0xfc\). Say its"):
        load(path, encoding="utf-8")


def test_nested_records_are_reached_by_a_dotted_name(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [f'{{"review": {{"body": "{text}", "n": 1}}, "y": {len(text)}}}' for text in "ab"]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert read(path, text="review.body")[0] == ["a", "b"]
    with pytest.raises(DataError, match=r"Available: review.body, review.n, y"):
        load(path, text="review.bodi")


def test_of_several_sheets_the_first_is_read_and_the_others_are_named(tmp_path):
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        FRAME.to_excel(book, sheet_name="reviews", index=False)
        FRAME.to_excel(book, sheet_name="notes", index=False)
    found = read_source(path)
    assert found.parts["train"] == (TEXTS, LABELS)
    assert "the first sheet, 'reviews', was read; not read: 'notes'" in found.notes[0]
    path.write_bytes(b"no spreadsheet")
    with pytest.raises(DataError, match="is not a spreadsheet that can be read"):
        load(path)

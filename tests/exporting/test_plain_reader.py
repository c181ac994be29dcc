import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import TEXTS, WORDS

from attn_tuner.exporting.base import padded
from attn_tuner.exporting.plain import Reader
from attn_tuner.exporting.plain_files import write_reader

KINDS = st.one_of(
    st.text(),
    st.text(alphabet="ab'’ -<>br/pÉéﬁß房カが"),
    st.lists(st.sampled_from([*WORDS, "don't", "<br />", "'tis", "X"])).map(" ".join),
)


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    place = tmp_path_factory.mktemp("reader")
    write_reader(bundle, place)
    return place


@pytest.fixture(scope="module")
def reader(folder):
    return Reader(folder / "vectorizer.json")


@given(text=KINDS)
@settings(max_examples=200, deadline=None)
def test_it_reads_any_text_as_the_vectorizer_does(reader, bundle, text):
    assert reader.ids(text) == bundle.ids([text])[0]


def test_it_cuts_long_texts_alike(reader, bundle):
    long = " ".join(WORDS * 20)
    assert len(reader.ids(long)) == bundle.text_limit
    assert reader.ids(long) == bundle.ids([long])[0]


def test_it_pads_a_batch(reader, bundle):
    rows = reader.padded(TEXTS)
    np.testing.assert_array_equal(rows, padded(bundle.ids(TEXTS), len(rows[0])))
    assert reader.padded([]) == []
    assert reader.padded([""]) == [[0]]


def test_words_above_the_limit_are_not_in_the_file(bundle, tmp_path):
    write_reader(bundle.with_model(bundle.model, vocabulary_limit=8), tmp_path)
    facts = json.loads((tmp_path / "vectorizer.json").read_text(encoding="utf-8"))
    assert len(facts["vocabulary"]) == 8
    assert Reader(tmp_path / "vectorizer.json").ids("the awful film") == [2, 1, 4]


def test_it_needs_python_alone(folder):
    program = (
        "import sys\n"
        "for name in ('numpy', 'tensorflow', 'attn_tuner', 'keras'): sys.modules[name] = None\n"
        "from reader import Reader\n"
        "print(Reader('vectorizer.json').ids('The film!'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[2, 4, 1]"

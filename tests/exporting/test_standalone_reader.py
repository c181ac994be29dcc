import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.exporting.bundle import pad_ids
from attn_tuner.exporting.standalone_reader.reader import Reader
from attn_tuner.exporting.standalone_reader.write import write_reader
from tests.support.small_models import TEXTS, WORDS

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


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_reads_as_python_does(reader, folder, tmp_path):
    random = np.random.default_rng(0)
    points = [*range(1, 0x500), *range(0x1F00, 0x2000), *range(0x4E00, 0x4E40), 0x1F600, 0xFB01]
    made = ["".join(map(chr, random.choice(points, 30))) for _ in range(200)]
    apart = ["".join(random.choice(list("ab' <br/>pX"), 30)) for _ in range(200)]
    texts = [*TEXTS, *made, *apart, " ".join(WORDS * 20), "''a'' b'c ' 'd", "a<br />b<P>c</p>"]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    program = (
        "const fs = require('fs'), [folder, texts] = process.argv.slice(1);\n"
        "const facts = JSON.parse(fs.readFileSync(folder + '/vectorizer.json', 'utf8'));\n"
        "const read = new (require(folder + '/reader.js').Reader)(facts);\n"
        "const given = JSON.parse(fs.readFileSync(texts, 'utf8'));\n"
        "console.log(JSON.stringify([read.padded(given), read.padded(['']), read.padded([])]));"
    )
    command = ["node", "-e", program, str(folder), str(tmp_path / "texts.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [reader.padded(texts), [[0]], []]


def test_it_cuts_long_texts_alike(reader, bundle):
    long = " ".join(WORDS * 20)
    assert len(reader.ids(long)) == bundle.max_length
    assert reader.ids(long) == bundle.ids([long])[0]


def test_it_pads_a_batch(reader, bundle):
    rows = reader.padded(TEXTS)
    np.testing.assert_array_equal(rows, pad_ids(bundle.ids(TEXTS), len(rows[0])))
    assert reader.padded([]) == []
    assert reader.padded([""]) == [[0]]


def test_words_above_the_limit_are_not_in_the_file(bundle, tmp_path):
    write_reader(bundle.with_model(bundle.model, vocabulary_size=8), tmp_path)
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

"""A model that reads parts of words gives the same answers in every format."""

import json
import shutil
import subprocess

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import ExportError
from attn_tuner.explaining import explain
from attn_tuner.explaining.rankings import Gradients
from attn_tuner.exporting import Bundle, Shrink, exporters, shrink_embeddings
from attn_tuner.exporting.compression.compact_embedding import CompactEmbedding
from attn_tuner.exporting.compression.shrink import embedding_bytes
from attn_tuner.exporting.export_model import export_model
from attn_tuner.exporting.standalone_reader.reader import Reader
from attn_tuner.exporting.standalone_reader.write import write_reader
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.space import Choice
from attn_tuner.text.subwords import TOKENS
from attn_tuner.text.vectorizer import Vectorizer
from attn_tuner.tuning.constraints import least_bytes, other_bytes
from tests.support.colours import in_this_process
from tests.support.small_models import TEXTS, WORDS, Here

VECTORIZER = Vectorizer(["", "[UNK]", *WORDS, "unhappy", "goodness"])
CLASSES = ["no", "yes"]
# Unknown words with known parts, with none, and one that is far too long.
SAID = [*TEXTS, "unhappiness actors badness films", "a zzz", "un" + "happy" * 300, "< <<>> good"]
LETTERS = st.text(alphabet="unhapygodse filmactr'é房<>", max_size=60)


def model_of(tokens="word+subword", words=None, seed=0):
    """A model whose parts of words have random vectors, as after training."""
    space = default_space(len(VECTORIZER), max_lengths=(12,)).extend(tokens=Choice(TOKENS))
    fixed = {"encoder": "none", "head": "additive", "additive.units": 4, "embedding_dim": 6}
    space = space.fix({**fixed, "vocabulary_size": words or len(VECTORIZER)})
    parts = VECTORIZER.subwords.tables
    hypermodel = AttentionHyperModel(len(VECTORIZER), 2, space=space, parts=parts, seed=seed)
    model = hypermodel.model({"tokens": tokens})
    random = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.name in ("embedding", "subwords"):
            table = getattr(layer, "table", layer)
            table.set_weights([random.normal(size=table.weights[0].shape)])
    return model


def bundle_of(model):
    return Bundle(VECTORIZER, model, CLASSES, max_length=12, truncation="ends")


@pytest.fixture(scope="module")
def bundle():
    return bundle_of(model_of(words=12))


def test_unknown_words_are_told_apart_by_their_parts(bundle):
    goods, bads, others = bundle.predict(["goods goodest", "bads baddest", "zzz qqq"])[:, 1]
    assert len({round(float(each), 4) for each in (goods, bads, others)}) == 3
    plain = bundle_of(model_of("word"))
    assert not plain.subwords
    assert np.ptp(plain.predict(["goods goodest", "bads baddest", "zzz qqq"])[:, 1]) == 0


@pytest.mark.parametrize("form", list(exporters))
def test_every_format_reads_the_parts_alike(bundle, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, SAID, Here())
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence


def test_an_average_with_a_model_of_words_alone_reads_both_ways(bundle, tmp_path):
    members = [bundle.model, model_of("word", seed=1)]
    both = bundle_of(ensemble_model(members, (0.5, 0.5)))
    alone = [bundle_of(each).predict(SAID) for each in members]
    np.testing.assert_allclose(both.predict(SAID), np.mean(alone, axis=0), atol=1e-5)
    proof = verify_artefact(both, exporters["savedmodel"](both, tmp_path), SAID, Here())
    assert proof.difference <= 1e-5


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    place = tmp_path_factory.mktemp("reader")
    write_reader(bundle, place)
    return place


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(st.text(), LETTERS, st.sampled_from(SAID)))
def test_plain_python_reads_any_text_as_the_vectorizer_does(folder, bundle, text):
    assert Reader(folder / "vectorizer.json").ids(text) == bundle.ids([text])[0]


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_javascript_reads_as_python_does(folder, tmp_path):
    random = np.random.default_rng(0)
    made = ["".join(random.choice(list("unhapygodse é\U0001d538\U0001f600"), 40)) for _ in SAID * 9]
    texts = [*SAID, *made]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    program = (
        "const fs = require('fs'), [folder, texts] = process.argv.slice(1);\n"
        "const facts = JSON.parse(fs.readFileSync(folder + '/vectorizer.json', 'utf8'));\n"
        "const read = new (require(folder + '/reader.js').Reader)(facts);\n"
        "console.log(JSON.stringify(read.padded(JSON.parse(fs.readFileSync(texts, 'utf8')))));"
    )
    command = ["node", "-e", program, str(folder), str(tmp_path / "texts.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == Reader(folder / "vectorizer.json").padded(texts)


def test_a_saved_bundle_gives_the_same_answers(bundle, tmp_path):
    bundle.save(tmp_path)
    np.testing.assert_allclose(Bundle.load(tmp_path).predict(SAID), bundle.predict(SAID), atol=1e-6)


@pytest.mark.parametrize(("rows", "far"), [("float16", 1e-3), ("int8", 0.02), ("int4", 0.2)])
def test_the_table_of_parts_shrinks_like_the_embedding(bundle, rows, far):
    small = shrink_embeddings(bundle, Shrink(rows))
    assert 0 < np.abs(small.predict(SAID) - bundle.predict(SAID)).max() < far
    tables = [small.model.get_layer("embedding"), small.model.get_layer("subwords").table]
    assert all(isinstance(each, CompactEmbedding) for each in tables)
    held = [keras.ops.convert_to_numpy(each).nbytes for t in tables for each in t.weights]
    assert embedding_bytes(bundle, Shrink(rows)) == sum(held)


def test_the_limit_on_the_size_counts_the_tables_that_shrink():
    bundle = bundle_of(model_of())
    rows = least_bytes(bundle.model) - other_bytes(bundle.model)
    assert rows == embedding_bytes(bundle, Shrink("int4"))


def test_of_a_smaller_vocabulary_rare_words_keep_their_parts(bundle):
    small = shrink_embeddings(bundle, Shrink(vocabulary=5))
    assert small.ids(SAID) == bundle.ids(SAID)
    goods, bads = small.predict(["goodness", "unhappy"])[:, 1]
    assert abs(goods - bads) > 1e-3


def test_a_shrunk_model_is_the_same_in_a_graph(bundle, tmp_path):
    small = shrink_embeddings(bundle, Shrink("int8"))
    proof = verify_artefact(small, exporters["savedmodel"](small, tmp_path), SAID, Here())
    assert proof.difference <= 1e-5


def test_explanations_call_a_word_with_parts_unknown_and_weigh_it(bundle):
    (found,) = explain(bundle, "good goods zzz")
    assert found.tokens == ("good", "goods", "zzz")
    assert found.known == (True, False, False)
    assert found.weights.shape == (1, 3)


def test_gradients_are_of_words_with_their_parts():
    bundle = bundle_of(model_of())
    ids = bundle.ids(["goods zzz"])[0]
    plain, integrated = Gradients(bundle)(ids, 1)
    assert plain.shape == integrated.shape == (2,)
    assert plain[0] > 0


def test_export_model_takes_a_model_of_parts(bundle, tmp_path):
    with in_this_process():
        (made,) = export_model(
            bundle.model, tmp_path / "out", VECTORIZER, CLASSES, formats="keras", verify_texts=SAID
        )
    assert made.proof.difference <= 1e-5


@pytest.mark.parametrize(
    ("vectorizer", "said"),
    [
        (Vectorizer(["", "[UNK]", *WORDS]), "words of another"),
        (keras.layers.TextVectorization(vocabulary=WORDS), "KerasVectorizer does not give"),
    ],
)
def test_a_vectorizer_of_other_parts_is_refused(bundle, vectorizer, said, tmp_path):
    with pytest.raises(ExportError, match=said):
        export_model(bundle.model, tmp_path / "out", vectorizer, CLASSES)

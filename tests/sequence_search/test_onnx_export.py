"""ONNX of the encoder and of one step, with the loop beside it, where no TensorFlow can be had."""

import keras
import pytest

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.errors import ExportError
from attn_tuner.sequence import PairVocabularies, SequenceModel, Translator
from attn_tuner.sequence_search import onnx_export
from attn_tuner.sequence_search.export import PROVED
from tests.support.small_pairs import SOURCES, TARGETS

pytest.importorskip("tf2onnx")
TEXTS = [*SOURCES, "unseen: ÄÖÜ don't", " ", *(f"{day}th of May" for day in range(1, 57))]


def translator_of(split, **options):
    """A translator of an untrained model that tells texts apart."""
    vocabularies = PairVocabularies.build(SOURCES, TARGETS, split=split)
    sizes = (len(vocabularies.source), len(vocabularies.target))
    for seed in range(9):
        keras.utils.set_random_seed(seed)
        model = SequenceModel(*sizes, embedding_dim=6, units=5, **options)
        model.set_weights([4 * each for each in model.get_weights()])
        translator = Translator(model, vocabularies, width=2, length_penalty=0.6)
        if len(set(translator.greedy(TEXTS)[0])) > 3:
            return translator
    raise AssertionError("every model writes nearly the same for all texts")


@pytest.mark.parametrize(
    ("split", "options"),
    [
        ("character", {"attention": "general", "encoder": "bigru", "input_feeding": True}),
        ("subword", {"attention": "additive", "encoder": "gru", "cell": "lstm"}),
        pytest.param("word", {"attention": "multi_head"}, marks=pytest.mark.slow),
        *(
            pytest.param("character", {"attention": name}, marks=pytest.mark.slow)
            for name in decoder_attentions
        ),
    ],
)
def test_onnx_writes_what_greedy_decoding_writes(split, options, tmp_path):
    translator = translator_of(split, **options)
    folder = onnx_export.export_onnx(translator, tmp_path / "out", TEXTS, {"exact_match": 0.5})
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{PROVED} of {PROVED}" in said
    assert str(folder) in said
    loop = (folder / "translate.py").read_text(encoding="utf-8")
    assert len(loop.splitlines()) <= 60


def test_an_export_that_writes_another_text_is_not_kept(tmp_path, monkeypatch):
    translator = translator_of("character", encoder="gru")
    texts, logs = translator.greedy(["", *TEXTS[: PROVED - 1]])
    monkeypatch.setattr(translator, "greedy", lambda _: ([*texts[:-1], "another"], logs))
    with pytest.raises(ExportError, match="and the model 'another'"):
        onnx_export.export_onnx(translator, tmp_path / "out", TEXTS, {})
    assert not (tmp_path / "out").exists()

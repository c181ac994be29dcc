"""Exports a translator as ONNX: the encoder, one step of the decoder, and a loop in NumPy."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from attn_tuner.errors import need
from attn_tuner.exporting.artefact_folder import MADE_BY, artefact_folder
from attn_tuner.exporting.onnx_conversion import convert_to_onnx
from attn_tuner.exporting.standalone_reader.write import write_word_reader
from attn_tuner.exporting.verification.verify import FreshProcess
from attn_tuner.sequence.translator import Translator
from attn_tuner.sequence_search.export import PROVED, compared
from attn_tuner.storage.atomic_files import write_json, write_text
from attn_tuner.storage.layout import CARD, CARD_PAGE, PAIR_VOCABULARIES, VECTORIZER
from attn_tuner.verbosity import silence

_FILES = Path(__file__).with_name("standalone")
_OF_TARGET = ("log_probabilities",)  # Their second axis is not the source.
_CODE = """\
import sys

sys.path.insert(0, {folder!r})
{imports}from texts import Texts
from translate import Translator

write = Translator({folder!r}, Texts({folder!r}{words}))
texts = {texts!r}
labels, values = write(texts)  # The targets, and their log probabilities.
"""
_IMPORT = "from reader import Reader\n"
_WORDS = ", Reader({path!r}).tokens"


def export_onnx(
    translator: Translator, folder: Path, texts: Sequence[str], scores: dict[str, float]
) -> Path:
    """Writes encoder.onnx, step.onnx and the loop, once a fresh process writes the same texts.

        encoder    ids (batch, steps), of a model that copies copied (batch, steps)
                   ->  prepared_0, ..., carried_0, ...
        step       token (batch,), prepared_0, ..., carried_0, ...
                   ->  log_probabilities (batch, vocabulary), alignment (batch, steps),
                       next_carried_0, ...

    The process has neither this package nor TensorFlow. It decodes greedily, as the SavedModel does
    with a beam of 1. Needs the extra `onnx`.

    Args:
        translator: what is exported.
        folder: where to.
        texts: on which it is proved; the first of them, and an empty one.
        scores: metrics for its card.

    Raises:
        ExportError: it writes another text, or with another score, or cannot be converted.
        MissingExtra: tf2onnx or onnxruntime is not installed.
    """
    need("onnxruntime", "onnx")
    texts = ["", *texts[: PROVED - 1]]
    with FreshProcess("onnx") as process, artefact_folder(folder) as draft:
        with silence("tensorflow", "tf2onnx"):
            _write_models(translator, draft)
        _write_texts(translator, draft)
        code = _code(translator, draft, texts[:2])
        difference = compared("ONNX", code, texts, translator.greedy(texts), process)
        card = {"made_by": MADE_BY, "task": "sequence", "scores": scores, "proved": len(texts)}
        write_json(draft / CARD, {**card, "difference": difference, "files": {}})
        shown = _code(translator, folder, texts[1:2]).rstrip()
        write_text(draft / CARD_PAGE, _page(shown, len(texts)))
    return folder


def _write_models(translator: Translator, folder: Path) -> None:
    steps = translator.steps.constant()
    ids, token = (tf.TensorSpec([None] * axes, tf.int32) for axes in (2, 1))
    given = {"ids": ids, "copied": ids} if steps.model.copy else {"ids": ids}
    function = tf.function(lambda **given: steps.read(**given), autograph=False)
    read = function.get_concrete_function(**given)
    state = {
        name: tf.TensorSpec(each.shape, each.dtype, name)
        for name, each in {"token": token, **read.structured_outputs}.items()
    }
    step = tf.function(lambda **given: steps.step(given), autograph=False)
    for name, function in (("encoder", read), ("step", step.get_concrete_function(**state))):
        model: Any = convert_to_onnx(function, name, _axis)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString())


def _axis(name: str, place: int) -> str:
    if place == 0:
        return "batch"
    return "vocabulary" if name in _OF_TARGET else "steps"


def _write_texts(translator: Translator, folder: Path) -> None:
    facts = {**translator.vocabularies.get_config(), "limit": translator.limit}
    facts["copies"] = translator.steps.model.copy
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    (folder / PAIR_VOCABULARIES).write_text(text, encoding="utf-8")
    for name in ("texts.py", "translate.py"):
        shutil.copyfile(_FILES / name, folder / name)
    if _has_words(translator):
        write_word_reader(folder)


def _has_words(translator: Translator) -> bool:
    return translator.vocabularies.source.split != "character"


def _code(translator: Translator, folder: Path, texts: Sequence[str]) -> str:
    words = _WORDS.format(path=str(folder / VECTORIZER)) if _has_words(translator) else ""
    imports = _IMPORT if words else ""
    return _CODE.format(folder=str(folder), texts=list(texts), words=words, imports=imports)


def _page(code: str, count: int) -> str:
    return (
        "# A text to a text, in ONNX\n\n`encoder.onnx` reads ids and `step.onnx` makes one step of "
        "the decoder. `translate.py` is the loop around it, in NumPy and onnxruntime:\n\n"
        f"```python\n{code}\n```\n\nIt decodes greedily. A process that has neither this package "
        f"nor TensorFlow wrote the same texts with it, {count} of {count}.\n"
    )

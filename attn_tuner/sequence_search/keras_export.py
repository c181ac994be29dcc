"""Exports a translator as a Keras model with its vocabularies, for those who train it further."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from attn_tuner.exporting.artefact_folder import MADE_BY, artefact_folder
from attn_tuner.exporting.verification.verify import FreshProcess
from attn_tuner.sequence.translator import Translator
from attn_tuner.sequence_search.export import PROVED, compared
from attn_tuner.storage.atomic_files import write_json, write_text
from attn_tuner.storage.layout import BUNDLE_MODEL, CARD, CARD_PAGE, TRANSLATOR

_CODE = """\
import json

import attn_tuner
import keras
from attn_tuner.sequence import PairVocabularies, Translator

model = keras.saving.load_model({model!r})
with open({vocabularies!r}, encoding="utf-8") as file:
    vocabularies = PairVocabularies.from_config(json.load(file))
write = Translator(model, vocabularies)
texts = {texts!r}
labels, values = write.greedy(texts)  # The targets, and their log probabilities.
"""


def export_keras(
    translator: Translator,
    bundle: Path,
    folder: Path,
    texts: Sequence[str],
    scores: dict[str, float],
) -> Path:
    """Copies the model of a run, once a fresh process writes the same texts with the copy.

    Args:
        translator: of the model.
        bundle: the folder of the model in the run.
        folder: where to.
        texts: on which it is proved; the first of them, and an empty one.
        scores: metrics for its card.

    Raises:
        ExportError: it writes another text, or with another score.
    """
    texts = ["", *texts[: PROVED - 1]]
    with FreshProcess("keras") as process, artefact_folder(folder) as draft:
        for name in (BUNDLE_MODEL, TRANSLATOR):
            shutil.copyfile(bundle / name, draft / name)
        code = _code(draft, texts[:2])
        difference = compared("The copy", code, texts, translator.greedy(texts), process)
        card = {"made_by": MADE_BY, "task": "sequence", "scores": scores, "proved": len(texts)}
        write_json(draft / CARD, {**card, "difference": difference, "files": {}})
        page = (
            "# A text to a text, in Keras\n\nA `SequenceModel` and its vocabularies, which need "
            f"attn-tuner:\n\n```python\n{_code(folder, texts[1:2]).rstrip()}\n```\n\nA new process "
            f"wrote the same texts with it, {len(texts)} of {len(texts)}.\n"
        )
        write_text(draft / CARD_PAGE, page)
    return folder


def _code(folder: Path, texts: Sequence[str]) -> str:
    files = {"model": str(folder / BUNDLE_MODEL), "vocabularies": str(folder / TRANSLATOR)}
    return _CODE.format(texts=list(texts), **files)

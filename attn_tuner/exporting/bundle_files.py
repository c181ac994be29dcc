"""The folder of a bundle: written so that damage is noticed, read without trusting it."""

from pathlib import Path

import keras

from attn_tuner.exporting.trusted_modules import config_of, modules_of, refuse_strangers, trusted
from attn_tuner.exporting.vectorizer_adapters import from_json, to_json
from attn_tuner.space.renamed import current_names
from attn_tuner.storage.atomic_files import write_json, write_whole
from attn_tuner.storage.checked_files import check_kinds, digest_of, read_object, reading
from attn_tuner.storage.layout import BUNDLE_FACTS, BUNDLE_MODEL

_REMEDY = (
    "If it is the model of a search, call the search on its folder again: it makes the file "
    "again. Else put back a copy."
)
_KINDS = {
    "classes": list[str],
    "max_length": int | None,
    "truncation": str,
    "vocabulary_size": int | None,
    "card": dict,
    "task": str,
    "vectorizer": dict,
}


def save_bundle(bundle, folder) -> Path:
    """Writes a bundle as a `.keras` file and JSON, each of them whole or not at all."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / BUNDLE_MODEL, bundle.model.save)
    facts = {
        "classes": list(bundle.classes),
        **bundle.reading,
        "card": bundle.card,
        "task": bundle.task,
        "vectorizer": to_json(bundle.vectorizer),
        "modules": modules_of(bundle.model),
        "digest": digest_of(folder / BUNDLE_MODEL),
    }
    write_json(folder / BUNDLE_FACTS, facts)
    return folder


def check_bundle(folder) -> dict:
    """The facts of a bundle whose files are whole; nothing of them is made or run.

    Raises:
        DamagedFile: one of them is not.
    """
    folder = Path(folder)
    with reading(folder / BUNDLE_FACTS, _REMEDY):
        facts = current_names(read_object(folder / BUNDLE_FACTS, remedy=_REMEDY))
        check_kinds(facts, _KINDS)
    with reading(folder / BUNDLE_MODEL, _REMEDY):
        config_of(folder / BUNDLE_MODEL)
        if facts.get("digest") not in (None, digest_of(folder / BUNDLE_MODEL)):
            raise ValueError(f"it is not the model that {BUNDLE_FACTS} was written for")
    return facts


def read_bundle(folder, trust=()) -> dict:
    """What `Bundle` takes, from the folder that `save_bundle` wrote.

    Args:
        folder: of the bundle.
        trust: modules whose classes the model may hold, beside Keras' and ours.

    Raises:
        DamagedFile: a file of it is not whole.
        RunError: it names classes that nobody vouches for.
    """
    folder = Path(folder)
    trust = trusted(trust)
    facts = check_bundle(folder)
    refuse_strangers(config_of(folder / BUNDLE_MODEL), folder, trust)
    refuse_strangers(facts["vectorizer"], folder, trust)
    with reading(folder / BUNDLE_FACTS, _REMEDY):
        vectorizer = from_json(facts["vectorizer"])
    with reading(folder / BUNDLE_MODEL, _REMEDY):
        model = keras.saving.load_model(folder / BUNDLE_MODEL, safe_mode=True)
    kept = ("classes", "max_length", "truncation", "vocabulary_size", "card", "task")
    return {"vectorizer": vectorizer, "model": model, **{name: facts[name] for name in kept}}

"""What several tests of exports share, each made once."""

import pytest

from attn_tuner.exporting import Bundle, export_bundle
from attn_tuner.text.vectorizer import Vectorizer
from tests.support.small_models import TEXTS, WORDS, classifier


@pytest.fixture(scope="session")
def vectorizer():
    return Vectorizer(["", "[UNK]", *WORDS])


@pytest.fixture(scope="session")
def bundle(vectorizer):
    return Bundle(
        vectorizer=vectorizer,
        model=classifier(),
        classes=["negative", "positive"],
        max_length=40,
        truncation="ends",
        card={"data": {"name": "made up", "texts": 9}, "scores": {"accuracy": 0.5}},
    )


@pytest.fixture(scope="session")
def saved(bundle, tmp_path_factory):
    """What `export_bundle` returned for a SavedModel of `bundle`."""
    return export_bundle(bundle, tmp_path_factory.mktemp("saved") / "best", texts=TEXTS)[0]

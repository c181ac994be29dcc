"""Names of TensorFlow Datasets."""

import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow_datasets as tfds

from attn_tuner.errors import DataError
from attn_tuner.text import load


class Opinions(tfds.core.GeneratorBasedBuilder):
    """A data set as TFDS makes them, with a test part whose labels are secret."""

    pkg_dir_path = Path(__file__).parent
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=["bad", "good"]),
            "id": np.int64,
        }
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(features), supervised_keys=("text", "label")
        )

    def _split_generators(self, _):
        return {
            "train": self._generate_examples("train", [0, 1]),
            "dev": self._generate_examples("dev", [1, 0]),
            "test": self._generate_examples("test", [-1, -1]),
            "unlabeled": self._generate_examples("more", [-1, -1]),
        }

    def _generate_examples(self, name, labels):
        for number in range(20):
            text = f"{name} {number} é"
            yield number, {"text": text, "label": labels[number % 2], "id": number}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    Opinions(data_dir=folder).download_and_prepare()
    return folder


@pytest.fixture(autouse=True)
def data_dir(request, monkeypatch):
    if "real" not in request.node.name:
        monkeypatch.setenv("TFDS_DATA_DIR", str(request.getfixturevalue("folder")))


def test_splits_and_class_names_are_found_by_themselves():
    data = load("opinions")
    assert data.classes == ("bad", "good")
    assert {text.split()[0] for text in data.validation.texts} == {"dev"}
    assert "20 rows of opinions (test) have no label." in data.notes
    assert {text.split()[0] for text in data.test.texts} == {"train"}
    for text, label in zip(data.train.texts, data.train.labels, strict=True):
        assert int(text.split()[1]) % 2 == label


def test_unlabelled_texts_are_read_when_first_needed():
    unlabelled = load("opinions").unlabelled
    assert len(unlabelled) == 20
    assert unlabelled[0].startswith("more")


def test_class_names_in_another_source_mean_the_same_classes():
    data = load("opinions", test=(["x", "y"], ["good", "bad"]))
    assert data.test.labels.tolist() == [1, 0]


def test_columns_may_be_named():
    with pytest.raises(DataError, match="No column of opinions is called 'body'"):
        load("opinions", text="body")
    with pytest.raises(DataError, match="numbers"):
        load("opinions", text="id")


def test_an_unknown_name_is_refused():
    with pytest.raises(DataError, match="'no_such_data' is neither a file nor a data set"):
        load("no_such_data")


def test_a_name_that_is_not_prepared_and_cannot_be_is_refused(monkeypatch, tmp_path):
    def fail(self, *args, **kwargs):
        raise OSError("no network")

    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(Opinions, "download_and_prepare", fail)
    with pytest.raises(DataError, match=r"'opinions' is not prepared in .*: no network"):
        load("opinions")


def test_real_imdb_loads_and_sheds_the_texts_that_it_repeats():
    if not os.environ.get("TFDS_DATA_DIR"):
        pytest.skip("TFDS_DATA_DIR is not set: no IMDb reviews to read")
    data = load("imdb_reviews")
    assert data.classes == ("neg", "pos")
    assert len(data.test) == 25_000
    assert "123 training texts were removed: they are also in the test part." in data.notes
    assert not set(data.train.texts) & set(data.test.texts)

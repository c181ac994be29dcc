"""A saved model loads wherever this package and Keras are imported, in either order."""

import importlib
import pkgutil
import subprocess
import sys

import keras
import pytest

import attn_tuner
from attn_tuner.errors import MissingExtra
from attn_tuner.hypermodel import AttentionHyperModel


def every_registered_class() -> set[str]:
    """Names under which this package registers classes, after all of its modules were imported."""
    for module in pkgutil.walk_packages(attn_tuner.__path__, "attn_tuner."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except (ImportError, MissingExtra):  # Its extra is not installed.
                continue
    return {
        name
        for name, found in keras.saving.get_custom_objects().items()
        if getattr(found, "__module__", "").startswith("attn_tuner.")
    }


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model = AttentionHyperModel(50, 2).model({"encoder": "gru", "encoder.gru.units": 8})
    model.save(path)
    return path


@pytest.mark.parametrize(
    "imports",
    [
        "import attn_tuner, keras",
        "import keras, attn_tuner",
        "from attn_tuner.attention import AdditiveHead\nimport keras",
        pytest.param("import attn_tuner, tensorflow, keras", marks=pytest.mark.slow),
        pytest.param("import attn_tuner, keras_tuner, keras", marks=pytest.mark.slow),
        pytest.param(
            "from attn_tuner import AttentionHyperModel\nimport keras", marks=pytest.mark.slow
        ),
    ],
    ids=["ours first", "keras first", "one head", "tensorflow", "keras_tuner", "hypermodel"],
)
def test_a_saved_model_loads_in_a_fresh_process(imports, saved_model):
    program = (
        f"{imports}\n"
        f"keras.saving.load_model({str(saved_model)!r})\n"
        "print(*keras.saving.get_custom_objects(), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert every_registered_class() - set(done.stdout.split()) == set()


def test_the_watch_for_keras_ends_when_keras_is_there():
    names = {type(finder).__name__ for finder in sys.meta_path}
    assert "_AfterImport" not in names

"""A folder that came from elsewhere makes nothing run."""

import json
import sys

import keras
import pytest

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting import Bundle
from attn_tuner.exporting.trusted_modules import check_trusted, model_modules
from tests.support.damage import changed_config
from tests.support.small_models import TEXTS
from tests.support.warm_process import run_warm

PAYLOAD = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"
LAYER = """
from pathlib import Path
import keras

Path(__file__).with_name("ran").touch()

@keras.saving.register_keras_serializable("{name}")
class Doubled(keras.layers.Layer):
    def call(self, x):
        return x * 1.0
"""


def changed_facts(folder, **facts):
    known = json.loads((folder / "bundle.json").read_text())
    (folder / "bundle.json").write_text(json.dumps({**known, **facts}))


@pytest.fixture
def received(bundle, tmp_path, monkeypatch):
    """A bundle in a folder that lies in the current one, with a module beside its files."""
    bundle.save(tmp_path / "shared" / "model")
    (tmp_path / "shared" / "model" / "payload.py").write_text(PAYLOAD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path / "shared" / "model"


def test_a_module_named_in_the_folder_is_not_imported(received):
    changed_facts(received, modules=["shared.model.payload"])
    assert Bundle.load(received).predict(TEXTS).shape == (len(TEXTS), 2)
    assert not (received / "ran").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("shared.model.payload", "Anything"),
        ("os", "system"),
        ("keras.utils", "get_file"),
        ("keras.src.saving.saving_lib", "load_model"),
        ("attn_tuner.cli", "main"),
        ("attn_tuner.no_such", "Layer"),
        ("kerasutils", "Layer"),
        ("builtins", "eval"),
    ],
)
def test_a_class_that_nobody_vouches_for_is_refused_before_it_is_made(module, name, received):
    def change(config):
        layer = config["config"]["layers"][1]
        layer |= {"module": module, "class_name": name, "registered_name": f"x>{name}"}

    changed_config(received / "model.keras", change)
    changed_facts(received, digest=None)
    with pytest.raises(RunError, match=name) as caught:
        Bundle.load(received)
    assert module in str(caught.value)
    assert not isinstance(caught.value, DamagedFile)
    assert not (received / "ran").exists()


def test_a_class_may_hide_as_deep_as_it_likes(received):
    def change(config):
        stranger = {"module": "os", "class_name": "function", "config": "system"}
        config["compile_config"] = {"loss": [{"a": {**stranger, "registered_name": "system"}}]}

    changed_config(received / "model.keras", change)
    changed_facts(received, digest=None)
    with pytest.raises(RunError, match="module 'os'"):
        Bundle.load(received)


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "exec")])
def test_a_function_is_known_by_its_own_name_and_not_by_one_beside_it(module, name, received):
    stranger = {"module": module, "class_name": "function", "config": name}

    def change(config):
        layer = config["config"]["layers"][-1]
        layer["config"]["activation"] = {**stranger, "registered_name": "attn_tuner>TextMask"}

    changed_config(received / "model.keras", change)
    changed_facts(received, digest=None)
    with pytest.raises(RunError, match=f"names '{name}' of the module '{module}'"):
        Bundle.load(received)


def test_lambda_layers_are_not_made(bundle, received):
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs))
    model.save(received / "model.keras")
    changed_facts(received, digest=None)
    with pytest.raises(RunError, match=r"model\.keras does not hold what it should"):
        Bundle.load(received)


def test_a_vectorizer_names_no_function_of_its_own(received):
    stranger = {"module": "os", "class_name": "function", "config": "system"}
    config = {"output_mode": "int", "standardize": {**stranger, "registered_name": "system"}}
    changed_facts(received, vectorizer={"kind": "keras", "config": config})
    with pytest.raises(RunError, match="module 'os'"):
        Bundle.load(received)


def test_a_module_that_the_caller_trusts_is_imported(bundle, tmp_path):
    name = "heads_of_a_caller"
    (tmp_path / f"{name}.py").write_text(LAYER.format(name=name))
    sys.path.insert(0, str(tmp_path))
    try:
        layers = __import__(name)
        model = keras.Model(bundle.model.input, layers.Doubled()(bundle.model.output))
        bundle.with_model(model).save(tmp_path / "model")
        assert name in model_modules(model)
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop(name)
    (tmp_path / "ran").unlink()
    program = (
        "from attn_tuner.errors import RunError\n"
        "from attn_tuner.exporting import Bundle\n"
        "from pathlib import Path\n"
        "try: Bundle.load('model')\n"
        "except RunError as error: print(error)\n"
        "assert not Path('ran').exists()\n"
        f"print(Bundle.load('model', trust=['{name}']).classes, Path('ran').exists())\n"
    )
    (tmp_path / "loads.py").write_text(program)
    refused, loaded = run_warm(tmp_path / "loads.py").output.strip().splitlines()[-2:]
    assert f"trust=['{name}']" in refused
    assert f"--trust {name}" in refused
    assert loaded == "('negative', 'positive') True"


def test_a_module_that_an_installed_package_announces_needs_no_trust(tmp_path, monkeypatch):
    name = "announced_layers"
    (tmp_path / f"{name}.py").write_text(LAYER.format(name=name))
    monkeypatch.syspath_prepend(str(tmp_path))
    config = {"module": name, "class_name": "Doubled", "registered_name": f"{name}>Doubled"}
    with pytest.raises(RunError, match=name):
        check_trusted(config, "here")
    assert not (tmp_path / "ran").exists()
    metadata = tmp_path / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[attn_tuner.heads]\ndoubled = {name}\n")
    check_trusted(config, "here")
    assert (tmp_path / "ran").exists()
    sys.modules.pop(name)


def test_trusting_what_is_not_there_is_said(received):
    with pytest.raises(RunError, match="trust names the module 'no_such_module'"):
        Bundle.load(received, trust="no_such_module")


def test_every_layer_of_ours_may_be_named():
    from attn_tuner.attention import heads
    from attn_tuner.encoding import encoders

    for registry in (heads, encoders):
        for variant in registry.values():
            if isinstance(variant.build, type) and issubclass(variant.build, keras.layers.Layer):
                made = {"class_name": variant.build.__name__, "module": variant.build.__module__}
                registered = keras.saving.get_registered_name(variant.build)
                check_trusted({**made, "registered_name": registered}, "here")

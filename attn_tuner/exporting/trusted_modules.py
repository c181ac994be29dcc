"""Decides which classes a stored model may name, and which modules are imported for it.

A folder that came from elsewhere must not choose what runs here. Its files name classes and
modules. Made are only those of Keras, of this package, of installed packages that announce parts
by an entry point, those that the caller has registered, and those of modules that the caller trusts
by name. Nothing is imported because a folder names it.
"""

import builtins
import importlib
import importlib.metadata
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from attn_tuner.errors import RunError
from attn_tuner.layers.registration import register_classes

_MOST_BYTES = 100_000_000  # Of a model's configuration, against zip bombs.
# Modules of Keras that load or download files and are not part of a model.
_NOT_MODEL_MODULES = (
    "utils",
    "saving",
    "callbacks",
    "config",
    "datasets",
    "export",
    "legacy",
    "wrappers",
)


def import_trusted(modules: str | Iterable[str]) -> tuple[str, ...]:
    """Imports the modules that a caller trusts, so that Keras knows their classes.

    Args:
        modules: str or iterable of str, module names.

    Raises:
        RunError: one of them cannot be imported.
    """
    names = (modules,) if isinstance(modules, str) else tuple(modules)
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise RunError(
                f"trust names the module {name!r}, which cannot be imported here "
                f"({type(error).__name__}: {error}). Give the name of a module as in "
                "import my_heads, and start where Python finds it."
            ) from error
    return names


def check_trusted(config: Any, folder: str | Path, trust: Sequence[str] = ()) -> None:
    """Raises RunError if a model's configuration names classes that are not trusted.

    Args:
        config: JSON value, configuration of a model, layer or vectorizer.
        folder: its folder, for the message.
        trust: module names from the caller; these and their submodules are imported.
    """
    register_classes()
    trust = (*trust, *announced_modules())
    for table in _object_configs(config):
        module, name = table.get("module"), table.get("class_name")
        registered = table.get("registered_name") or name
        if name == "function":  # Keras looks it up by this name alone.
            name = registered = table.get("config")
        if keras.saving.get_registered_object(str(registered)) is not None:
            continue
        if module is None or _is_keras(str(module)):
            continue
        # Keras writes its own functions, such as "relu", like this; Python's are refused.
        plain = module == "builtins" and table.get("class_name") == "function"
        if plain and not hasattr(builtins, str(name)):
            continue
        if _is_submodule(str(module), trust):
            import_trusted(str(module))
            continue
        ours = str(module).split(".")[0] == "attn_tuner"
        hint = (
            "This version does not have it; update attn-tuner."
            if ours
            else "If you know that module and trust it, give trust=[%r], or --trust %s."
            % ((str(module).split(".")[0][:80],) * 2)
        )
        raise RunError(
            f"The model in '{folder}' names {str(name)[:80]!r} of the module "
            f"{str(module)[:80]!r}, which is not part of Keras or attn_tuner and not registered "
            f"here. A folder alone cannot make code run. {hint}"
        )


def read_model_config(archive: str | Path) -> dict:
    """Reads the configuration of the model in a `.keras` file, without creating the model.

    Raises:
        DamagedFile, ValueError, ...: it is no whole file of this kind.
    """
    with zipfile.ZipFile(archive) as files:
        if broken := files.testzip():
            raise ValueError(f"its part {broken} has changed")
        if files.getinfo("config.json").file_size > _MOST_BYTES:
            raise ValueError("its description is too large")
        found = json.loads(files.read("config.json"))
    if not isinstance(found, dict):
        raise ValueError("it describes no model")
    return found


def load_trusted_model(
    archive: str | Path, folder: str | Path, trust: Sequence[str] = ()
) -> keras.Model:
    """Loads a `.keras` file after checking that it names trusted classes alone.

    Args:
        archive: the file.
        folder: its folder, for the message.
        trust: as in `check_trusted`.

    Raises:
        RunError: it names classes of other modules; nothing of them was imported.
        ValueError, ...: it is no whole file of this kind.
    """
    check_trusted(read_model_config(archive), folder, trust)
    return keras.saving.load_model(archive, safe_mode=True)


def model_modules(model: keras.Model) -> list[str]:
    """Lists the modules that define the classes of a model, except Keras' own."""
    found = set()
    for table in _object_configs(json.loads(model.to_json())):
        made = keras.saving.get_registered_object(str(table.get("registered_name")))
        if made is not None:
            found.add(made.__module__)
    return sorted(each for each in found if not _is_keras(each))


def untrusted_modules(model: keras.Model) -> list[str]:
    """Lists those of `model_modules` outside this package: what a reader has to trust."""
    return [each for each in model_modules(model) if each.split(".")[0] != "attn_tuner"]


def announced_modules() -> tuple[str, ...]:
    """Returns the modules that installed packages announce as parts, `attn_tuner.heads` and such.

    Who installed a package has let it run already; a folder with a model has no entry points.
    """
    found = importlib.metadata.entry_points()
    groups = [group for group in found.groups if group.startswith("attn_tuner.")]
    return tuple(sorted({each.module for group in groups for each in found.select(group=group)}))


def _object_configs(value) -> Iterator[Mapping]:
    """Yields every mapping in a configuration that describes an object, at any depth."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            if "class_name" in each or "registered_name" in each:
                yield each
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each


def _is_keras(module: str) -> bool:
    parts = module.split(".")
    inside = parts[2] if parts[1:2] == ["src"] and len(parts) > 2 else "".join(parts[1:2])
    return parts[0] == "keras" and inside not in _NOT_MODEL_MODULES


def _is_submodule(module: str, names: Sequence[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)

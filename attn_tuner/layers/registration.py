"""Registers the layers of this package with Keras as soon as both are imported.

    import attn_tuner
    import keras

    keras.saving.load_model("model.keras")

Keras finds the classes of a saved model by name, once their modules are imported. Importing them
imports Keras, which takes seconds, so they wait until Keras is there: in either order.
"""

import functools
import importlib
import importlib.abc
import sys
import threading
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from attn_tuner.registry import registry_of

KERAS = "keras"
_PACKAGE = "attn_tuner."
# Modules whose classes a saved model may name, besides those of the registries.
_MODULES = (
    "attn_tuner.exporting.compression.compact_embedding",
    "attn_tuner.layers.augmentation",
    "attn_tuner.layers.column_features",
    "attn_tuner.layers.downsampling",
    "attn_tuner.layers.hashed_ngrams",
    "attn_tuner.layers.minirocket",
    "attn_tuner.layers.ngram_regression",
    "attn_tuner.layers.preparation",
    "attn_tuner.layers.probability_average",
    "attn_tuner.layers.region_sum",
    "attn_tuner.layers.row_regression",
    "attn_tuner.layers.series_input",
    "attn_tuner.layers.sorted_quantiles",
    "attn_tuner.layers.subword_embedding",
    "attn_tuner.layers.token_limits",
    "attn_tuner.sequence.decoder",
    "attn_tuner.sequence.losses",
    "attn_tuner.sequence.model",
    "attn_tuner.sequence.pointer",
    "attn_tuner.sequence.sampled_softmax",
    "attn_tuner.training.adversarial",
    "attn_tuner.training.losses",
    "attn_tuner.training.named_metrics",
    "attn_tuner.training.row_adamw",
)
# Registries of the parts that a model is made of.
MODEL_PARTS = (
    "heads",
    "encoders",
    "scores",
    "queries",
    "normalizers",
    "fusions",
    "decoder_attentions",
)


def register_classes() -> None:
    """Imports every class that a saved model may name, those of installed extensions included."""
    for module in _MODULES:
        importlib.import_module(module)
    for kinds in MODEL_PARTS:
        registry_of(kinds).discover()


def register_with_keras() -> None:
    """Calls `register_classes` now, or as soon as Keras has been imported."""
    if KERAS in sys.modules:
        register_classes()
    else:
        sys.meta_path.insert(0, _AfterImport())


class _AfterImport(importlib.abc.MetaPathFinder):
    """Registers the classes behind the import of Keras, then leaves `sys.meta_path`.

    Where a module of this package imports Keras, it is the outermost such import that registers:
    the classes could not be imported while modules that they need are only half executed.
    """

    def __init__(self):
        self._thread = threading.local()

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None):
        if fullname != KERAS and not fullname.startswith(_PACKAGE):
            return None
        spec = self._found_by_others(fullname, path, target)
        # Loaders of builtin and frozen modules are classes, which all such modules share.
        if spec is not None and spec.loader is not None and not isinstance(spec.loader, type):
            run = functools.partial(self._run, spec.loader.exec_module)
            setattr(spec.loader, "exec_module", run)  # noqa: B010
        return spec

    def _found_by_others(self, fullname, path, target) -> ModuleSpec | None:
        for finder in sys.meta_path:
            found = None if finder is self else finder.find_spec(fullname, path, target)
            if found is not None:
                return found
        return None

    def _run(self, execute: Callable[[ModuleType], None], module: ModuleType):
        ours = module.__name__ != KERAS
        depth = getattr(self._thread, "depth", 0)
        self._thread.depth = depth + ours
        try:
            execute(module)
        finally:
            self._thread.depth = depth
        if not depth and KERAS in sys.modules and self in sys.meta_path:
            sys.meta_path.remove(self)
            register_classes()

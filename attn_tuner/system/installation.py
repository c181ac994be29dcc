"""Checks an installation: versions, machine, missing extras, and a test of it all."""

import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Callable, Iterator

import attn_tuner
from attn_tuner.system.machine import cores, free_bytes
from attn_tuner.verbosity import silence

PACKAGES = ("tensorflow", "keras", "keras-tuner", "optuna", "numpy", "pandas", "scikit-learn")
EXTRAS = {  # Name of an extra to the modules that it brings, as setup.cfg has it.
    "check": ("cleanlab", "datasketch"),
    "ray": ("ray",),
    "sequence": ("sacrebleu", "rouge_score"),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
    "litert": ("ai_edge_litert",),
    "vectors": ("gensim", "safetensors", "tokenizers"),
    "datasets": ("datasets",),
    "excel": ("openpyxl",),
    "remote": ("fsspec", "s3fs", "gcsfs"),
    "serve": ("fastapi", "uvicorn"),
}
LABEL_WIDTH = 10


def check_installation(self_test: Callable[[], str] | None = None) -> bool:
    """Prints what is installed and what the machine has, and what a test of it says.

    Args:
        self_test: function that returns a sentence on what works, or raises; it is not called if
            a package is missing. None leaves it out.

    Returns:
        Whether nothing is wrong.
    """
    ready = True
    for label, said in (*versions(), *machine(), *missing_extras()):
        print(f"{label:<{LABEL_WIDTH}}{said}", flush=True)
        ready = ready and "not installed" not in said
    if self_test and ready:
        print(f"{'self-test':<{LABEL_WIDTH}}", end="", flush=True)
        try:
            print(self_test())
        except Exception as error:
            ready = False
            print(f"failed: {type(error).__name__}: {error}")
    said = "Everything works." if ready else "Repair what is said above, then run this again."
    if not self_test and ready:
        said = "Nothing is missing. Leave out --no-test to search, export and load a tiny model."
    print(said)
    return ready


def versions() -> Iterator[tuple[str, str]]:
    """Lists the versions of this package, Python and the packages that it needs."""
    yield "version", f"attn-tuner {attn_tuner.__version__}, Python {platform.python_version()}"
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield "missing", f"{name} is not installed. Try: pip install --upgrade attn-tuner"
    yield "packages", ", ".join(found)


def machine() -> Iterator[tuple[str, str]]:
    """Lists the system, cores, memory and GPUs."""
    with silence(stderr=True):
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")

    yield "system", f"{platform.system()} {platform.machine()}"
    yield "cores", f"{cores()} of {os.cpu_count()}"
    yield "memory", f"{free_bytes() / 1e9:.1f} GB free"
    yield "GPU", ", ".join(each.name for each in gpus) or "none; models train on the cores"


def missing_extras() -> Iterator[tuple[str, str]]:
    """Lists the extras that are missing, with the command that installs each."""
    missing = [
        name
        for name, modules in EXTRAS.items()
        if not all(importlib.util.find_spec(each) for each in modules)
    ]
    if not missing:
        yield "extras", "all installed"
    for at, name in enumerate(missing):
        yield "" if at else "extras", f"{name} is optional: pip install 'attn-tuner[{name}]'"

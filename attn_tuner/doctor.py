"""Checks an installation: versions, machine, missing extras, and a search of one minute."""

import importlib.metadata
import importlib.util
import os
import platform
import random
import time
from collections.abc import Iterator

import attn_tuner
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.verbosity import silence

PACKAGES = ("tensorflow", "keras", "keras-tuner", "optuna", "numpy", "pandas", "scikit-learn")
EXTRAS = {  # Name of an extra to the modules that it brings, as setup.cfg has it.
    "ray": ("ray",),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
    "litert": ("ai_edge_litert",),
    "vectors": ("gensim",),
    "datasets": ("datasets",),
    "excel": ("openpyxl",),
    "remote": ("fsspec", "s3fs", "gcsfs"),
    "serve": ("fastapi", "uvicorn"),
}
LABEL_WIDTH = 10
TEXTS = 120
SPACE = {
    "encoder": "none",
    "head": "additive",
    "embedding_dim": 32,
    "embedding_init": "random",
    "learning_rate": 0.01,
}


def check_installation(test: bool = True) -> bool:
    """Prints what is installed and what the machine has; searches, exports and loads a tiny model.

    Args:
        test: bool, whether to search.

    Returns:
        Whether nothing is wrong.
    """
    ready = True
    for label, said in (*versions(), *machine(), *missing_extras()):
        print(f"{label:<{LABEL_WIDTH}}{said}", flush=True)
        ready = ready and "not installed" not in said
    if test and ready:
        print(f"{'self-test':<{LABEL_WIDTH}}", end="", flush=True)
        try:
            print(self_test())
        except Exception as error:
            ready = False
            print(f"failed: {type(error).__name__}: {error}")
    said = "Everything works." if ready else "Repair what is said above, then run this again."
    if not test and ready:
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
    from attn_tuner.layers.memory_guard import available_bytes
    from attn_tuner.tuning.resources import cores

    yield "system", f"{platform.system()} {platform.machine()}"
    yield "cores", f"{cores()} of {os.cpu_count()}"
    yield "memory", f"{available_bytes() / 1e9:.1f} GB free"
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


def self_test() -> str:
    """Searches for a tiny model, exports it, and loads the export.

    Returns:
        A sentence on what was done and how long it took.

    Raises:
        RuntimeError: the exported model gives other answers than the texts have.
    """
    from attn_tuner.api import search
    from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor

    began = time.monotonic()
    texts, labels = _texts()
    with scratch() as folder:
        run = folder / "run"
        search((texts, labels), max_trials=1, epochs=6, space=SPACE, directory=run, progress=False)
        found = SavedModelPredictor(run).predict(texts)
    right = sum(each.label == label for each, label in zip(found, labels, strict=True))
    if right < 0.9 * len(texts):
        raise RuntimeError(f"the exported model is right on {right} of {len(texts)} easy texts")
    return (
        f"searched, exported and loaded a model in {time.monotonic() - began:.0f}s; it is right on "
        f"{right} of {len(texts)} easy texts"
    )


def _texts() -> tuple[list[str], list[str]]:
    """Makes texts that one word of each decides, and their labels."""
    draw = random.Random(0)
    words = {"good": ("great", "lovely"), "bad": ("awful", "dull")}
    texts, labels = [], []
    for number in range(TEXTS):
        label = ("good", "bad")[number % 2]
        filler = draw.choices(("the", "film", "was", "a", "room"), k=6)
        texts.append(f"{' '.join(filler)} {draw.choice(words[label])} {number}")
        labels.append(label)
    return texts, labels

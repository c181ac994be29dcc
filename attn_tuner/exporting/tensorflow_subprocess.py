"""Exports models trained on JAX or PyTorch, in a process whose backend is TensorFlow.

Run as the module `attn_tuner.exporting.tensorflow_subprocess` with BUNDLE FOLDER FORMAT and the
modules of custom layers. All formats but Keras' own are made from a TensorFlow graph; layers are
the same on every backend.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import keras

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle, load_bundle
from attn_tuner.exporting.formats.base import Artefact, Program, exporters
from attn_tuner.exporting.trusted_modules import untrusted_modules
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.system.processes import module_command
from attn_tuner.verbosity import QUIET_TENSORFLOW

_ANY_BACKEND = ("keras",)


def exporter_for_backend(name: str) -> Callable[[Bundle, Path], Artefact | list[Artefact]]:
    """Returns the exporter of that name, run in a process on TensorFlow if this backend is another.

    Raises:
        UnknownName: there is none of that name.
    """
    maker = exporters[name]
    if name in _ANY_BACKEND or keras.backend.backend() == "tensorflow":
        return maker
    return lambda bundle, folder: _export_in_subprocess(bundle, folder, name)


def _export_in_subprocess(bundle: Bundle, folder: Path, name: str) -> list[Artefact]:
    with scratch() as place:
        bundle.save(place)
        done = subprocess.run(
            module_command(__name__, place, folder, name, *untrusted_modules(bundle.model)),
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, **QUIET_TENSORFLOW, "KERAS_BACKEND": "tensorflow"},
        )
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        sentence = last.removeprefix("attn_tuner.errors.ExportError: ")
        raise ExportError(
            f"The {name} export is written by a process on TensorFlow, which failed: {sentence}"
        )
    return [artefact_of(facts) for facts in json.loads(lines[-1])]


def artefact_of(facts: dict) -> Artefact:
    """Makes an artefact from the JSON that `facts_of` wrote."""
    kind = facts["kind"]
    if isinstance(kind, dict):
        kind = Program(**{**kind, "forbidden": tuple(kind["forbidden"])})
    changed = {"kind": kind, "file": Path(facts["file"]), "notes": tuple(facts["notes"])}
    return Artefact(**{**facts, **changed})


def facts_of(artefact: Artefact) -> dict:
    """Returns an artefact as values for JSON."""
    return {**asdict(artefact), "file": str(artefact.file)}


def main(place: str, folder: str, name: str, *trust: str) -> None:
    """Writes the bundle saved at `place`, and prints the artefacts as JSON."""
    made = exporters[name](load_bundle(place, trust), Path(folder))
    artefacts = made if isinstance(made, list) else [made]
    print(json.dumps([facts_of(each) for each in artefacts]))


if __name__ == "__main__":
    main(*sys.argv[1:])

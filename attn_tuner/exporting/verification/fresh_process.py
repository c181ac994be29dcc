"""Runs an artefact as its user would: by the code of its README, in a process without this package.

Run as a script, `fresh_process.py KIND`, with KIND a key of `LIBRARIES`, or `fresh_process.py NAME
LIBRARY FORBIDDEN...` for a program of another name, it answers one JSON line per request on
standard input:

    {"code": "import tensorflow as tf ...", "texts": [...]}

with `{"probabilities": [[...]], "labels": [...]}` or `{"error": "..."}`; with `sets`, `lower`,
`upper` and `known` where the code gives them. The code assigns `texts = [...]`, `rows = [...]` or
`series = [...]` once. It is run as it stands; then what is below that statement is run again with
the texts of the request, as many at a time as it may take.
"""

import ast
import contextlib
import importlib
import json
import os
import sys
import types

# Modules that cannot be imported, so that the artefact cannot depend on them.
FORBIDDEN = {
    "savedmodel": ("attn_tuner", "keras", "keras_tuner"),
    "litert": ("attn_tuner", "keras", "keras_tuner"),
    "onnx": ("attn_tuner", "keras", "keras_tuner", "tensorflow", "tf2onnx"),
    "keras": (),
}
LIBRARIES = {
    "savedmodel": "tensorflow",
    "litert": "ai_edge_litert.interpreter",
    "onnx": "onnxruntime",
    "keras": "keras",
}
BATCH = 64
INPUTS = ("texts", "rows", "series")
ALSO = (
    "labels",
    "sets",
    "lower",
    "upper",
    "known",
)  # What an answer may say besides probabilities.
READER = "reader"  # The module beside a model of ids, another one for each artefact.


def run(request: dict) -> dict:
    """Answers the texts of a request by its code."""
    names: dict = {"__name__": "readme"}
    path = list(sys.path)
    try:
        load, answer, name, shown = _parts(request["code"])
        exec(load, names)
        exec(answer, names)
        size = 1 if name != "rows" and len(shown) == 1 else BATCH
        given = []
        also: dict[str, list] = {name: [] for name in ALSO}
        for start in range(0, len(request["texts"]), size):
            names[name] = request["texts"][start : start + size]
            exec(answer, names)
            given += _listed(names["values"] if "values" in names else names["probabilities"])
            for said, found in also.items():
                found += _listed(names.get(said, []))
    finally:
        sys.path[:] = path
        sys.modules.pop(READER, None)
    also["labels"] = [
        ", ".join(each) if isinstance(each, list) else each for each in also["labels"]
    ]
    return {"probabilities": given, **{said: found for said, found in also.items() if found}}


def _parts(code: str) -> tuple[types.CodeType, types.CodeType, str, list]:
    """Splits code behind its `texts = [...]`; returns both parts, that name and those texts."""
    body = ast.parse(code).body
    for place, each in enumerate(body):
        name = ast.unparse(each.targets[0]) if isinstance(each, ast.Assign) else ""
        if name in INPUTS and isinstance(each, ast.Assign):
            halves = (body[: place + 1], body[place + 1 :])
            load, answer = (
                compile(ast.Module(half, type_ignores=[]), "README", "exec") for half in halves
            )
            return load, answer, name, ast.literal_eval(each.value)
    raise ValueError(
        "the code of the README has no statement texts = [...], rows = [...] or series = [...]"
    )


def _listed(values) -> list:
    """A tensor, array or list as a list of Python values."""
    if hasattr(values, "numpy"):
        values = values.numpy()
    rows = values.tolist() if hasattr(values, "tolist") else list(values)
    return [each.decode() if isinstance(each, bytes) else each for each in rows]


def main(kind: str, *own: str) -> None:
    """Answers requests until standard input closes.

    Args:
        kind: key of `LIBRARIES`, or any name if `own` is given.
        own: the module to import, "" for none, and those that cannot be imported.
    """
    library, *forbidden = own or (LIBRARIES[kind], *FORBIDDEN[kind])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What libraries print must neither mix with the answers nor fill a pipe that is not read.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != here]
    for module in forbidden:
        sys.modules[module] = None  # type: ignore[assignment]
    with contextlib.suppress(ImportError):  # While the artefact is still being written.
        if library:
            importlib.import_module(library)
    if library == LIBRARIES["litert"]:
        _offer_interpreter()
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _offer_interpreter():
    """Puts TensorFlow's interpreter in the place of LiteRT's where that is not installed."""
    if LIBRARIES["litert"] not in sys.modules:
        import tensorflow as tf

        stand_in = types.ModuleType(LIBRARIES["litert"])
        stand_in.Interpreter = tf.lite.Interpreter  # type: ignore[attr-defined]
        sys.modules[LIBRARIES["litert"]] = stand_in


if __name__ == "__main__":
    main(*sys.argv[1:])

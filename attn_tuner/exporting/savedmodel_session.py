"""Runs a SavedModel of strings by TensorFlow's C library, without its Python modules.

`import tensorflow` reads two thousand modules, which takes longer than everything else that one
prediction needs. The C library has the same kernels and loads a SavedModel by itself. All functions
called here are of the public C API: https://www.tensorflow.org/install/lang_c
"""

import ctypes
import importlib.util
import weakref
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DamagedFile

_FILES = ("libtensorflow_cc.so.2", "libtensorflow_cc.2.dylib")  # Linux, macOS.
_STRING = 7  # TF_STRING
_STRING_BYTES = 24  # sizeof(TF_TString) in tensorflow/c/tf_tstring.h
_TAG = b"serve"  # Of the graph that `tf.saved_model.save` writes.


class _Buffer(ctypes.Structure):
    _fields_ = (("data", c_void_p), ("length", c_size_t), ("deallocator", c_void_p))


class _Output(ctypes.Structure):
    _fields_ = (("operation", c_void_p), ("index", c_int))


_TYPES = {  # Function of the C API to its result and arguments; None is void.
    "TF_AllocateTensor": (c_void_p, c_int, POINTER(c_int64), c_int, c_size_t),
    "TF_DeleteBuffer": (None, POINTER(_Buffer)),
    "TF_DeleteGraph": (None, c_void_p),
    "TF_DeleteSession": (None, c_void_p, c_void_p),
    "TF_DeleteSessionOptions": (None, c_void_p),
    "TF_DeleteStatus": (None, c_void_p),
    "TF_DeleteTensor": (None, c_void_p),
    "TF_Dim": (c_int64, c_void_p, c_int),
    "TF_GetCode": (c_int, c_void_p),
    "TF_GraphOperationByName": (c_void_p, c_void_p, c_char_p),
    "TF_LoadSessionFromSavedModel": (
        *(c_void_p, c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int, c_void_p),
        *(POINTER(_Buffer), c_void_p),
    ),
    "TF_Message": (c_char_p, c_void_p),
    "TF_NewBuffer": (POINTER(_Buffer),),
    "TF_NewGraph": (c_void_p,),
    "TF_NewSessionOptions": (c_void_p,),
    "TF_NewStatus": (c_void_p,),
    "TF_NumDims": (c_int, c_void_p),
    "TF_SessionRun": (
        *(None, c_void_p, c_void_p, POINTER(_Output), POINTER(c_void_p), c_int),
        *(POINTER(_Output), POINTER(c_void_p), c_int, c_void_p, c_int, c_void_p, c_void_p),
    ),
    "TF_StringCopy": (None, c_void_p, c_char_p, c_size_t),
    "TF_StringDealloc": (None, c_void_p),
    "TF_StringInit": (None, c_void_p),
    "TF_TensorData": (c_void_p, c_void_p),
}


class SavedModelSession:
    """The signature `serving_default` of a SavedModel, in a session of TensorFlow's C library.

        SavedModelSession("runs/demo/best")([b"a text"], "probabilities")    # (1, classes)

    Args:
        folder: path of the SavedModel.

    Raises:
        OSError: this installation of TensorFlow has no such library, or it cannot load the folder.
    """

    def __init__(self, folder: str | Path):
        self._folder = Path(folder)
        self._tf = tf = _library()
        status, options = tf.TF_NewStatus(), tf.TF_NewSessionOptions()
        self._graph, described = tf.TF_NewGraph(), tf.TF_NewBuffer()
        try:
            tags = (c_char_p * 1)(_TAG)
            self._session = tf.TF_LoadSessionFromSavedModel(
                options, None, bytes(self._folder), tags, 1, self._graph, described, status
            )
            if tf.TF_GetCode(status):
                tf.TF_DeleteGraph(self._graph)
                raise OSError(_message(tf, status))
            found = described.contents
            signature = _signature(ctypes.string_at(found.data, found.length))
        finally:
            tf.TF_DeleteBuffer(described)
            tf.TF_DeleteSessionOptions(options)
            tf.TF_DeleteStatus(status)
        self._input = self._output(signature.inputs["text"].name)
        self._outputs = {name: self._output(each.name) for name, each in signature.outputs.items()}
        weakref.finalize(self, _close, tf, self._session, self._graph).atexit = False

    def __call__(self, texts: Sequence[bytes], output: str) -> np.ndarray:
        """Computes one float output of the signature for a batch of texts.

        Args:
            texts: sequence of bytes, at least one.
            output: str, name of the output, `"probabilities"` or `"value"`.

        Raises:
            DamagedFile: the model cannot be run.
        """
        tf = self._tf
        status, given = tf.TF_NewStatus(), _string_tensor(tf, texts)
        answers = (c_void_p * 1)()
        try:
            tf.TF_SessionRun(
                *(self._session, None),
                *(byref(self._input), (c_void_p * 1)(given), 1),
                *(byref(self._outputs[output]), answers, 1),
                *(None, 0, None, status),
            )
            if tf.TF_GetCode(status):
                reason = f"cannot be run ({_message(tf, status)})"
                raise DamagedFile(self._folder, reason, "Export the model again.")
            return _floats(tf, answers[0])
        finally:
            _delete_strings(tf, given, len(texts))
            tf.TF_DeleteTensor(answers[0])
            tf.TF_DeleteStatus(status)

    def _output(self, name: str) -> _Output:
        """Finds the tensor `operation:index` in the graph."""
        operation, _, index = name.rpartition(":")
        found = self._tf.TF_GraphOperationByName(self._graph, operation.encode())
        if not found:
            raise OSError(f"{self._folder} has no operation {operation!r}")
        return _Output(found, int(index))


@cache
def _library() -> Any:
    """Loads the C library of the installed TensorFlow, its functions with their types."""
    package = importlib.util.find_spec("tensorflow")
    places = [] if package is None else package.submodule_search_locations or []
    found = [path for place in places for name in _FILES if (path := Path(place, name)).exists()]
    if not found:
        raise OSError(f"TensorFlow has none of the files {', '.join(_FILES)} here")
    library = ctypes.CDLL(str(found[0]))
    for name, (result, *arguments) in _TYPES.items():
        if not hasattr(library, name):
            raise OSError(f"{found[0]} has no function {name}")
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _signature(described: bytes) -> Any:
    """Reads the SignatureDef of `serving_default` from a serialized MetaGraphDef."""
    # TensorBoard has a copy of TensorFlow's messages that needs no TensorFlow.
    from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

    return MetaGraphDef.FromString(described).signature_def["serving_default"]


def _message(tf: Any, status: int) -> str:
    return tf.TF_Message(status).decode(errors="replace").strip().splitlines()[0]


def _string_tensor(tf: Any, texts: Sequence[bytes]) -> int:
    """Makes a tensor (texts,) of strings."""
    shape = (c_int64 * 1)(len(texts))
    tensor = tf.TF_AllocateTensor(_STRING, shape, 1, _STRING_BYTES * len(texts))
    start = tf.TF_TensorData(tensor)
    for place, text in enumerate(texts):
        tf.TF_StringInit(start + _STRING_BYTES * place)
        tf.TF_StringCopy(start + _STRING_BYTES * place, text, len(text))
    return tensor


def _delete_strings(tf: Any, tensor: int, texts: int) -> None:
    start = tf.TF_TensorData(tensor)
    for place in range(texts):
        tf.TF_StringDealloc(start + _STRING_BYTES * place)
    tf.TF_DeleteTensor(tensor)


def _floats(tf: Any, tensor: int) -> np.ndarray:
    """Copies a float32 tensor."""
    shape = [tf.TF_Dim(tensor, axis) for axis in range(tf.TF_NumDims(tensor))]
    held = ctypes.cast(tf.TF_TensorData(tensor), POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(held, shape=shape).copy()


def _close(tf: Any, session: int, graph: int) -> None:
    status = tf.TF_NewStatus()
    tf.TF_DeleteSession(session, status)
    tf.TF_DeleteGraph(graph)
    tf.TF_DeleteStatus(status)

"""Answers of SavedModels, given by a process that has TensorFlow but not this package."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = """
import json, sys
sys.modules["attn_tuner"] = None
import tensorflow as tf
for line in sys.stdin:
    path, texts = json.loads(line)
    model = tf.saved_model.load(path)
    answer = model.signatures["serving_default"](text=tf.constant(texts))
    given = {name: each.numpy() for name, each in answer.items()}
    if "label" in given:
        given["label"] = given["label"].astype("U")
    print(json.dumps({name: each.tolist() for name, each in given.items()}), flush=True)
"""


class Served:
    """The process, begun when it is first asked. One answers for all tests of a pytest process."""

    process = None

    def __call__(self, path: Path, texts: Sequence[str]) -> dict[str, list]:
        """Returns what the signature `serving_default` of the model at the path gives, by name."""
        if self.process is None:
            command = [sys.executable, "-c", PROGRAM]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.process.stdin.write(json.dumps([str(path), list(texts)]).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.process.communicate()[1].decode()[-3000:]
        return json.loads(answer)

    def close(self):
        """Ends the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()

"""Verifies that an artefact gives the same probabilities as the model."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, Program
from attn_tuner.exporting.known_texts import KnownTexts, entropies
from attn_tuner.exporting.named_inputs import NamedInputs
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.usage_snippets import LITERT_FILE, python_code, usage_snippet
from attn_tuner.exporting.verification.fresh_process import LIBRARIES
from attn_tuner.inputs.kinds import TEXT, kind_named
from attn_tuner.registry import unknown
from attn_tuner.system.processes import script_command
from attn_tuner.verbosity import QUIET_TENSORFLOW

_SCRIPT = Path(__file__).with_name("fresh_process.py")
NEAR = 1e-4  # Nats from the limit, within which rounding decides whether a text is known.
_NO_GAPS = (
    "A layer may choose between values that are NaN, with where(), which a converter turns into "
    "a sum: let it fill missing values before it chooses. Nothing was written."
)
_TIMEOUT = 300  # Seconds for imports and an answer, on a busy machine.


@dataclass(frozen=True)
class Proof:
    """Result of a verification: how far an artefact differs from its model.

    Args:
        difference: float, largest difference of a probability.
        tolerance: float, allowed difference; None if it was only measured.
        texts: int, number of texts compared.
        same_labels: float, share of texts with the same label as the model, before shrinking.
        accuracy: (model before shrinking, artefact), if labels are known.
        noun: str, what was compared: "texts".
        kind: str, of the answers: "number" where the difference is a share of the number's size,
            or of 1 for smaller numbers.
    """

    difference: float
    tolerance: float | None
    texts: int
    same_labels: float = 1.0
    accuracy: tuple[float, float] | None = None
    noun: str = TEXT.plural
    kind: str = "class"

    @property
    def sentence(self) -> str:
        """The result as a sentence."""
        answers = "numbers" if self.kind == "number" else "probabilities"
        said = (
            f"On {self.texts} {self.noun}, in a separate process, its {answers} differ from the "
            f"model's by at most {self.difference:.1e}"
        )
        said += " of their size, or of 1" if self.kind == "number" else ""
        said += f"; {self.tolerance:.0e} is allowed." if self.tolerance is not None else "."
        if self.same_labels < 1:
            said += f" {self.same_labels:.1%} of them get the same label."
        if self.accuracy is not None:
            said += " Accuracy: model {:.4f}, artefact {:.4f}.".format(*self.accuracy)
        return said


class FreshProcess:
    """A process that cannot import attn_tuner, and runs artefacts of one kind.

    A context manager. The process imports its libraries while the artefact is still being written,
    so that verification takes little more than the predictions.

    Args:
        kind: the artefact's kind: a key of `fresh_process.LIBRARIES`, or a `Program`.
    """

    def __init__(self, kind: str | Program):
        if isinstance(kind, Program):
            self.arguments = (kind.name, kind.library, *kind.forbidden)
        elif kind in LIBRARIES:
            self.arguments = (kind,)
        else:
            raise ExportError(
                f"{unknown('kind of artefact', kind, LIBRARIES)} Name one of them in "
                "Artefact(kind=), or describe what runs the artefact: "
                "Artefact(kind=Program(name, usage)), with Python code that loads and calls it."
            )
        self.kind = kind

    def __enter__(self):
        environment = {**os.environ, **QUIET_TENSORFLOW, "KERAS_BACKEND": "tensorflow"}
        # The GPU may be full of this process's models.
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
        self.process = subprocess.Popen(
            script_command(_SCRIPT, *self.arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def ask(self, request: dict) -> dict:
        """Sends one request and returns the answer.

        Raises:
            ExportError: the process failed, in its own words.
        """
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            last = self.process.communicate(timeout=_TIMEOUT)[1].strip().splitlines()[-1:]
            raise ExportError(f"The process that checks {self.kind} files ended: {''.join(last)}")
        return json.loads(line)


def verify_artefact(
    bundle: Bundle | SeriesBundle | NamedInputs,
    artefact: Artefact,
    texts: Sequence,
    process: FreshProcess,
    expected: np.ndarray | None = None,
    labels: Sequence[int] | np.ndarray | None = None,
    whole: np.ndarray | None = None,
) -> Proof:
    """Runs the code of the artefact's README on `texts` in `process`, and compares the answers.

    Args:
        bundle: `Bundle` that it was made from.
        artefact: `Artefact` to run.
        texts: list of raw inputs to compare on: str, series, or rows of several inputs.
        process: `FreshProcess` of the artefact's kind.
        expected: (texts, classes) probabilities to reproduce; the bundle's own if not given.
        labels: (texts,) int, classes of the texts, if known, for the accuracy.
        whole: (texts, classes) probabilities of the model before shrinking, if it was shrunk.

    Raises:
        ExportError: it does not run, or a probability differs by more than the tolerance.
    """
    count, odd = len(texts), bundle.odd_inputs(texts)
    expected = bundle.predict(texts) if expected is None else expected
    if odd:
        texts = [*texts, *odd]
        expected = np.concatenate([expected, bundle.predict(odd)])
    answer = process.ask({"code": readme_code(bundle, artefact), "texts": bundle.plain(texts)})
    if "error" in answer:
        raise ExportError(f"The {artefact.kind} artefact does not run: {answer['error']}")
    given = np.array(answer["probabilities"], "float32")
    given = bundle.columns(given.reshape(len(texts), -1)) if given.size else expected[:0]
    if given.shape != expected.shape or not np.isfinite(given[:count]).all():
        raise ExportError(
            f"The {artefact.kind} artefact gives numbers of shape {given.shape}, "
            f"not finite probabilities of shape {expected.shape}."
        )
    # Relative for numbers, as the precision of a float is relative.
    size = np.maximum(np.abs(expected), 1.0) if bundle.kind == "number" else 1.0
    off = np.abs(given - expected) / size
    noun = kind_named(bundle.input).plural
    difference = float(off[:count].max(initial=0.0))
    if artefact.tolerance is not None and difference > artefact.tolerance:
        worst = texts[int(off[:count].max(axis=-1).argmax())]
        raise ExportError(
            f"The {artefact.kind} artefact differs from the model by {difference:.2g} in a "
            f"probability; {artefact.tolerance:.0e} is allowed. The worst of {count} {noun} "
            f"begins {str(worst)[:40]!r}. Nothing was written."
        )
    _check_odd(off[count:], artefact)
    _check_labels(bundle, answer, given)
    _check_doubt(bundle, answer, given)
    if bundle.kind != "class":
        return Proof(difference, artefact.tolerance, count, noun=noun, kind=bundle.kind)
    whole = expected[:count] if whole is None else whole
    named, wanted = given[:count].argmax(axis=-1), whole.argmax(axis=-1)
    accuracy = None
    if labels is not None and count:
        accuracy = (float(np.mean(wanted == labels)), float(np.mean(named == labels)))
    same = float(np.mean(named == wanted)) if count else 1.0
    return Proof(difference, artefact.tolerance, count, same, accuracy, noun)


def _check_odd(off: np.ndarray, artefact: Artefact):
    """Checks the answers to the odd inputs of a bundle: to series with missing values."""
    if not np.isfinite(off).all():
        raise ExportError(
            f"The {artefact.kind} artefact gives no finite answers where values are missing. "
            f"{_NO_GAPS}"
        )
    difference = float(off.max(initial=0.0))
    if artefact.tolerance is not None and difference > artefact.tolerance:
        raise ExportError(
            f"The {artefact.kind} artefact differs from the model by {difference:.2g} where values "
            f"are missing; {artefact.tolerance:.0e} is allowed. {_NO_GAPS}"
        )


def _check_labels(bundle: Bundle | SeriesBundle | NamedInputs, answer: dict, given: np.ndarray):
    named = [bundle.label(row) for row in given]
    if answer.get("labels", named) != named:
        raise ExportError("The artefact's labels are not those of its probabilities.")


def _check_doubt(bundle: Bundle | SeriesBundle | NamedInputs, answer: dict, given: np.ndarray):
    """Checks sets, intervals and known texts against the answers beside them."""
    _check_known(getattr(bundle, "known", None), answer, given)
    conformal = getattr(bundle, "conformal", None)
    if conformal is None or not len(given):
        return
    if bundle.kind == "number":
        wanted = np.concatenate(conformal.interval(given[:, 0]))
        found = np.ravel([*answer.get("lower", []), *answer.get("upper", [])])
        same = found.shape == wanted.shape and np.allclose(found, wanted, rtol=1e-5, atol=1e-5)
    else:
        wanted = conformal.sets(given)
        found = np.array(answer.get("sets", []), bool).reshape(-1, wanted.shape[1])
        same = np.array_equal(found, wanted)
    if not same:
        raise ExportError("The artefact's prediction sets are not those of its probabilities.")


def _check_known(known: KnownTexts | None, answer: dict, given: np.ndarray):
    if known is None or not len(given):
        return
    clear = np.abs(entropies(given) - known.entropy) > NEAR
    found = np.array(answer.get("known", []), bool)
    if found.shape != clear.shape or (found != known.known(given))[clear].any():
        raise ExportError("The artefact's known texts are not those of its probabilities.")


def readme_code(bundle: Bundle | SeriesBundle | NamedInputs, artefact: Artefact) -> str:
    """Returns the Python that the README of the artefact prints, for where the artefact is now."""
    file = artefact.file
    folder = file if artefact.kind == "savedmodel" else file.parent
    code = python_code(usage_snippet(artefact.kind, bundle), str(folder))
    return code.replace(LITERT_FILE, file.name) if artefact.kind == "litert" else code

"""Explains texts for a server with the best model of a run."""

from collections.abc import Collection, Sequence
from pathlib import Path

from attn_tuner.drift.drift_check import DriftCheck
from attn_tuner.drift.monitor import monitor_texts
from attn_tuner.errors import DataError
from attn_tuner.explaining import Explainer, Explanation
from attn_tuner.serving.bundle_holder import BundleHolder
from attn_tuner.storage.run import Run
from attn_tuner.text.input_texts import InputTexts


class ModelHolder:
    """Explains texts with the best model of a run, one call at a time.

    Args:
        directory: the run folder; its search may still run.
        trust: names of modules whose layers the model may contain.
    """

    def __init__(self, directory: str | Path, trust: str | Sequence[str] = ()):
        self._held = BundleHolder(directory, trust, Explainer)

    def __call__(self, texts: list[str]) -> list[Explanation]:
        """Explains each text.

        Raises:
            RunError: the search has no best model yet, or it cannot be loaded.
        """
        with self._held.lock:
            return self._held.current()(texts)

    def without(self, text: str, positions: Collection[int]) -> dict:
        """Answers a text as if some of its tokens were not there.

        A character that became several tokens is left out as a whole.

        Args:
            text: str.
            positions: of the tokens to leave out, in `Explanation.tokens`.

        Returns:
            A dict with the keys label, probability and probabilities, as an `Explanation` has
            them, left_out (positions) and weights (one for each token; 0 for those left out).

        Raises:
            DataError: the text has no such token.
            RunError: as in a call.
        """
        with self._held.lock:
            explainer = self._held.current()
            (whole,) = explainer([text])
            missing = _with_same_span(whole, set(positions))
            return _answer_without(explainer, text, len(whole.tokens), missing)

    def compare(self, run: Run, given: InputTexts) -> DriftCheck:
        """Compares new texts with the validation texts; see `drift.monitor.monitor_texts`.

        Args:
            run: as the run folder holds it now.
            given: the new texts, and their labels if there are any.

        Raises:
            DataError: they cannot be compared.
            RunError: as in a call.
        """
        with self._held.lock:
            return monitor_texts(run, self._held.current().bundle, given)

    @property
    def version(self) -> int | None:
        """When the model was written; None where there is none yet."""
        return self._held.version


def _with_same_span(whole: Explanation, positions: set[int]) -> list[int]:
    wrong = [each for each in sorted(positions) if not 0 <= each < len(whole.tokens)]
    if wrong:
        raise DataError(f"The text has {len(whole.tokens)} tokens; there is no token {wrong[0]}.")
    gone = {whole.spans[each] for each in positions if whole.spans[each][0] >= 0}
    return [
        place
        for place, span in enumerate(whole.spans)
        if place in positions or any(first <= span[0] and span[1] <= last for first, last in gone)
    ]


def _answer_without(explainer: Explainer, text: str, tokens: int, missing: list[int]) -> dict:
    bundle = explainer.bundle
    (ids,) = bundle.ids([text])
    kept = [place for place in range(tokens) if place not in missing]
    (probabilities,), (rows,) = explainer.answers([[ids[place] for place in kept]])
    weights = [0.0] * tokens
    if len(rows):
        mean = rows.mean(axis=0, dtype="float64")
        for place, weight in zip(kept, mean / (mean.sum() or 1.0), strict=True):
            weights[place] = float(weight)
    named = dict(zip(bundle.classes or ("value",), map(float, probabilities), strict=True))
    label = bundle.label(probabilities)
    return {
        "label": label,
        "probability": named.get(label, max(named.values())),
        "probabilities": named,
        "left_out": missing,
        "weights": weights,
    }

"""Which words a classifier looked at, and whether what it shows can be believed.

explain(bundle, ["a text"])[0]            label, probabilities, weights per token and place
Explainer(bundle)                         the same, ready for many calls
measure_faithfulness(bundle, texts)       do the highlighted words decide the answers?
measure_evidence(explanations, spans)     are they the words that are known to decide?
"""

import importlib

_HOMES = {
    "Evidence": "evidence",
    "Explainer": "explainer",
    "Explanation": "explanation",
    "Faithfulness": "faithfulness",
    "explain": "explainer",
    "measure_evidence": "evidence",
    "measure_faithfulness": "faithfulness",
}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__():
    return sorted([*globals(), *_HOMES])

"""Explains predictions by attention weights and measures how faithful the weights are.

explain(bundle, ["a text"])[0]            label, probabilities, attention weight of each token
Explainer(bundle)                         the same for many calls
measure_faithfulness(bundle, texts)       do predictions change without the most attended tokens?
measure_evidence(explanations, spans)     does attention lie on words that are known to decide?
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

"""Serves a run folder as a web page: the state of the search, and predictions for typed texts.

serve("runs/reviews")     starts a server
make_app("runs/reviews")  returns the ASGI app for a server of your own
"""

import importlib

__all__ = ["make_app", "serve"]


def __getattr__(name: str):
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.app"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")

"""A run while it goes on, and its model at work: on a terminal, and as a small web page.

watch("runs/reviews")     a live table on the terminal
serve("runs/reviews")     a page that shows the search and explains what one types
make_app("runs/reviews")  the same page for one's own ASGI server
"""

import importlib

_HOMES = {"make_app": "app", "serve": "app", "watch": "watch"}

__all__ = list(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        # The function replaces the module of the same name in this package.
        found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = found
        return found
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")

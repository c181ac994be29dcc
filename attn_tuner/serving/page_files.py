"""The files of the page: HTML, style sheets and scripts, each under its own name."""

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from attn_tuner.inputs.kinds import TEXT

if TYPE_CHECKING:
    from fastapi import FastAPI

# No file comes from other hosts and no inline script runs, whatever the data holds.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
INDEX = "serve.html"
TOKEN_MARK, KIND_MARK, TRY_MARK = "{{stop_token}}", "{{kind}}", "{{try}}"
_KINDS = {"css": "text/css", "js": "text/javascript", "html": "text/html"}


def page_files() -> list[str]:
    """Returns the names of all files of the page."""
    names = (path.name for path in _folder().iterdir())
    return sorted(name for name in names if name.rsplit(".", 1)[-1] in _KINDS)


def read_page(name: str) -> str:
    """Reads one of the files of the page.

    Args:
        name: str, one of `page_files()`.
    """
    return (_folder() / name).read_text(encoding="utf-8")


def add_page(
    app: "FastAPI", stop_token: str = "", index: str = INDEX, kind: str = TEXT.name
) -> None:
    """Adds the page to an app: `/`, and `/NAME` for each style sheet and script.

    Args:
        app: a FastAPI app.
        stop_token: str, what the page sends to end the search; "" for a page that may not.
        index: str, the HTML of the page, one of `page_files()`.
        kind: str, name of the kind of input; `KIND.html` and `KIND.js` are where one tries a model.
    """
    from fastapi import Response

    def respond(name, content):
        headers = {
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",  # Or another site could lead clicks to "stop".
            "Cache-Control": "no-cache",
        }
        kind = _KINDS[name.rsplit(".", 1)[1]]
        return Response(content, media_type=kind, headers=headers)

    def add(path, name, fill=lambda content: content):
        @app.get(path, include_in_schema=False)
        def page():
            return respond(name, fill(read_page(name)))

    def fill(content):
        filled = content.replace(TRY_MARK, read_page(f"{kind}.html").strip())
        return filled.replace(KIND_MARK, kind).replace(TOKEN_MARK, escape(stop_token))

    add("/", index, fill)
    for name in page_files():
        if not name.endswith(".html"):
            add(f"/{name}", name)


def _folder():
    return files("attn_tuner.serving") / "templates"

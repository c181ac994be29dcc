"""Ends the search on demand: `POST /stop`."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from attn_tuner.errors import RunError, Unwritable
from attn_tuner.storage.stop_request import request_stop

if TYPE_CHECKING:
    from fastapi import FastAPI

HEADER = "X-Stop-Token"


def add_stopping(app: "FastAPI", directory: str | Path, token: str) -> None:
    """Adds the route to an app. It answers before the search has ended.

    Args:
        app: a FastAPI app.
        directory: the run folder.
        token: str, which a request has to give in the header `X-Stop-Token`.
    """
    from fastapi import Header, HTTPException

    @app.post("/stop", summary="End the search with the best model so far, exported")
    def stop(x_stop_token: str = Header(default="", alias=HEADER)) -> dict:
        if not secrets.compare_digest(x_stop_token.encode(), token.encode()):
            raise HTTPException(403, f"Only the page may end the search; {HEADER} is wrong.")
        try:
            request_stop(directory)
        except Unwritable:
            raise
        except RunError as error:
            raise HTTPException(409, str(error)) from error
        return {"said": "The search ends with its best model so far, tested and exported."}

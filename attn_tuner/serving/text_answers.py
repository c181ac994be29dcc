"""What the page of a search of texts asks the server for: answers, comparisons, examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attn_tuner.serving.examples import Examples
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.serving.monitoring import add_monitoring
from attn_tuner.serving.predictions import add_predictions

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_text_answers(
    app: "FastAPI", directory: str | Path, trust: str | Sequence[str], most: int
) -> None:
    """Adds `/predict`, `/explain`, `/monitor` and `/examples` to an app.

    Args:
        app: a FastAPI app.
        directory: the run folder.
        trust: names of modules whose layers the model may contain.
        most: int, limit of texts in a request.
    """
    model = ModelHolder(directory, trust)
    examples = Examples(directory, model)
    add_predictions(app, model, most)
    add_monitoring(app, directory, model)

    @app.get("/examples", summary="Texts whose answer is sure, in doubt, or wrong")
    def example_texts() -> dict:
        return {"examples": examples()}

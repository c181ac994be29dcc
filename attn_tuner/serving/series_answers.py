"""What the page of a search of series asks the server for: answers, explanations, examples."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.explaining.series_explanation import SeriesExplainer, SeriesExplanation
from attn_tuner.exporting.prediction import Prediction
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.serving.bundle_holder import BundleHolder
from attn_tuner.serving.series_examples import SeriesExamples
from attn_tuner.serving.series_reading import read_request

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_series_answers(
    app: "FastAPI", directory: str | Path, trust: str | Sequence[str], most: int
) -> None:
    """Adds `/predict`, `/explain`, `/examples` and `/example` to an app.

    Args:
        app: a FastAPI app.
        directory: the run folder.
        trust: names of modules whose layers the model may contain.
        most: int, limit of series in a request.
    """
    from pydantic import BaseModel, ConfigDict, Field

    held = BundleHolder(directory, trust, SeriesExplainer)
    examples = SeriesExamples(directory, held)

    class Series(BaseModel):
        """Series, each a list of steps, each a list with a number, or null, for each feature."""

        model_config = ConfigDict(extra="forbid", strict=True)
        series: list[Any] = Field(max_length=most)

    @app.post("/predict", summary="The answer to each series")
    def predict(request: Series) -> dict:
        with held.lock:
            explainer = held.current()
            found = explainer.predict(read_request(explainer.bundle, request.series))
        return {"answers": [answer_of(each) for each in found]}

    @app.post("/explain", summary="The same with attention along time and importance of values")
    def explain(request: Series) -> dict:
        with held.lock:
            explainer = held.current()
            found = explainer(read_request(explainer.bundle, request.series))
        features = explainer.bundle.features
        return {"answers": [_explanation(each, features) for each in found]}

    @app.get("/examples", summary="Validation series answered surely, in doubt, and wrong")
    def example_series() -> dict:
        return examples()

    @app.get("/example", summary="A validation series drawn at random")
    def example() -> dict:
        return examples.draw()


def answer_of(prediction: Prediction) -> dict:
    """Returns a prediction as JSON: what its task has, without the fields of other tasks."""
    given = prediction.as_dict()
    shown = {"label": given.pop("label")}
    del given["text"]
    return to_json_value(shown | {name: each for name, each in given.items() if _there(each)})


def _there(value: Any) -> bool:
    return value is not None and value != () and value != {}


def _explanation(found: SeriesExplanation, features: Sequence[str]) -> dict:
    importance = None if found.importance is None else _digits(found.importance)
    return {
        **answer_of(found.prediction),
        "features": list(features),
        "series": _digits(found.series, 7),
        "attention": _digits(found.attention),
        "importance": importance,
        "left_out": found.left_out,
    }


def _digits(values: np.ndarray, count: int = 4) -> Any:
    """Returns numbers with so many digits as nested lists, None for NaN."""
    if values.ndim > 1:
        return [_digits(each, count) for each in values]
    return [None if np.isnan(each) else float(f"{each:.{count}g}") for each in values.tolist()]

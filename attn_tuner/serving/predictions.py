"""Answers texts: `POST /predict` and `POST /explain`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.explaining.explanation import Explanation
from attn_tuner.explaining.rendering import relative_weights
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.text.cleaning import SURROGATE

if TYPE_CHECKING:
    from fastapi import FastAPI


def add_predictions(app: "FastAPI", model: ModelHolder, max_texts: int) -> None:
    """Adds the two routes to an app.

    Args:
        app: a FastAPI app.
        model: answers the texts.
        max_texts: int, limit of texts in a request.
    """
    from pydantic import Field, model_validator

    Texts: Any = texts_request(max_texts)

    class PartOfTexts(Texts):
        """One text, or several; of one text, tokens may be left out."""

        without: list[int] = Field(default=[], max_length=10_000)

        @model_validator(mode="after")
        def of_one_text(self):
            if self.without and self.text is None:
                raise ValueError('"without" goes with "text" alone.')
            return self

    @app.post("/predict", summary="Label and probabilities of each text")
    def predict(request: Texts) -> dict:
        return {"answers": [_prediction(each) for each in model(request.given())]}

    @app.post("/explain", summary="The same with tokens, their spans and attention weights")
    def explain(request: PartOfTexts) -> dict:
        answers = [_explanation(each) for each in model(request.given())]
        if request.without:
            found = model.without(request.given()[0], request.without)
            answers[0]["without"] = to_json_value(found)
        return {"answers": answers}


def texts_request(max_texts: int) -> type:
    """Makes the class of a request with texts; its method `given` returns them.

    Args:
        max_texts: int, limit of texts in a request.
    """
    from pydantic import BaseModel, ConfigDict, Field, model_validator

    class Texts(BaseModel):
        """One text, or several."""

        model_config = ConfigDict(extra="forbid", strict=True)
        text: str | None = None
        texts: list[str] | None = Field(default=None, max_length=max_texts)

        @model_validator(mode="after")
        def one_of_them(self):
            if (self.text is None) == (self.texts is None):
                raise ValueError('Give either "text" or "texts".')
            return self

        def given(self) -> list[str]:
            texts = [self.text or ""] if self.texts is None else self.texts
            return [as_utf8(text) for text in texts]

    return Texts


def as_utf8(text: str) -> str:
    """Returns a text of JSON with what UTF-8 cannot name replaced."""
    return SURROGATE.sub("\ufffd", text)


def _prediction(explanation: Explanation) -> dict:
    return {
        "label": explanation.label,
        "probability": explanation.probability,
        "probabilities": explanation.probabilities,
        **explanation.doubt(),
    }


def _explanation(explanation: Explanation) -> dict:
    shown = [
        [segment, None if weight is None else round(weight, 3)]
        for segment, weight in explanation.segments(relative_weights(explanation.attention))
    ]
    # The same segments with positions in `tokens`: offsets count code points, which not every
    # language's strings do.
    places = [
        None if place is None else int(place)
        for _, place in explanation.segments(np.arange(len(explanation.tokens)))
    ]
    return to_json_value({**explanation.as_dict(), "segments": shown, "places": places})

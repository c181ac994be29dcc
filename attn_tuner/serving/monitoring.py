"""Compares new texts with the validation texts: `POST /monitor`."""

from pathlib import Path
from typing import TYPE_CHECKING

from attn_tuner.drift.comparison import Comparison
from attn_tuner.drift.monitor import FEWEST
from attn_tuner.drift.wording import shown_p, shown_values
from attn_tuner.errors import DataError
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.serving.predictions import as_utf8
from attn_tuner.storage.plan import require_labelled_texts
from attn_tuner.storage.run import Run
from attn_tuner.text.input_texts import InputTexts

if TYPE_CHECKING:
    from fastapi import FastAPI

MONITOR_PATH = "/monitor"
MONITOR_BODY = f'{{"texts": [...]}} with {FEWEST} texts or more, and "labels" if there are any'
MOST = 10_000  # Texts of a request, which waits for their answers.


def add_monitoring(app: "FastAPI", directory: str | Path, model: ModelHolder) -> None:
    """Adds the route to an app.

    Args:
        app: a FastAPI app.
        directory: the run folder.
        model: answers the texts.
    """
    from pydantic import BaseModel, ConfigDict, Field

    class NewTexts(BaseModel):
        """Texts, and their labels as far as they are known."""

        model_config = ConfigDict(extra="forbid", strict=True)
        texts: list[str] = Field(max_length=MOST)
        labels: list[str | None] | None = None

    @app.post(MONITOR_PATH, summary="New texts compared with the validation texts")
    def monitor(request: NewTexts) -> dict:
        run = Run.read(directory)
        require_labelled_texts(run.plan, "POST /monitor")
        texts = [as_utf8(text) for text in request.texts]
        columns: dict[str, list] = {}
        if request.labels is not None:
            if len(request.labels) != len(texts):
                raise DataError(
                    f"{len(texts):,} texts and {len(request.labels):,} labels were sent. Send a "
                    "label for each text, null where there is none."
                )
            columns[run.plan.label_name] = list(request.labels)
        found = model.compare(run, InputTexts(texts, columns))
        return {
            **to_json_value(found.as_dict()),
            "summary": found.summary(),
            "sentence": found.sentence(),
            "accuracies": found.accuracy_sentences(),
            "rows": [_row(each) for each in found.comparisons],
        }


def _row(compared: Comparison) -> dict[str, str | bool]:
    """Returns a row of the page's table, its numbers as they are shown."""
    before, now, unit = shown_values(compared)
    name = f"{compared.name}: {compared.label}" if compared.label else compared.name
    found = {"name": name, "before": before, "now": now, "unit": unit}
    return {**found, "p": shown_p(compared.p), "differs": compared.differs}

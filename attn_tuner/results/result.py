"""What `search()` and `load()` hand back: the winner, and everything known about the search."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from attn_tuner.errors import DataError, RunError
from attn_tuner.exporting import Bundle
from attn_tuner.measures import interval
from attn_tuner.results.run import Run
from attn_tuner.tuning.budget import format_duration

BUNDLE = "model"  # The winner as a Bundle, inside the run's folder.
EXPORT = "best"  # The winner as a SavedModel, there too.


@dataclass(frozen=True)
class Prediction:
    """The answer to one text.

    Args:
        text: as it was given.
        label: name of the most probable class.
        probability: of that class.
        probabilities: class name to probability.
    """

    text: str
    label: str
    probability: float
    probabilities: dict

    def as_dict(self) -> dict:
        return asdict(self)


class SearchResult:
    """A search as it stands in its folder.

    result.leaderboard()               trials and baselines, the best on validation first
    result.test_metrics["accuracy"]    of the exported model, on the test part
    result.predict(["a text"])         label and probabilities
    result.export("folder")            the winner, in one or several formats

    Args:
        directory: the run's folder.

    Raises:
        RunError: it is no run folder.
    """

    def __init__(self, directory):
        self.directory = Path(directory)
        self.run = Run.read(directory)

    def leaderboard(self) -> pd.DataFrame:
        """See `results.run.Run.leaderboard`."""
        return self.run.leaderboard()

    @property
    def classes(self) -> tuple[str, ...]:
        return self.run.plan.classes

    @cached_property
    def bundle(self) -> Bundle:
        """The winner with its vectorizer and class names."""
        folder = self.directory / BUNDLE
        if not folder.exists():
            raise RunError(
                f"The search in {self.directory} has no winner yet. Let it go on with the command "
                "that began it."
            )
        return Bundle.load(folder)

    @property
    def best_model(self):
        """The winner as a Keras model of padded ids."""
        return self.bundle.model

    @property
    def test_metrics(self) -> dict[str, float]:
        """Measures of the exported model on the test part; empty where there is none."""
        return dict(self.run.outcome.get("test", {}))

    def predict(self, texts) -> list[Prediction]:
        """The winner's answer to each text."""
        texts = [texts] if isinstance(texts, str) else list(texts)
        wrong = next((text for text in texts if not isinstance(text, str)), None)
        if wrong is not None:
            raise DataError(f"predict() takes texts; got {wrong!r}. Convert it to a string first.")
        probabilities = self.bundle.predict(texts)
        return [self._prediction(*pair) for pair in zip(texts, probabilities, strict=True)]

    def export(self, path, formats=("savedmodel",), **options) -> list[dict]:
        """Writes the winner to the folder `path`; see `exporting.export_bundle`."""
        from attn_tuner.exporting import export_bundle

        return export_bundle(self.bundle, path, formats=formats, **options)

    def _prediction(self, text, probabilities):
        best = int(np.argmax(probabilities))
        named = dict(zip(self.classes, map(float, probabilities), strict=True))
        return Prediction(text, self.classes[best], float(probabilities[best]), named)

    def __str__(self):
        return "\n".join([str(self.leaderboard_text()), *self.sentences()])

    def leaderboard_text(self, rows: int = 12) -> str:
        table = self.leaderboard().drop(columns=["val_auc", "val_f1_macro"], errors="ignore")
        shown = table.head(rows)
        rest = table.iloc[rows:]
        shown = pd.concat([shown, rest[rest["status"].isin(["baseline", "exported"])]])
        return shown.to_string(index=False, float_format=lambda x: f"{x:.4f}", na_rep="")

    def sentences(self) -> list[str]:
        """The outcome in words."""
        outcome, plan = self.run.outcome, self.run.plan
        if not outcome:
            return ["The search has not ended yet."]
        said = []
        if outcome.get("test"):
            share, texts = outcome["test"]["accuracy"], outcome["test_texts"]
            low, high = interval(share, texts)
            said.append(
                f"Test accuracy {share:.4f} (95 % interval {low:.4f} to {high:.4f}, "
                f"{texts:,} texts), trial {outcome['winner']}."
            )
        if outcome.get("export"):
            said.append(
                f"Exported to {outcome['export']}: checked in a fresh process, probabilities "
                f"within {outcome['difference']:.1e}."
            )
        said.append(
            f"{len(self.run.records)} trials in {format_duration(outcome['seconds'])}; "
            f"objective {plan.objective} on validation."
        )
        return [*said, *outcome.get("remarks", [])]

    def __repr__(self):
        return f"SearchResult({str(self.directory)!r})"

    def _repr_html_(self):
        return self.leaderboard()._repr_html_()

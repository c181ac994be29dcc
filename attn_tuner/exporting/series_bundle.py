"""Bundles a model of series with the scale of its features and its class names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import keras
import numpy as np

from attn_tuner.errors import DataError, ExportError
from attn_tuner.exporting.array_input import ArrayInput
from attn_tuner.exporting.bundle import bucket_length
from attn_tuner.exporting.bundle_checks import check_doubt, check_outputs, check_truncation
from attn_tuner.exporting.bundle_files import plain_card, save_bundle
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.exporting.named_inputs import all_layers
from attn_tuner.exporting.predicted_model import PredictedModel
from attn_tuner.exporting.text_card import KEPT_PARTS
from attn_tuner.inputs.kinds import SERIES
from attn_tuner.layers.minirocket import EqualLengths
from attn_tuner.layers.series_input import StepLimit
from attn_tuner.series.batches import padded
from attn_tuner.series.gaps import with_gaps
from attn_tuner.series.named_features import by_name
from attn_tuner.series.numbers import read_series
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.series.series_file import read_series_file, read_series_table
from attn_tuner.tasks import task_named
from attn_tuner.training.adversarial import plain

if TYPE_CHECKING:  # It imports TensorFlow.
    from attn_tuner.exporting.series_signatures import SeriesScorer

ODD_STEPS = 12  # Of a series in which a window of averaged steps may lack every value.
SAMPLES = 16  # Generated series on which an export is compared with its model.


@dataclass(frozen=True, eq=False)
class SeriesBundle(PredictedModel):
    """A model of raw series with what it needs to read them and to name its answers.

    Args:
        vectorizer: the `SeriesScaler` of the training series; the model holds its numbers.
        model: `keras.Model` of `(batch, steps, features)` float32, NaN where a value is missing and
            behind the last step. Its outputs are as of `Bundle`.
        classes: sequence of str, names of classes or labels by index; empty for a regression.
        max_length: steps kept of a series; None where the model cuts them itself.
        truncation: which part of a longer series stays: `"head"`, `"tail"` or `"ends"`.
        card: mapping for the model card; JSON values.
        task: str, name in `tasks.TASKS`; by the number of classes if not given.
        conformal, known: as of `Bundle`.

    Raises:
        ExportError: the parts do not fit each other.
    """

    vectorizer: SeriesScaler
    model: keras.Model
    classes: Sequence[str]
    max_length: int | None = None
    truncation: str = "head"
    card: Mapping = field(default_factory=dict)
    task: str = ""
    conformal: Conformal | None = None
    known: KnownTexts | None = None

    input: ClassVar[str] = SERIES.name

    def __post_init__(self):
        object.__setattr__(self, "model", plain(self.model))
        object.__setattr__(self, "classes", tuple(str(name) for name in self.classes))
        object.__setattr__(self, "task", task_named(self.task, len(self.classes)).name)
        object.__setattr__(self, "card", plain_card(self.card))
        check_truncation(self.truncation)
        check_outputs(self.task, self.classes, self.model.output_shape[-1])
        check_doubt(self.conformal, self.known, self.kind, self.width)
        shape = tuple(self.model.input_shape)
        if len(shape) != 3 or shape[2] != self.vectorizer.width:
            raise ExportError(
                f"The model takes inputs of the shape {shape}, and the scaler has "
                f"{self.vectorizer.width} features: it should be (None, None, "
                f"{self.vectorizer.width})."
            )

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of a step."""
        return self.vectorizer.features

    @property
    def reading(self) -> dict:
        """How series are truncated: arguments of `StepLimit`."""
        return {"max_length": self.max_length, "truncation": self.truncation}

    @property
    def batch_values(self) -> dict:
        """Values of a trial that reads series as the model does, for `EncodedData.batches`."""
        return self.reading

    def inputs(self, given: Any, who: str = "predict()", **options: Any) -> list[np.ndarray]:
        """Reads series in any form that `series.numbers.read_series` takes.

        Args:
            given: the series, or the path of a file that `series_file.read_series_file` reads, or
                such a table; one array `(steps, features)` of several features is one series.
                Columns of DataFrames are found by the names of the features.
            who: str, what reads them, for messages.
            options: not used: series have no columns to choose.

        Raises:
            DataError: they cannot be read, or have other features than the model.
        """
        if isinstance(given, str | Path):
            given = read_series_file(given, self.features).series
        elif isinstance(given, Mapping) or hasattr(given, "columns"):
            given = read_series_table(given, self.features).series
        elif isinstance(given, list | tuple):
            called = f"of what {who} was given"
            given = [
                by_name(each, self.features, f"Series {place} {called}")
                for place, each in enumerate(given, 1)
            ]
        one = isinstance(given, np.ndarray) and given.ndim == 2 and len(self.features) > 1
        found, _, _ = read_series([given] if one else given, f"what {who} was given")
        wrong = next((each for each in found if each.shape[1] != len(self.features)), None)
        if wrong is not None:
            raise DataError(
                f"{who} was given series of {wrong.shape[1]} features, and the model was trained "
                f"on {len(self.features)}: {', '.join(self.features)}."
            )
        return found

    def described(self, given: np.ndarray) -> str:
        """Names one series in a table of predictions."""
        steps = f"{len(given):,} step{'' if len(given) == 1 else 's'}"
        return f"series of {steps}, begins {np.array2string(given[0], precision=3)}"

    def predict(self, series: Any, batch_size: int = 64) -> np.ndarray:
        """Predicts probabilities `(series, classes)`, or numbers `(series, 1)`, in float32."""
        rows = self.inputs(series, "SeriesBundle.predict()")

        def batch_of(chosen: np.ndarray) -> np.ndarray:
            some = [rows[each] for each in chosen]
            return padded(some, bucket_length(max(map(len, some))))

        return self.predict_by_length([len(each) for each in rows], batch_of, batch_size)

    def samples(self) -> list[np.ndarray]:
        """Generates series at the scale of the training series, some values missing."""
        random = np.random.default_rng(0)
        mean, deviation = np.array(self.vectorizer.mean), np.array(self.vectorizer.deviation)
        longest = min(2 * (self.max_length or 100), 600)
        found = []
        for length in np.geomspace(1, longest, SAMPLES).astype(int):
            each = mean + deviation * random.normal(size=(length, len(mean)))
            each[random.random(each.shape) < 0.05] = np.nan
            each[-1] = mean  # The last step has a value.
            found.append(each.astype("float32"))
        return found

    def odd_inputs(self, given: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Makes series in which values are missing, wherever they may be.

        A converter may let NaN through a choice that the model makes, and the given series need
        not have one missing value.
        """
        enough = [each for each in given if len(each) >= ODD_STEPS]
        if not len(given):
            return []
        base = min(enough, key=len) if enough else max(given, key=len)
        base = np.where(np.isnan(base), np.array(self.vectorizer.mean), base).astype("float32")
        return [each for each in with_gaps(base) if not np.isnan(each).all()]

    def plain(self, given: Sequence[np.ndarray]) -> list:
        """Returns series as lists, ready for JSON."""
        return [each.tolist() for each in given]

    def scorer(self) -> "SeriesScorer":
        """Builds the TensorFlow graph of a SavedModel."""
        from attn_tuner.exporting.series_signatures import SeriesScorer

        return SeriesScorer(self)

    def steps_read(self) -> tuple[int, str] | None:
        """Returns how many steps of a series the model can read, and which: as `truncate` cuts.

        The members of an average each cut series. Where some keep the first steps and others the
        last, both are needed: twice the most steps that a member reads, at both ends. MiniRocket
        reads as many first steps as the longest training series has, or stretches a series to them:
        of a longer series it then answers what was cut.

        Returns:
            `(steps, truncation)`; None where the model reads a series of any length.
        """
        layers = [each for each in all_layers(self.model) if isinstance(each, StepLimit)]
        limits = [each.max_length for each in layers if each.max_length is not None]
        if not layers or len(limits) < len(layers):
            return None
        truncations = {each.truncation for each in layers}
        for each in all_layers(self.model):
            if isinstance(each, EqualLengths):
                limits.append(each.steps)
                truncations |= {"head"} if each.way == "padded" else set()
        if len(truncations) == 1:
            return max(limits), truncations.pop()
        return 2 * max(limits), "ends"

    def array_input(self, fixed_length: bool = False) -> ArrayInput:
        """Returns what ONNX and LiteRT files take: raw series.

        Args:
            fixed_length: bool, whether all series have `steps_read` steps, those that are shorter
                with NaN behind the last; else a batch has the steps of its longest.

        Raises:
            ExportError: a fixed length is asked of a model without a limit.
        """
        if not fixed_length:
            return ArrayInput("series", (None, len(self.features)), "float32")
        if (read := self.steps_read()) is None:
            raise ExportError(
                "LiteRT takes series of one length, and this model reads series of any: it has no "
                "max_length. Choose the savedmodel or onnx format, or give max_length to the model."
            )
        steps, truncation = read
        note = (
            f"LiteRT takes {steps} steps: NaN stands behind the last step of a shorter series, and "
            f"of a longer one {KEPT_PARTS[truncation]} {steps} steps are given."
        )
        return ArrayInput("series", (steps, len(self.features)), "float32", read, (note,))

    def write_reader(self, folder: Path) -> None:
        """Writes nothing: the files take raw numbers."""

    def check_formats(self, formats: Sequence[str], smaller: bool = False) -> None:
        """Raises ExportError if the artefact should be shrunk; every format takes series.

        Args:
            formats: names of formats.
            smaller: bool, whether the artefact should be shrunk, which is done to embeddings.
        """
        if smaller:
            raise ExportError(
                "A model of series has no embedding that could be shrunk. Leave out max_size_mb "
                "and shrink, or search with max_parameters."
            )

    def facts(self) -> dict[str, Any]:
        """Returns how series are read, for the model card."""
        scale = {"mean": list(self.vectorizer.mean), "deviation": list(self.vectorizer.deviation)}
        return {"features": list(self.features), **scale, **self.reading}

    def size_words(self) -> str:
        """Says how large the input is, for the model card."""
        count = len(self.features)
        return f"{count} feature{'' if count == 1 else 's'}: {', '.join(self.features)}."

    def limits(self) -> list[str]:
        """Says in sentences what of a series is not read."""
        said = []
        if self.max_length is not None:
            kept = f"{KEPT_PARTS[self.truncation]} {self.max_length} steps"
            said.append(f"Of a longer series only {kept} are read.")
        said.append("NaN is a missing value. It takes no times: steps count as equally far apart.")
        return [*said, *self.always_answers("series", "of another kind")]

    def save(self, folder: str | Path) -> Path:
        """Writes the bundle as a `.keras` file and JSON, which `load_bundle` reads."""
        return save_bundle(self, folder)

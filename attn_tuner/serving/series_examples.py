"""Finds validation series for the page: `GET /examples` and `GET /example`."""

from pathlib import Path

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.explaining.series_explanation import SeriesExplainer
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.series.store import SeriesStore
from attn_tuner.serving.bundle_holder import BundleHolder
from attn_tuner.serving.example_choice import choose_places
from attn_tuner.serving.series_reading import MOST_STEPS
from attn_tuner.storage.layout import DATA

MAX_READ = 400  # Validation series to choose from; a second or two for a recurrent model.


class SeriesExamples:
    """Chooses validation series once for each model, and draws others at random.

    Args:
        directory: the run folder.
        held: explains series.
    """

    def __init__(self, directory: str | Path, held: BundleHolder[SeriesExplainer]):
        self.directory = Path(directory)
        self.held = held
        self._random = np.random.default_rng()
        self._chosen: tuple[SeriesExplainer, list[dict]] | None = None

    def __call__(self) -> dict:
        """Returns a series that is answered surely, one in doubt and a wrong one.

        For several labels, and for numbers, they are the first three.

        Returns:
            A dict of features (their names) and examples, dicts with the keys kind ("" without
            classes), number (of the series in the validation part, from 1), series (lists of steps,
            None where a value is missing), truth, values (the truth, where it is numbers), and
            label, the answer.

        Raises:
            RunError: the search has no model yet.
        """
        with self.held.lock:
            explainer = self.held.current()
            # Not by the version: a model may be written between two looks at it.
            if self._chosen is None or self._chosen[0] is not explainer:
                self._chosen = explainer, self._choose(explainer)
            return {"features": list(explainer.bundle.features), "examples": self._chosen[1]}

    def draw(self) -> dict:
        """Returns a validation series drawn at random, as a call does but kind and label.

        Raises:
            RunError: the search has no model yet.
            DataError: every series is too long for the page.
        """
        with self.held.lock:
            explainer = self.held.current()
            store = self._store()
            short = _short(store)
            if not len(short):
                raise DataError(
                    f"Every validation series has more than {MOST_STEPS:,} steps. Paste a part of "
                    "one."
                )
            return _row(explainer.bundle, store, int(self._random.choice(short)))

    def _store(self) -> SeriesStore:
        return SeriesStore.open(self.directory / DATA / "validation")

    def _choose(self, explainer: SeriesExplainer) -> list[dict]:
        bundle, store = explainer.bundle, self._store()
        rows = _short(store)[:MAX_READ]
        if not len(rows):
            return []
        named = explainer.predict([np.asarray(store[row]) for row in rows])
        truths = []
        if bundle.kind == "class":
            truths = [bundle.classes[int(store.labels[row])] for row in rows]
        labels = [each.label for each in named]
        chosen = choose_places(labels, [each.probabilities for each in named], truths)
        return [
            {"kind": kind, "label": labels[place], **_row(bundle, store, int(rows[place]))}
            for kind, place in chosen
        ]


def _short(store: SeriesStore) -> np.ndarray:
    """Returns the indices of the series that the page takes."""
    return np.flatnonzero(store.lengths <= MOST_STEPS)


def _row(bundle: SeriesBundle, store: SeriesStore, row: int) -> dict:
    given, label = np.asarray(store[row]), store.labels[row]
    values = []
    if bundle.kind == "class":
        truth = bundle.classes[int(label)]
    elif bundle.kind == "labels":
        truth = bundle.label(np.asarray(label, "float32"))
    else:
        values = np.ravel(label).astype(float).tolist()
        truth = ", ".join(f"{each:g}" for each in values)
    return {
        "number": row + 1,
        "series": [[_number(value) for value in step] for step in given.tolist()],
        "truth": truth,
        "values": values,
    }


def _number(value: float) -> float | None:
    """Returns a number of float32 with the digits that it has, and None for NaN."""
    return None if np.isnan(value) else float(f"{value:.7g}")

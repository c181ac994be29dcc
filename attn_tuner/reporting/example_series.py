"""Chooses validation series for the report, and draws them with the attention of the model."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.explaining.series_faithfulness import measure_span_faithfulness
from attn_tuner.explaining.series_gradients import SeriesGradients, feature_shares
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.reporting.example_texts import select_examples
from attn_tuner.reporting.series_drawing import MOST_FEATURES, series_rows, series_svg
from attn_tuner.series.store import SeriesStore

EACH = 3  # Series of every kind.
MOST_STEPS = 20_000  # Of a series that is drawn.
MOST_SERIES = 500  # Of which some are chosen.


@dataclass(frozen=True, eq=False)
class ExampleSeries:
    """One validation series with the model's answer.

    Args:
        title: str, the answer.
        facts: tuple of str, how sure it is, the truth, of which kind, and the importance of the
            features.
        svg: the drawing.
        header: names of the columns of `rows`.
        rows: list of tuples, the drawing as a table.
    """

    title: str
    facts: tuple[str, ...]
    svg: Markup
    header: tuple[str, ...]
    rows: list[tuple]


def draw_examples(bundle: SeriesBundle, store: SeriesStore, seed: int = 0) -> list[ExampleSeries]:
    """Draws validation series that the model answers confidently and right, doubtfully, or wrong.

    For several labels, and for numbers, it draws the first few.

    Args:
        bundle: the exported model.
        store: the validation series.
        seed: int, for the choice.
    """
    rows = [row for row in range(min(len(store), MOST_SERIES)) if store.lengths[row] <= MOST_STEPS]
    if not rows:
        return []
    given = [np.asarray(store[row]) for row in rows]
    labels = store.labels[rows]
    answers, weights = SeriesAttention(bundle)(given)
    if bundle.kind == "class":
        chosen = select_examples(labels, answers, EACH, seed)
    else:
        chosen = [(row, "") for row in range(min(EACH, len(rows)))]
    drawn, gradients = [], SeriesGradients(bundle)
    for row, kind in chosen:
        facts = [f"truth: {_truth(bundle, labels[row])}"]
        if bundle.kind == "class":
            facts = [f"{100 * answers[row].max():.1f} % sure", *facts, kind]
        facts += _importance(gradients, given[row], answers[row])
        title = bundle.label(answers[row])
        name = f"A series of {len(given[row]):,} steps with the attention along time"
        drawn.append(
            ExampleSeries(
                title,
                tuple(facts),
                series_svg(given[row], weights[row], bundle.features, name),
                ("steps", "attention", *bundle.features[:MOST_FEATURES]),
                series_rows(given[row], weights[row]),
            )
        )
    return drawn


def faithfulness_sentence(
    bundle: SeriesBundle, store: SeriesStore, seconds: float, seed: int = 0
) -> str:
    """Says how far answers change without the spans that are attended most.

    Args:
        bundle: the exported model.
        store: the validation series.
        seconds: float, time limit.
        seed: int, for the sample and the random spans.
    """
    rows = [row for row in range(min(len(store), MOST_SERIES)) if store.lengths[row] <= MOST_STEPS]
    given = [np.asarray(store[row]) for row in rows]
    try:
        return measure_span_faithfulness(bundle, given, seconds=seconds, seed=seed).sentence()
    except NotMeasurable as reason:
        return f"Faithfulness is not measured. {reason}"


def _importance(gradients: SeriesGradients, series: np.ndarray, answer: np.ndarray) -> list[str]:
    """Says how important the features were; nothing of a single one, or without gradients."""
    features = gradients.bundle.features
    if len(features) < 2 or not gradients.applicable():
        return []
    shares = feature_shares(gradients([series], answer[None])[0])
    order = np.argsort(-shares, kind="stable")[:MOST_FEATURES]
    said = [f"{features[each]} {100 * shares[each]:.0f} %" for each in order]
    return [f"importance {', '.join(said)}"]


def _truth(bundle: SeriesBundle, label: np.ndarray) -> str:
    if bundle.kind == "class":
        return bundle.classes[int(label)]
    if bundle.kind == "labels":
        return bundle.label(np.asarray(label, "float32"))
    return ", ".join(f"{each:g}" for each in np.ravel(label))

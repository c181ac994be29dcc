"""Draws the figures of a model: ROC, precision and recall, reliability, lengths, faithfulness."""

from collections.abc import Mapping, Sequence

from attn_tuner.reporting.plotly_figure import (
    BLUE,
    GREY,
    ORANGE,
    SERIES,
    Figure,
    error_bars,
    plotly_label,
    plotly_spec,
)


def roc_figure(curves: Sequence[Mapping]) -> Figure:
    """Draws ROC curves; `curves` from `classification.roc_curves`."""
    return _curves(
        "roc",
        "ROC",
        "True positive rate by false positive rate; the dashed line is chance.",
        curves,
        ("false positive rate", "true positive rate", "area"),
        chance=True,
    )


def precision_recall_figure(curves: Sequence[Mapping]) -> Figure:
    """Draws the curves from `classification.precision_recall_curves`."""
    return _curves(
        "precision-recall",
        "Precision and recall",
        "Precision at each recall, one class against the rest.",
        curves,
        ("recall", "precision", "average precision"),
    )


def reliability_figure(facts: Mapping) -> Figure:
    """Draws accuracy by confidence; `facts` from `classification.reliability`."""
    rows = facts["bins"]
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": "perfect",
            "x": [0, 1],
            "y": [0, 1],
            "line": {"color": GREY, "dash": "dash"},
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "this model",
            "x": [row["confidence"] for row in rows],
            "y": [row["right"] for row in rows],
            "error_y": error_bars(
                [row["right"] for row in rows], [(row["low"], row["high"]) for row in rows]
            ),
            "text": [f"n = {row['texts']:,}" for row in rows],
            "line": {"color": BLUE},
        },
    ]
    return Figure(
        "reliability",
        "Reliability",
        "Accuracy by confidence; a calibrated model lies on the dashed line. Expected calibration "
        f"error: {facts['error']:.3f}.",
        plotly_spec(traces, x="confidence", y="accuracy"),
        ("confidence", "accuracy", "from", "to", "texts"),
        tuple(
            (row["confidence"], row["right"], row["low"], row["high"], row["texts"]) for row in rows
        ),
    )


def length_figure(rows: Sequence[Mapping]) -> Figure:
    """Draws the rows from `classification.accuracy_by_length`."""
    names = [f"{row['from']} to {row['to']}" for row in rows]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": names,
        "y": [row["right"] for row in rows],
        "error_y": error_bars(
            [row["right"] for row in rows], [(row["low"], row["high"]) for row in rows]
        ),
        "marker": {"color": BLUE, "size": 9},
    }
    return Figure(
        "length",
        "Accuracy by length of text",
        "In bins of about as many texts each, with 95 % intervals.",
        plotly_spec([trace], x="tokens", y="accuracy", xaxis={"type": "category"}),
        ("tokens", "accuracy", "from", "to", "texts"),
        tuple(
            (name, row["right"], row["low"], row["high"], row["texts"])
            for name, row in zip(names, rows, strict=True)
        ),
    )


def faithfulness_figure(facts: Mapping, names: Mapping[str, str]) -> Figure:
    """Draws how far answers change without the top tokens of each ranking.

    Args:
        facts: from `Faithfulness.as_dict()`.
        names: ranking to its name on the figure.
    """
    methods = list(facts["methods"].values())
    bars = [
        {
            "type": "bar",
            "name": title,
            "x": [names[method["name"]] for method in methods],
            "y": [method[key] for method in methods],
            "marker": {"color": color},
        }
        for title, key, color in (
            ("answers that change without the top 10 %", "changed", BLUE),
            ("answers that stay with the top 10 % alone", "kept", ORANGE),
        )
    ]
    return Figure(
        "faithfulness",
        "Do the highlighted words decide?",
        "Both bars are high where the top tokens decide. Random tokens are the baseline.",
        plotly_spec(bars, y="share of answers"),
        (
            *("ranking of the tokens", "comprehensiveness", "sufficiency"),
            *("changed without top 10 %", "stay with top 10 %"),
            *("Kendall's tau with attention", "texts"),
        ),
        tuple(
            (
                *(names[method["name"]], method["comprehensiveness"], method["sufficiency"]),
                *(method["changed"], method["kept"], method["tau"], method["texts"]),
            )
            for method in methods
        ),
    )


def _curves(
    name: str,
    title: str,
    caption: str,
    curves: Sequence[Mapping],
    axes: tuple[str, str, str],
    chance: bool = False,
) -> Figure:
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "showlegend": True,
            "name": plotly_label(f"{curve['class']} ({curve['area']:.3f})"),
            "x": curve["x"],
            "y": curve["y"],
            "line": {"color": SERIES[index % len(SERIES)], "width": 2},
        }
        for index, curve in enumerate(curves)
    ]
    if chance:
        line = {"color": GREY, "dash": "dash"}
        traces.append(
            {"type": "scatter", "mode": "lines", "name": "chance", "line": line}
            | {"x": [0, 1], "y": [0, 1]}
        )
    return Figure(
        name,
        title,
        caption,
        plotly_spec(
            traces, x=axes[0], y=axes[1], xaxis={"range": [0, 1]}, yaxis={"range": [0, 1.02]}
        ),
        ("class", axes[2]),
        tuple((curve["class"], curve["area"]) for curve in curves),
    )

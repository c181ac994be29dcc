"""The figures of a model: how good its answers are, how true its highlights."""

from attn_tuner.reporting.plotly_figure import (
    BLUE,
    GREY,
    ORANGE,
    SERIES,
    Figure,
    error_bars,
    plot,
    shown,
)


def roc_figure(curves) -> Figure:
    return _curves(
        "roc",
        "ROC",
        "Hits at each rate of false alarms; the dashed line is chance.",
        curves,
        ("false alarms", "hits", "area"),
        chance=True,
    )


def precision_recall_figure(curves) -> Figure:
    return _curves(
        "precision-recall",
        "Precision and recall",
        "How many of the texts named so are so, at each share that is found.",
        curves,
        ("recall", "precision", "average precision"),
    )


def reliability_figure(facts) -> Figure:
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
            "text": [f"{row['texts']:,} texts" for row in rows],
            "line": {"color": BLUE},
        },
    ]
    return Figure(
        "reliability",
        "Can its confidence be believed?",
        "On the dashed line answers are right as often as the model is sure. The mean gap is "
        f"{facts['error']:.3f}.",
        plot(traces, x="confidence", y="right"),
        ("confidence", "right", "from", "to", "texts"),
        tuple(
            (row["confidence"], row["right"], row["low"], row["high"], row["texts"]) for row in rows
        ),
    )


def length_figure(rows) -> Figure:
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
        "In parts of about as many texts each, with 95 % intervals.",
        plot([trace], x="tokens", y="accuracy", xaxis={"type": "category"}),
        ("tokens", "accuracy", "from", "to", "texts"),
        tuple(
            (name, row["right"], row["low"], row["high"], row["texts"])
            for name, row in zip(names, rows, strict=True)
        ),
    )


def faithfulness_figure(facts, names) -> Figure:
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
        "Both bars are high where the words named do decide. Random tokens are the measure of "
        "nothing found.",
        plot(bars, y="share of answers"),
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


def _curves(name, title, says, curves, axes, chance=False):
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "showlegend": True,
            "name": shown(f"{curve['class']} ({curve['area']:.3f})"),
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
        says,
        plot(traces, x=axes[0], y=axes[1], xaxis={"range": [0, 1]}, yaxis={"range": [0, 1.02]}),
        ("class", axes[2]),
        tuple((curve["class"], curve["area"]) for curve in curves),
    )

"""Draws the figures of a search from the rows that `search_history` computes."""

import math
from collections.abc import Mapping, Sequence

from attn_tuner.reporting.head_comparison import HeadComparison
from attn_tuner.reporting.plotly_figure import (
    BLUE,
    GREY,
    ORANGE,
    Figure,
    error_bars,
    plotly_label,
    plotly_spec,
)
from attn_tuner.storage.trial_text import plural


def verdict_figure(verdict: HeadComparison) -> Figure:
    """Draws the accuracy of the best trial with every head."""
    results = verdict.heads[::-1]
    bars = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [result.accuracy for result in chosen],
            "y": [plotly_label(result.name) for result in chosen],
            "error_x": error_bars(
                [result.accuracy for result in chosen],
                [(result.low, result.high) for result in chosen],
            ),
            "text": [
                plotly_label(f"trial {result.trial}, {plural(result.trials, 'trial')}")
                for result in chosen
            ],
            "marker": {"size": 10, "color": color, "symbol": symbol},
        }
        for name, color, symbol, chosen in (
            ("attention", BLUE, "circle", [result for result in results if not result.control]),
            ("no attention", ORANGE, "diamond", [result for result in results if result.control]),
        )
        if chosen
    ]
    order = {
        "categoryorder": "array",
        "categoryarray": [plotly_label(result.name) for result in results],
    }
    return Figure(
        "verdict",
        "The best trial of each head",
        "Validation accuracy with 95 % interval; diamonds are heads without attention.",
        plotly_spec(bars, x="accuracy", yaxis=order, height=120 + 26 * len(results)),
        ("head", "attention", "encoder", "accuracy", "from", "to", "trials", "best trial"),
        tuple(
            (
                *(result.description, "no" if result.control else "yes", result.encoder),
                *(result.accuracy, result.low, result.high, result.trials, result.trial),
            )
            for result in verdict.heads
        ),
    )


def time_figure(rows: Sequence[Mapping], objective: str) -> Figure:
    """Draws scores by the time at which trials ended; `rows` from `scores_over_time`."""
    minutes = [row["ended"] / 60 for row in rows]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "trial",
            "x": minutes,
            "y": [row["score"] for row in rows],
            "text": [plotly_label(f"trial {row['trial']}: {row['model']}") for row in rows],
            "marker": {
                "color": GREY,
                "size": 8,
                "symbol": ["x" if row["status"] == "pruned" else "circle" for row in rows],
            },
        },
        {
            "type": "scatter",
            "mode": "lines",
            "name": "best so far",
            "line": {"shape": "hv", "color": ORANGE, "width": 3},
            "x": minutes,
            "y": [row["best"] for row in rows],
        },
    ]
    return Figure(
        "time",
        "The score over time",
        "One mark per trial, at its end; a cross is a pruned trial. The line is the best so far.",
        plotly_spec(traces, x="minutes", y=objective),
        ("trial", "minutes", objective, "best so far", "model", "status"),
        tuple(
            (
                *(row["trial"], row["ended"] / 60, row["score"]),
                *(row["best"], row["model"], row["status"]),
            )
            for row in rows
        ),
    )


def curves_figure(curves: Sequence[Mapping], objective: str) -> Figure:
    """Draws the learning curve of every trial; `curves` from `learning_curves`."""
    styles = {
        "pruned": {"color": GREY, "width": 1, "dash": "dot"},
        "winner": {"color": ORANGE, "width": 3},
    }
    seen, traces = set(), []
    for curve in curves:
        kind = "winner" if curve["winner"] else curve["status"]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": kind,
                "legendgroup": kind,
                "showlegend": kind not in seen,
                "x": curve["epochs"],
                "y": curve["scores"],
                "text": plotly_label(f"trial {curve['trial']}: {curve['model']}"),
                "opacity": 1 if curve["winner"] else 0.6,
                "line": styles.get(kind, {"color": BLUE, "width": 1.5}),
                "marker": {
                    "size": [0] * (len(curve["epochs"]) - 1) + [8 if kind != "completed" else 5],
                    "symbol": "x" if kind == "pruned" else "circle",
                },
            }
        )
        seen.add(kind)
    return Figure(
        "curves",
        "Learning curves",
        "The score at every evaluation; pruned trials are dotted and end in a cross.",
        plotly_spec(traces, x="epochs", y=objective),
        ("trial", "model", "status", "evaluations", "epochs", f"last {objective}", "why it ended"),
        tuple(
            (
                *(curve["trial"], curve["model"], curve["status"]),
                *(len(curve["scores"]), curve["epochs"][-1], curve["scores"][-1]),
                curve["stopped"],
            )
            for curve in curves[::-1]
        ),
    )


def parallel_figure(facts: Mapping) -> Figure:
    """Draws every trial across the dimensions; `facts` from `parallel_coordinates`."""
    axes, lines = facts["axes"], sorted(facts["lines"], key=lambda line: line["strength"])
    places = list(range(len(axes)))
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "showlegend": False,
            "x": places,
            "y": line["places"],
            "opacity": 0.25 + 0.75 * line["strength"],
            "line": {
                "color": _mixed_color(line["strength"]),
                "width": 1 + 2 * line["strength"] ** 4,
            },
            "hoverinfo": "text",
            "text": plotly_label(f"trial {line['trial']}: {line['model']}, {line['score']:.4f}"),
        }
        for line in lines
    ]
    notes = [
        {
            "x": place,
            "y": height,
            "text": plotly_label(label),
            "showarrow": False,
            "xanchor": "left" if place < len(axes) - 1 else "right",
            "font": {"size": 10},
        }
        for place, axis in enumerate(axes)
        for height, label in axis["ticks"]
    ]
    marks = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1} for x in places]
    ticks = {
        "tickvals": places,
        "ticktext": [plotly_label(axis["name"]) for axis in axes],
        "showgrid": False,
        "zeroline": False,
        "range": [-0.1, len(axes) - 0.9],
    }
    height = 140 + 18 * max([12, *(len(axis["ticks"]) for axis in axes)])
    layout = {
        "annotations": notes,
        "shapes": marks,
        "yaxis": {"visible": False, "range": [-0.05, 1.05]},
        "height": height,
    }
    return Figure(
        "parallel",
        "All trials across the dimensions",
        "A line for every trial; the better the score, the thicker and more orange the line.",
        plotly_spec(traces, xaxis=ticks, **layout),
        ("trial", "model", "score"),
        tuple((line["trial"], line["model"], line["score"]) for line in lines[::-1]),
        wide=True,
    )


def importance_figure(facts: Mapping) -> Figure:
    """Draws the importance of each dimension; `facts` from `importances`."""
    names, shares = list(facts["shares"])[::-1], list(facts["shares"].values())[::-1]
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [plotly_label(name) for name in names],
        "marker": {"color": BLUE},
        "showlegend": False,
    }
    first = names[-1] if names else ""
    return Figure(
        "importance",
        "Importance of each dimension",
        f"Share of the variance of the scores that each dimension explains ({facts['method']}, "
        f"{facts['trials']} trials); {first} matters most.",
        plotly_spec([bar], x="share", height=120 + 24 * len(names)),
        ("dimension", "share"),
        tuple(facts["shares"].items()),
    )


def slice_figure(facts: Mapping, objective: str) -> Figure:
    """Draws the scores along one dimension; `facts` is one of `slices`."""
    values, scores, trials = zip(*facts["points"], strict=True)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [plotly_label(value) if isinstance(value, str) else value for value in values],
        "y": scores,
        "text": [plotly_label(f"trial {trial}") for trial in trials],
        "marker": {"color": BLUE, "size": 7, "opacity": 0.7},
    }
    axis = {"type": "log", **_log_ticks(values)} if facts["log"] else {}
    if facts["categories"] is not None:
        names = [plotly_label(name) for name in facts["categories"]]
        axis = {"type": "category", "categoryorder": "array", "categoryarray": names}
    return Figure(
        f"slice-{facts['name']}",
        facts["name"],
        f"The score of every trial by its {facts['name']}.",
        plotly_spec([marks], x=None, y=objective, xaxis=axis, height=260),
        (facts["name"], objective, "trial"),
        tuple(facts["points"]),
    )


def _mixed_color(strength: float) -> str:
    """Mixes grey (0) and orange (1)."""
    low, high = (0x7C, 0x85, 0x94), (0xD9, 0x77, 0x06)
    mixed = [round(a + (b - a) * strength) for a, b in zip(low, high, strict=True)]
    return "rgb({}, {}, {})".format(*mixed)


def _log_ticks(values: Sequence[float]) -> dict:
    """Places ticks at 1 and 3 times the powers of ten; Plotly's own labels are bare digits."""
    low, high = (math.floor(math.log10(end)) for end in (min(values), max(values)))
    ticks = [digit * 10.0**power for power in range(low, high + 1) for digit in (1, 3)]
    return {"tickvals": ticks, "ticktext": [f"{tick:.4g}" for tick in ticks]}

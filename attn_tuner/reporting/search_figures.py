"""The figures of a search: facts drawn. Nothing is computed here."""

import math

from attn_tuner.reporting.plotly_figure import BLUE, GREY, ORANGE, Figure, error_bars, plot, shown
from attn_tuner.storage.trial_text import counted


def verdict_figure(verdict) -> Figure:
    kinds = verdict.kinds[::-1]
    bars = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [kind.accuracy for kind in chosen],
            "y": [shown(kind.name) for kind in chosen],
            "error_x": error_bars(
                [kind.accuracy for kind in chosen],
                [(kind.low, kind.high) for kind in chosen],
            ),
            "text": [
                shown(f"trial {kind.trial}, {counted(kind.trials, 'trial')}") for kind in chosen
            ],
            "marker": {"size": 10, "color": color, "symbol": symbol},
        }
        for name, color, symbol, chosen in (
            ("attention", BLUE, "circle", [kind for kind in kinds if not kind.control]),
            ("no attention", ORANGE, "diamond", [kind for kind in kinds if kind.control]),
        )
        if chosen
    ]
    order = {"categoryorder": "array", "categoryarray": [shown(kind.name) for kind in kinds]}
    return Figure(
        "verdict",
        "The best trial with every kind of head",
        "Validation accuracy with its 95 % interval; diamonds are heads without attention.",
        plot(bars, x="accuracy", yaxis=order, height=120 + 26 * len(kinds)),
        ("head", "attention", "encoder", "accuracy", "from", "to", "trials", "best trial"),
        tuple(
            (
                *(kind.describes, "no" if kind.control else "yes", kind.encoder),
                *(kind.accuracy, kind.low, kind.high, kind.trials, kind.trial),
            )
            for kind in verdict.kinds
        ),
    )


def time_figure(rows, objective) -> Figure:
    minutes = [row["ended"] / 60 for row in rows]
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "trial",
            "x": minutes,
            "y": [row["score"] for row in rows],
            "text": [shown(f"trial {row['trial']}: {row['words']}") for row in rows],
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
        "A mark for every trial when it ended, a cross for a pruned one; the line is the best.",
        plot(traces, x="minutes", y=objective),
        ("trial", "minutes", objective, "best so far", "model", "status"),
        tuple(
            (
                *(row["trial"], row["ended"] / 60, row["score"]),
                *(row["best"], row["words"], row["status"]),
            )
            for row in rows
        ),
    )


def curves_figure(curves, objective) -> Figure:
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
                "text": shown(f"trial {curve['trial']}: {curve['words']}"),
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
        "Every trial at every evaluation; pruned ones are dotted and end in a cross.",
        plot(traces, x="epochs", y=objective),
        ("trial", "model", "status", "evaluations", "epochs", f"last {objective}", "why it ended"),
        tuple(
            (
                *(curve["trial"], curve["words"], curve["status"]),
                *(len(curve["scores"]), curve["epochs"][-1], curve["scores"][-1]),
                curve["stopped"],
            )
            for curve in curves[::-1]
        ),
    )


def parallel_figure(facts) -> Figure:
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
            "line": {"color": _between(line["strength"]), "width": 1 + 2 * line["strength"] ** 4},
            "hoverinfo": "text",
            "text": shown(f"trial {line['trial']}: {line['words']}, {line['score']:.4f}"),
        }
        for line in lines
    ]
    notes = [
        {
            "x": place,
            "y": height,
            "text": shown(words),
            "showarrow": False,
            "xanchor": "left" if place < len(axes) - 1 else "right",
            "font": {"size": 10},
        }
        for place, axis in enumerate(axes)
        for height, words in axis["ticks"]
    ]
    marks = [{"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1} for x in places]
    ticks = {
        "tickvals": places,
        "ticktext": [shown(axis["name"]) for axis in axes],
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
        "A line for every trial; the better its score, the stronger and the more orange it is.",
        plot(traces, xaxis=ticks, **layout),
        ("trial", "model", "score"),
        tuple((line["trial"], line["words"], line["score"]) for line in lines[::-1]),
        wide=True,
    )


def importance_figure(facts) -> Figure:
    names, shares = list(facts["shares"])[::-1], list(facts["shares"].values())[::-1]
    bar = {
        "type": "bar",
        "orientation": "h",
        "x": shares,
        "y": [shown(name) for name in names],
        "marker": {"color": BLUE},
        "showlegend": False,
    }
    first = names[-1] if names else ""
    return Figure(
        "importance",
        "What mattered",
        f"Share of the spread of scores that each dimension accounts for ({facts['method']} of "
        f"{facts['trials']} trials): {first} most.",
        plot([bar], x="share", height=120 + 24 * len(names)),
        ("dimension", "share"),
        tuple(facts["shares"].items()),
    )


def slice_figure(facts, objective) -> Figure:
    values, scores, trials = zip(*facts["points"], strict=True)
    marks = {
        "type": "scatter",
        "mode": "markers",
        "showlegend": False,
        "x": [shown(value) if isinstance(value, str) else value for value in values],
        "y": scores,
        "text": [shown(f"trial {trial}") for trial in trials],
        "marker": {"color": BLUE, "size": 7, "opacity": 0.7},
    }
    axis = {"type": "log", **_powers(values)} if facts["log"] else {}
    if facts["categories"] is not None:
        names = [shown(name) for name in facts["categories"]]
        axis = {"type": "category", "categoryorder": "array", "categoryarray": names}
    return Figure(
        f"slice-{facts['name']}",
        facts["name"],
        f"The score of every trial by its {facts['name']}.",
        plot([marks], x=None, y=objective, xaxis=axis, height=260),
        (facts["name"], objective, "trial"),
        tuple(facts["points"]),
    )


def _between(strength) -> str:
    """From grey to orange."""
    low, high = (0x7C, 0x85, 0x94), (0xD9, 0x77, 0x06)
    mixed = [round(a + (b - a) * strength) for a, b in zip(low, high, strict=True)]
    return "rgb({}, {}, {})".format(*mixed)


def _powers(values) -> dict:
    """Ticks at 1 and 3 times the powers of ten: what Plotly sets itself repeats bare digits."""
    low, high = (math.floor(math.log10(end)) for end in (min(values), max(values)))
    ticks = [digit * 10.0**power for power in range(low, high + 1) for digit in (1, 3)]
    return {"tickvals": ticks, "ticktext": [f"{tick:.4g}" for tick in ticks]}

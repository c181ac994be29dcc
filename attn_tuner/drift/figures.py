"""Draws how the new texts are spread beside the validation texts."""

from attn_tuner.drift.comparison import Comparison
from attn_tuner.drift.distributions import Distribution
from attn_tuner.drift.wording import shown_p, shown_values
from attn_tuner.reporting.plotly_figure import BLUE, ORANGE, Figure, plotly_label, plotly_spec

_AXES = {
    "lengths": "tokens of a text",
    "unknown words": "share of a text's tokens",
    "classes": "predicted class",
    "confidence": "probability of the answer",
}


def drift_figure(found: Distribution, compared: Comparison) -> Figure:
    """Draws the shares before and now, side by side.

    Args:
        found: the shares.
        compared: the test of the same name.
    """
    labels = [plotly_label(each) for each in found.bins]
    traces = [
        {"type": "bar", "name": name, "x": labels, "y": list(shares), "marker": {"color": color}}
        for name, shares, color in (
            ("validation texts", found.before, BLUE),
            ("new texts", found.now, ORANGE),
        )
    ]
    of = f" of '{compared.label}'" if compared.label else ""
    before, now, unit = shown_values(compared)
    said = "differ" if compared.differs else "are alike"
    return Figure(
        f"drift-{found.name.replace(' ', '-')}",
        found.name.capitalize(),
        f"They {said} (p {shown_p(compared.p)}):{of} {before} {unit} before, {now} now.",
        plotly_spec(
            traces,
            x=_AXES[found.name],
            y="share of the texts",
            xaxis={"type": "category"},
            yaxis={"tickformat": ".0%"},
            barmode="group",
        ),
        (_AXES[found.name], "validation texts", "new texts"),
        tuple(zip(found.bins, found.before, found.now, strict=True)),
    )

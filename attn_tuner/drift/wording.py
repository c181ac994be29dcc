"""Words and units of what is compared, for a terminal, figures and the page."""

from attn_tuner.drift.comparison import Comparison

# By name of a comparison: unit, factor and format of its values.
UNITS = {
    "lengths": ("tokens a text", 1.0, ".1f"),
    "unknown words": ("% of the tokens", 100.0, ".1f"),
    "classes": ("% of the texts", 100.0, ".1f"),
    "confidence": ("mean probability of the answer", 1.0, ".3f"),
}


def shown_values(compared: Comparison) -> tuple[str, str, str]:
    """Returns what was measured before and now, as they are shown, and their unit."""
    unit, factor, form = UNITS[compared.name]
    return format(factor * compared.before, form), format(factor * compared.now, form), unit


def shown_p(p: float) -> str:
    """Formats a p value."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"

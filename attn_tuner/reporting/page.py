"""Renders a page of the reports: one HTML file with its scripts, styles and figures."""

import base64
import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from attn_tuner.inputs.kinds import TEXT, kind_named
from attn_tuner.reporting.highlighting import marked_text
from attn_tuner.reporting.json_in_html import script_json
from attn_tuner.reporting.plotly_figure import Figure
from attn_tuner.storage.trial_text import plural

MAX_TABLE_ROWS = 300


def render_page(
    template: str,
    figures: Mapping[str, Sequence[Figure]],
    facts: Mapping[str, Any],
    kind: str = TEXT.name,
) -> str:
    """Renders a template; everything from outside is escaped, and only these scripts may run.

    Args:
        template: str, name of a file in `templates`.
        figures: by section, those that the template draws.
        facts: what else it reads, by name.
        kind: str, kind of input, in whose words the page speaks.
    """
    from plotly.offline import get_plotlyjs

    loader = jinja2.PackageLoader("attn_tuner.reporting")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    own = kind_named(kind)
    environment.filters |= {"cell": format_cell, "plural": plural, "marked": marked_text}
    environment.filters |= {"worded": own.worded, "inputs": own.counted}
    plots = {figure.name: figure.plot for each in figures.values() for figure in each}
    scripts = [get_plotlyjs(), loader.get_source(environment, "report.js")[0]]
    return environment.get_template(template).render(
        **{**facts, "figures": figures},
        plots=script_json(plots),
        scripts=[Markup(script) for script in scripts],
        allowed=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        max_rows=MAX_TABLE_ROWS,
    )


def format_cell(value: object) -> str:
    """Formats a value for a table."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}" if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

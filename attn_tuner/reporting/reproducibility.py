"""Says how to repeat a search and how to use its model."""

import platform
import re
import shlex
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from attn_tuner.inputs.kinds import kind_named
from attn_tuner.reporting.summary import _known, summarize
from attn_tuner.settings.asked import OBJECT, is_object
from attn_tuner.settings.repeat import command as repeat_search
from attn_tuner.settings.table import SETTINGS
from attn_tuner.storage.run import Run

PACKAGES = (
    *("attn-tuner", "keras", "keras-tuner", "tensorflow", "jax", "torch", "optuna"),
    *("numpy", "scikit-learn", "pandas", "plotly"),
)


def usage(run: Run, bundle: Any) -> list[dict]:
    """Returns snippets that use the export: dictionaries of language and code."""
    from attn_tuner.exporting.usage_snippets import usage_snippet

    where = str(run.export)
    text = usage_snippet("savedmodel", bundle).replace("PATH", where)
    blocks = [
        {"language": language, "code": code}
        for language, code in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL)
    ]
    example = kind_named(bundle.input).example
    again = f"attn-tuner predict {shlex.quote(str(run.directory))} {example}\n"
    return [*blocks[:1], {"language": "sh", "code": again}, *blocks[1:]]


def reproducibility(run: Run, bundle: Any = None) -> dict[str, dict]:
    """Returns what repeats the search: command, data, settings, values, versions of packages.

    Args:
        run: the run.
        bundle: its exported model, whose card has the sizes of the parts; None without one.
    """
    plan = run.plan
    sizes = dict(bundle.card.get("data", {})) if bundle else {}
    sizes.pop("fingerprint", None), sizes.pop("name", None)
    facts = summarize(run)
    winner = next((each for each in run.records if each.trial_id == facts["winner"]), None)
    return {
        "Command": {"": command(run)},
        "Data": {"name": plan.source, "fingerprint": plan.fingerprint, **sizes},
        "Settings": _settings(run),
        "Hyperparameters of the best trial": dict(winner.trained) if winner else {},
        "Versions": _versions(),
    }


def command(run: Run) -> str:
    """Returns the line that repeats the search: a command, or where none can, a call in Python."""
    return repeat_search(run.plan.asked or _known(run.plan), run.directory)


def _settings(run: Run) -> dict:
    """Returns the settings that have a value: as the run resolved them, else as they were given."""
    asked = {**(run.plan.asked or _known(run.plan))}
    found = {}
    for each in SETTINGS:
        given = asked.get(each.name, each.default)
        resolved = getattr(run.plan, each.name, given)
        value = given if isinstance(resolved, Mapping) else resolved
        if each.repeated and value not in (None, "", ()):
            found[each.name] = value[OBJECT] if is_object(value) else value
    return found


def _versions() -> dict:
    found = {"Python": platform.python_version(), "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

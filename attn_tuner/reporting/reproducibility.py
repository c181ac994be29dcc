"""Says how to repeat a search and how to use its model."""

import platform
import re
import shlex
from importlib.metadata import PackageNotFoundError, version

from attn_tuner.exporting import Bundle
from attn_tuner.reporting.summary import _known, summarize
from attn_tuner.settings.repeat import command as repeat_search
from attn_tuner.storage.run import Run

PACKAGES = (
    *("attn-tuner", "keras", "keras-tuner", "tensorflow", "jax", "torch", "optuna"),
    *("numpy", "scikit-learn", "pandas", "plotly"),
)


def usage(run: Run, bundle: Bundle) -> list[dict]:
    """Returns snippets that use the export: dictionaries of language and code."""
    from attn_tuner.exporting.usage_snippets import usage_snippet

    where = str(run.export)
    text = usage_snippet("savedmodel", bundle).replace("PATH", where)
    blocks = [
        {"language": language, "code": code}
        for language, code in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.DOTALL)
    ]
    again = f"attn-tuner predict {shlex.quote(str(run.directory))} 'a text'\n"
    return [*blocks[:1], {"language": "sh", "code": again}, *blocks[1:]]


def reproducibility(run: Run, bundle: Bundle | None = None) -> dict[str, dict]:
    """Returns what repeats the search: command, data, settings, values, versions of packages."""
    plan = run.plan
    sizes = dict(bundle.card.get("data", {})) if bundle else {}
    sizes.pop("fingerprint", None), sizes.pop("name", None)
    facts = summarize(run)
    winner = next((each for each in run.records if each.trial_id == facts["winner"]), None)
    limits = ("max_trials", "max_time", "epochs", "patience")
    settings = ("tuner", "fidelity", "objective", *limits, "pruner")
    return {
        "Command": {"": command(run)},
        "Data": {"name": plan.source, "fingerprint": plan.fingerprint, **sizes},
        "Settings": {"seed": plan.seed, **{name: getattr(plan, name) for name in settings}},
        "Values of the winner": dict(winner.trained) if winner else {},
        "Versions": _versions(),
    }


def command(run: Run) -> str:
    """Returns the line that repeats the search: a command, or where none can, a call in Python."""
    return repeat_search(run.plan.asked or _known(run.plan), run.directory)


def _versions() -> dict:
    found = {"Python": platform.python_version(), "system": platform.system()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

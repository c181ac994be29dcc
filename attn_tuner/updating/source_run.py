"""The search that an update or a distillation begins with: its kind, and its measured costs."""

from attn_tuner.errors import DataError, RunError
from attn_tuner.storage.plan import require_labelled_texts
from attn_tuner.storage.run import Run
from attn_tuner.tuning.budget import Budget, clock_state
from attn_tuner.tuning.machine_load import MachineLoad


def require_classes(run: Run, who: str, instead: str = "") -> None:
    """Raises unless a run has a model of this package's own, of one class a text.

    Args:
        run: of the search.
        who: name of the function that trains its models: "update".
        instead: a sentence on what to do where the search was over another hypermodel.

    Raises:
        DataError: the search was for something else, or over another hypermodel.
        RunError: it has no model yet.
    """
    require_labelled_texts(run.plan, f"{who}()")
    if run.plan.kind != "class":
        raise DataError(f"{who} trains models of one class a text; this search was for another.")
    if run.plan.asked.get("hypermodel"):
        sentence = (
            f"{who} builds models by the package's own hypermodel, and this search was over "
            "another."
        )
        raise DataError(f"{sentence} {instead}".rstrip())
    if not run.outcome:
        raise RunError(
            f"The search in {run.directory} has no model yet. Continue it with the command that "
            "started it."
        )


def search_seconds(run: Run) -> float:
    """Returns the time limit of a search, or what it took where it had none."""
    return run.plan.max_time or run.outcome["seconds"]


def budget_for(run: Run, seconds: float, loaded: bool = True) -> Budget:
    """Returns a budget that knows what steps cost in the search.

    Args:
        run: of the search.
        seconds: float, the time limit.
        loaded: whether estimates count what the machine does besides.
    """
    state = {**clock_state(run.directory)[0], "spent": 0.0}
    options = {"slowdown": MachineLoad()} if loaded else {}
    return Budget.resumed(seconds, state, **options)

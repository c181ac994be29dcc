"""What a caller asks of a search, checked, and what follows where he asks for nothing."""

from attn_tuner.errors import BudgetError, SpaceError
from attn_tuner.tuning.duration import parse_duration

DEFAULT_TIME = "20m"
ENSEMBLE = 5  # Trials averaged at most where nobody says otherwise.
LIBRARY = 2  # Trials kept for each that an ensemble may average.


def members(ensemble, allowed, refit) -> int:
    """The trials that may be averaged: one where size or speed is limited.

    Raises:
        SpaceError: it is no number of trials.
    """
    if ensemble is None:
        ensemble = 1 if refit else ENSEMBLE
    if not isinstance(ensemble, int) or ensemble < 1:
        raise SpaceError(
            f"ensemble is {ensemble!r}; it is the number of trials that the exported model may "
            "average. Give 1 for a single one, or 5."
        )
    return 1 if allowed else ensemble


def seconds(max_time, max_trials) -> float | None:
    """The time that a search has; None where only its trials are limited.

    Raises:
        BudgetError: a limit is none.
    """
    if max_trials is not None and max_trials < 1:
        raise BudgetError(f"max_trials is {max_trials}; it should be at least 1.")
    if max_time is None:
        return None if max_trials else parse_duration(DEFAULT_TIME)
    return parse_duration(max_time)


def kept(keep: int, ensemble: int) -> int:
    """The trials whose weights stay on disk."""
    return max(keep, LIBRARY * ensemble if ensemble > 1 else 1)

"""Makes KerasTuner's grid search resumable: it keeps no state but the trials themselves."""

from collections.abc import Iterator

import keras_tuner


class ResumableGrid:
    """Gives the first point of the grid that was not tried yet; a mixin for the grid oracle.

    The order is KerasTuner's: defaults first, the last dimension varies fastest. New dimensions
    that a trial declares enter the grid when the trial ends.
    """

    def populate_space(self, trial_id: str) -> dict:
        space = self.get_space()
        tried = {_key(trial.hyperparameters.values) for trial in self.trials.values()}
        for values in points(space):
            if _key(values) not in tried:
                return {"status": "RUNNING", "values": values}
        # A running trial may yet bring new dimensions.
        return {"status": "IDLE" if self.ongoing_trials else "STOPPED", "values": None}


def points(space: keras_tuner.HyperParameters) -> Iterator[dict]:
    """Yields every combination of the active values of a space."""
    space = space.copy()
    yield from _below(space, list(space.space), {})


def _below(space: keras_tuner.HyperParameters, rest: list, values: dict) -> Iterator[dict]:
    space.values = values
    while rest and not (space.is_active(rest[0]) and rest[0].name not in values):
        rest = rest[1:]
    if not rest:
        yield values
        return
    first, *others = rest
    for value in dict.fromkeys([first.default, *first.values]):
        yield from _below(space, others, {**values, first.name: value})


def _key(values: dict) -> tuple:
    return tuple(sorted(values.items()))

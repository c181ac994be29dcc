"""Refuses settings of a search that a kind of input does not have."""

from collections.abc import Mapping

from attn_tuner.errors import DataError


def refuse_settings(
    options: Mapping, defaults: Mapping, instead: Mapping[str, str], why: str
) -> None:
    """Raises DataError for the first of some settings that was given.

    Args:
        options: every setting, checked.
        defaults: the default of each.
        instead: by setting, a sentence on what to do without it.
        why: what follows the name of the setting: "is for texts, and the data are series."
    """
    for name, remedy in instead.items():
        given, default = options[name], defaults[name]
        # Tables cannot be compared, and a TOML file may say 0 for 0.0.
        if given is not default and not (isinstance(given, float | int) and given == default):
            raise DataError(f"{name}= {why} {remedy}")

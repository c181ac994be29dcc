"""Reads files of earlier versions, in which some dimensions had other names."""

from collections.abc import Iterable, Mapping
from typing import Any

RENAMED = {
    "beside": "second_head",
    "class_weights": "class_weight",
    "embedding_dropout": "spatial_dropout",
    "keep": "truncation",
    "output_dropout": "dropout",
    "start": "embedding_init",
    "state_norm": "layer_norm",
    "still_epochs": "embedding_frozen_epochs",
    "text_limit": "max_length",
    "vocabulary_limit": "vocabulary_size",
    "weight_average": "use_ema",
}
_VALUES = {
    "second_head": {"nothing": "none"},
    "embedding_init": {"vectors": "word_vectors"},
    "class_weight": {"as they are": "none"},
}
# Every earlier space had these. In a space of a user's own, "start" may be another dimension.
_EARLIER = {"embedding_dropout", "output_dropout", "state_norm"}


def is_earlier(names: Iterable[str]) -> bool:
    """Returns whether these are the names of dimensions of an earlier version."""
    return set(names) >= _EARLIER


def current_names(table: Mapping[str, Any]) -> dict[str, Any]:
    """Translates the keys of a table from former names of dimensions to current ones."""
    return {RENAMED.get(name, name): value for name, value in table.items()}


def current_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Translates the values of a trial to the current names of dimensions and choices."""
    if not is_earlier(values):
        return dict(values)
    return {name: _current(name, value) for name, value in current_names(values).items()}


def current_space(space: Mapping[str, dict]) -> dict[str, dict]:
    """Translates a result of `SearchSpace.describe` to the current names."""
    if not is_earlier(space):
        return dict(space)
    return {name: _current_facts(name, facts) for name, facts in current_names(space).items()}


def current_hyperparameters(config: Mapping[str, Any]) -> dict[str, Any]:
    """Translates a result of `keras_tuner.HyperParameters.get_config` to the current names."""
    if not is_earlier(each["config"]["name"] for each in config["space"]):
        return dict(config)
    space = []
    for each in config["space"]:
        former: str = each["config"]["name"]
        name = RENAMED.get(former, former)
        facts = {**_current_facts(name, each["config"]), "name": name}
        space.append({**each, "config": facts})
    values = {name: _current(name, each) for name, each in current_names(config["values"]).items()}
    return {**config, "space": space, "values": values}


def _current_facts(name: str, facts: Mapping) -> dict:
    facts = dict(facts)
    if "values" in facts:
        facts["values"] = [_current(name, each) for each in facts["values"]]
    if "default" in facts:
        facts["default"] = _current(name, facts["default"])
    return facts


def _current(name: str, value: Any) -> Any:
    known = _VALUES.get(name, {})
    return known.get(value, value) if isinstance(value, str) else value

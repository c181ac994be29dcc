"""What a report lists so that a search can be repeated."""

from dataclasses import fields, replace

import pytest

from attn_tuner.reporting.reproducibility import reproducibility
from attn_tuner.settings.table import SETTINGS
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.run import Run

RESOLVED = {each.name for each in fields(Plan)} - {"space"}


def settings_of(folder, **changes):
    run = Run.read(folder)
    return reproducibility(replace(run, plan=replace(run.plan, **changes)))["Settings"]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_that_was_given_is_listed(run_folder, setting):
    value = {"objective": "accuracy", "task": "multiclass"}.get(setting.name, 3)
    changes = {setting.name: value} if setting.name in RESOLVED else {}
    found = settings_of(run_folder, asked={"data": "reviews.csv", setting.name: value}, **changes)
    assert found.get(setting.name) == (value if setting.repeated else None)


def test_settings_without_a_value_are_left_out_and_objects_are_named(run_folder):
    given = {"data": "reviews.csv", "callbacks": {"object": "<a list>"}}
    found = settings_of(run_folder, asked=given)
    assert found["callbacks"] == "<a list>"
    assert found["max_time"] == 60.0
    assert not {"space", "vectors", "cluster"} & set(found)

"""A search goes on only with the data, and the reading of them, with which it began."""

from dataclasses import replace

import pytest

from attn_tuner.errors import RunError
from attn_tuner.settings.table import SETTINGS
from attn_tuner.storage.plan import READING, Plan

BEGUN = Plan("reviews.csv", "0", ("a", "b"), {}, asked={"data": "reviews.csv", "group": "patient"})


@pytest.mark.parametrize("name", ["group", "time", "weight"])
def test_another_group_time_or_weight_is_refused_by_its_name(name, tmp_path):
    before = replace(BEGUN, asked={"data": "reviews.csv", name: "patient"})
    before.check_continues(before, tmp_path)
    for asked in ({"data": "reviews.csv", name: "doctor"}, {"data": "reviews.csv"}):
        with pytest.raises(RunError, match=f"was made with {name} 'patient', not"):
            replace(before, asked=asked).check_continues(before, tmp_path)


def test_a_folder_that_does_not_know_how_its_data_were_read_goes_on(tmp_path):
    before = replace(BEGUN, asked={})
    BEGUN.check_continues(before, tmp_path)


def test_other_data_are_refused_with_what_they_were_read_by(tmp_path):
    BEGUN.check_data("reviews.csv", "0", tmp_path, {"data": "reviews.csv"})
    with pytest.raises(RunError, match=r"It was read with group='patient', not 'doctor'\. Use"):
        BEGUN.check_data("reviews.csv", "1", tmp_path, {"group": "doctor"})
    with pytest.raises(RunError, match=r"this is b\.csv \(1\)\. Use the settings"):
        BEGUN.check_data("b.csv", "1", tmp_path, dict(BEGUN.asked))


def test_a_setting_that_was_not_given_is_named_with_its_default(tmp_path):
    with pytest.raises(RunError, match=r"It was read with group='patient', not None; seed=0, not"):
        BEGUN.check_data("reviews.csv", "1", tmp_path, {"data": "reviews.csv", "seed": 5})
    defaults = {each.name: each.default for each in SETTINGS}
    assert {name: defaults[name] for name in READING} == READING

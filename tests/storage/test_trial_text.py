"""Names of models in a few words."""

import pytest

from attn_tuner.storage.trial_text import describe_model, describe_trial


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"encoder": "gru", "head": "mean"}, "gru + mean"),
        ({"encoder": "gru", "attention": "luong"}, "gru + luong"),
        ({"encoder": "gru", "head": "mean", "adversarial_weight": 0.0}, "gru + mean"),
        ({"encoder": "gru", "head": "mean", "adversarial_weight": 1.0}, "gru + mean, adversarial"),
        (
            {"encoder": "gru", "head": "mean", "adversarial_weight": 1.0, "region_size": 5},
            "gru + mean, regions, adversarial",
        ),
        ({"encoder": "none", "head": "mean", "region_size": 0}, "none + mean"),
        ({}, "? + ?"),
    ],
)
def test_a_model_is_named_by_its_parts_regions_and_adversarial_training(values, expected):
    assert describe_model(values) == expected
    assert describe_trial(values) == expected
    named = describe_trial({**values, "learning_rate": 0.002})
    assert named == f"{expected}, learning rate 2.0e-03"

"""Files in which dimensions have the names of earlier versions."""

import json

import keras_tuner
import numpy as np
import pytest

from attn_tuner.errors import UnknownName
from attn_tuner.exporting import Bundle
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.model_space import default_space
from attn_tuner.space import Choice, SearchSpace
from attn_tuner.space.kerastuner import declare
from attn_tuner.space.renamed import (
    RENAMED,
    current_hyperparameters,
    current_space,
    current_values,
)
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.oracles.initial_points import warm_start
from tests.support.sentiment import make_bundle

FORMER = {name: former for former, name in RENAMED.items()}
FORMER_VALUES = {"none": "nothing", "word_vectors": "vectors"}
SPACE = default_space().extend(embedding_init=Choice(("word_vectors", "random")))


def former(table):
    """A table as an earlier version wrote it."""
    found = {FORMER.get(name, name): value for name, value in table.items()}
    for name in ("beside", "start"):
        if isinstance(found.get(name), str):
            found[name] = FORMER_VALUES.get(found[name], found[name])
    return found


def former_space():
    facts = former(SPACE.describe())
    facts["beside"] |= {"default": "nothing", "values": ["nothing", *facts["beside"]["values"][1:]]}
    facts["start"] |= {"default": "vectors", "values": ["vectors", "random"]}
    return facts


def test_values_and_spaces_take_their_names_of_today():
    assert current_values(former(SPACE.defaults())) == SPACE.defaults()
    assert current_values(SPACE.defaults()) == SPACE.defaults()
    assert current_space(former_space()) == SPACE.describe()


def test_a_space_of_the_users_own_keeps_its_names():
    own = {"start": 3, "keep": "vectors", "beside": "nothing"}
    assert current_values(own) == own
    hp = keras_tuner.HyperParameters()
    hp.Int("start", 1, 9)
    assert current_hyperparameters(hp.get_config()) == hp.get_config()


def test_a_record_and_a_plan_of_an_earlier_version_are_read(tmp_path):
    folder = tmp_path / "trial_0"
    folder.mkdir()
    record = TrialRecord("0", "failed", former(SPACE.defaults()), used={"text_limit": 16})
    record.save(folder)
    read = TrialRecord.load(folder)
    assert read.values == SPACE.defaults()
    assert read.trained["max_length"] == 16
    Plan("data", "0", ("a", "b"), former_space()).save(tmp_path)
    plan = Plan("data", "0", ("a", "b"), json.loads(json.dumps(SPACE.describe())))
    plan.check_continues(Plan.load(tmp_path), tmp_path)


def test_a_bundle_of_an_earlier_version_is_read(tmp_path):
    bundle = make_bundle(max_length=4, truncation="ends")
    bundle.save(tmp_path)
    facts = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "bundle.json").write_text(json.dumps(former(facts)))
    assert "text_limit" in (tmp_path / "bundle.json").read_text()
    read = Bundle.load(tmp_path)
    assert read.token_limits == bundle.token_limits
    np.testing.assert_allclose(read.predict(["a b"]), bundle.predict(["a b"]), atol=1e-6)


def test_a_layer_of_an_earlier_version_is_made_from_its_config():
    layer = TokenLimits(31, 4, "ends", 0.1, seed=3)
    assert TokenLimits.from_config(former(layer.get_config())).get_config() == layer.get_config()


def _declared(space: SearchSpace) -> keras_tuner.HyperParameters:
    hp = keras_tuner.HyperParameters()
    declare(hp, space)
    return hp


def test_an_oracle_goes_on_where_an_earlier_version_stopped(tmp_path):
    space = _declared(SPACE.fix(encoder="none", head="mean"))
    options = {"objective": keras_tuner.Objective("score", "max"), "max_trials": 4, "seed": 1}
    begun = oracles["random"](hyperparameters=space, **options)
    begun._set_project_dir(tmp_path, "run")
    trial = begun.create_trial("tuner0")
    begun.update_trial(trial.trial_id, {"score": 0.5})
    trial.status = "COMPLETED"
    begun.end_trial(trial)
    begun.save()
    for path in [*(tmp_path / "run").rglob("trial.json"), tmp_path / "run" / "oracle.json"]:
        state = json.loads(path.read_text())
        config = state["hyperparameters"]
        config["values"] = former(config["values"])
        for each in config["space"]:
            each["config"] |= {"name": FORMER.get(each["config"]["name"], each["config"]["name"])}
        path.write_text(json.dumps(state))
    again = oracles["random"](hyperparameters=space, **options)
    again._set_project_dir(tmp_path, "run")
    again.reload()
    found = again.trials[trial.trial_id].hyperparameters.values
    assert found == trial.hyperparameters.values
    assert set(again.create_trial("tuner0").hyperparameters.values) == set(found)
    assert warm_start([tmp_path / "run"], "max:score") == [found]


def test_a_former_name_in_a_space_is_answered_with_the_one_of_today():
    with pytest.raises(UnknownName, match="'text_limit' is called 'max_length' since"):
        default_space().updated_from({"text_limit": 64})

"""A search goes on over a damaged folder, or says in one sentence why it cannot."""

import contextlib
import json

import numpy as np
import pytest

import attn_tuner
from attn_tuner.errors import AttnTunerError, DamagedFile
from attn_tuner.text import TokenStore
from attn_tuner.tuning.oracles.persistence.state_files import check_states
from tests.support.colours import quick_search
from tests.support.damage import copies, damage


@pytest.fixture
def run(finished_copy):
    return finished_copy


def test_all_that_can_be_made_again_is_made_again(run, capsys):
    before = attn_tuner.load(run)
    expected = before.bundle.predict(["a red box", "the blue box"])
    damaged = {
        "model/model.keras": "half",
        "best/saved_model.pb": "flipped",
        "data/train/ids.npy": "flipped",
        "data/validation_labels.npy": "list",
        "outcome.json": "object",
        "baselines.json": "empty",
        "clock.json": "half",
        "tuner0.json": "list",
        f"trial_{before.run.outcome['winner']}/validation.npy": "half",
        "validation.npy": "gone",
    }
    for name, kind in damaged.items():
        damage(run / name, kind)
    result = quick_search(run, progress=True, export="savedmodel")
    said = capsys.readouterr().err
    # One went with all of the data, the other might never have been made.
    lost = {"data/validation_labels.npy", "validation.npy"}
    assert [name for name in damaged if name not in lost and name not in said] == []
    np.testing.assert_allclose(
        result.bundle.predict(["a red box", "the blue box"]), expected, atol=1e-4
    )
    assert result.test_metrics == pytest.approx(before.test_metrics)
    assert result.run.notes == ()
    TokenStore.open(run / "data" / "train", check=True)
    again = quick_search(run, progress=True, export="savedmodel")
    assert "made again" not in capsys.readouterr().err
    assert again.run.outcome.keys() == result.run.outcome.keys()


def test_a_model_that_lost_its_weights_stays_exported(run):
    winner = attn_tuner.load(run).run.outcome["winner"]
    damage(run / f"trial_{winner}" / "checkpoint.weights.h5", "half")
    result = quick_search(run)
    assert [answer.label for answer in result.predict(["a red box"])] == ["warm"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("plan.json", "half"),
        ("plan.json", "gone"),
        ("trial_0/record.json", "flipped"),
        ("trial_0/trial.json", "object"),
        ("oracle.json", "list"),
    ],
)
def test_what_cannot_be_made_again_is_named(name, kind, run):
    damage(run / name, kind)
    with pytest.raises(DamagedFile, match=name):
        quick_search(run)


@pytest.mark.parametrize("name", ["../../victim", "..", "a/b"])
@pytest.mark.parametrize("where", ["ongoing", "slot", "started", "trial"])
def test_names_in_the_state_of_an_oracle_lead_nowhere_else(name, where, run):
    path = run / ("trial_0/trial.json" if where == "trial" else "oracle.json")
    state = json.loads(path.read_text())
    if where == "trial":
        state["trial_id"] = name
    elif where == "started":
        state["start_order"] = [name]
    else:
        state["ongoing_trials"] = {name: "0"} if where == "slot" else {"tuner0": name}
    path.write_text(json.dumps(state))
    with pytest.raises(DamagedFile, match=path.name):
        check_states(run)


@pytest.mark.slow
def test_every_file_damaged_in_every_way_ends_in_an_answer_or_a_sentence(finished_folder, tmp_path):
    for run, file, _ in copies(finished_folder, tmp_path / "copy"):
        for use in (
            lambda run: quick_search(run, export="savedmodel"),
            lambda run: attn_tuner.load(run).report(),
            lambda run: attn_tuner.load(run).predict(["a red box"]),
        ):
            lost = file.name.startswith(("plan", "record", "oracle", "trial"))
            with contextlib.suppress(*([AttnTunerError] if lost else [])):
                use(run)

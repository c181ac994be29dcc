"""Searches that are killed, cut and resumed."""

import json
import math
from collections import Counter

import keras_tuner
import pytest

from attn_tuner.errors import RunError
from attn_tuner.storage.atomic_files import remove_parts, write_text, write_whole
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.oracles.persistence.durable import Durable, durable
from attn_tuner.tuning.oracles.persistence.state_files import read_whole
from tests.support.toy_oracles import build, finished, killed_at_random, search, slowly, small

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")
GOAL = keras_tuner.Objective("score", "max")


def oracle(name, trials=40, **options):
    more = {"max_epochs": 27} if name == "hyperband" else {}
    return oracles[name](
        objective=GOAL,
        max_trials=trials,
        seed=5,
        max_consecutive_failed_trials=10**6,
        **more,
        **options,
    )


def run_seldom_saved(tuner):
    with tuner.oracle.saved_seldom():
        tuner.search()


def survive(name, folder, kills, trials=40, seldom=False):
    """Kills a search `kills` times; returns the oracle of the finished run.

    Args:
        seldom: whether the oracle's file is written once a second at most.
    """
    known = {}

    def check():
        now = finished(folder)
        assert known.items() <= now.items(), "a finished trial was lost or changed"
        known.update(now)

    def run():
        tuner = search(oracle(name, trials), folder, measure=slowly, run=not seldom)
        if seldom:
            run_seldom_saved(tuner)

    done = killed_at_random(run, kills, seed=kills, longest=0.12, check=check)
    assert done == kills, "the search was over before it was killed often enough"
    ended = search(oracle(name, trials), folder, run=False).oracle
    assert not list(folder.glob("**/*.part"))
    assert Counter(ended.end_order) == Counter(list(ended.trials)), "a trial ended twice or never"
    for trial in ended.trials.values():
        if trial.status == "FAILED":
            assert "each time the process ended" in trial.message
        else:
            assert trial.status == "COMPLETED"
    return ended


def values_of(one) -> list[dict]:
    return [trial.hyperparameters.values for trial in one.trials.values()]


# Each oracle once; all of them both ways, and many more kills, are in the slow run.
@pytest.mark.parametrize(
    ("name", "trials", "seldom"),
    [("random", 40, True), ("tpe", 30, False), ("hyperband", 40, True)],
)
def test_a_search_killed_three_times_is_complete_in_the_end(name, trials, seldom, tmp_path):
    ended = survive(name, tmp_path, kills=3, trials=trials, seldom=seldom)
    assert len(ended.trials) == trials
    if seldom:
        assert list(ended.trials) == sorted(ended.trials) == ended.start_order
    if name == "random":
        whole = search(oracle(name, trials), tmp_path / "whole").oracle
        assert values_of(ended) == values_of(whole)


def test_a_grid_killed_three_times_visits_every_point_once(tmp_path):
    ended = survive("grid", tmp_path, kills=3, trials=50)
    values = [str(sorted(t.hyperparameters.values.items())) for t in ended.trials.values()]
    assert len(set(values)) == 50


def test_a_search_that_is_seldom_saved_leaves_what_stock_kerastuner_reads(tmp_path):
    run_seldom_saved(search(oracle("tpe", 8), tmp_path, run=False))
    stock = keras_tuner.oracles.RandomSearchOracle(objective=GOAL, max_trials=8)
    opened = search(stock, tmp_path, run=False).oracle
    assert opened.end_order == opened.start_order == list(map(str, range(8)))
    assert not (tmp_path / "run" / "oracle.journal").exists()


def test_the_file_of_a_search_that_is_seldom_saved_is_written_by_the_clock(tmp_path):
    now = [0.0]
    one = search(oracle("random", 9), tmp_path, run=False).oracle
    with one.saved_seldom(lambda: now[0]):
        for number, seconds in enumerate([0.0, 0.5, 0.9, 1.1]):
            now[0] = seconds
            one.create_trial(f"worker{number}")
            noted = json.loads((tmp_path / "run" / "oracle.json").read_text())["start_order"]
            assert noted == {0: ["0"], 3: ["0", "1", "2", "3"]}.get(number, ["0"])
    again = search(oracle("random", 9), tmp_path, run=False).oracle
    assert {again.create_trial(f"worker{n}").trial_id for n in range(5)} == set("01234")


@pytest.mark.slow
@pytest.mark.parametrize("seldom", [False, True])
@pytest.mark.parametrize("name", ["random", "tpe", "hyperband", "grid", "nsga2", "qmc", "cmaes"])
def test_a_search_killed_two_hundred_times_is_complete_in_the_end(name, seldom, tmp_path):
    assert len(survive(name, tmp_path, 200, trials=400, seldom=seldom).trials) == 400


def test_a_resumed_search_draws_what_an_uninterrupted_one_draws(tmp_path):
    whole = search(oracle("random", 12), tmp_path / "whole").oracle
    search(oracle("random", 5), tmp_path / "parts")
    parts = search(oracle("random", 12), tmp_path / "parts").oracle
    assert values_of(parts) == values_of(whole)


def test_stock_kerastuner_opens_the_folder(tmp_path):
    search(oracle("tpe", 8), tmp_path)
    stock = keras_tuner.oracles.RandomSearchOracle(objective=GOAL, max_trials=8)
    best = search(stock, tmp_path).oracle.get_best_trials()[0]
    assert best.score == max(score for score, _ in finished(tmp_path).values())


def test_a_folder_of_stock_kerastuner_goes_on(tmp_path):
    search(keras_tuner.oracles.RandomSearchOracle(objective=GOAL, max_trials=3), tmp_path)
    before = finished(tmp_path)
    ended = search(durable(keras_tuner.oracles.RandomSearchOracle(GOAL, max_trials=6)), tmp_path)
    assert len(ended.oracle.trials) == 6
    assert before.items() <= finished(tmp_path).items()


@pytest.mark.parametrize("left", ["", '{"start_order": [', "[]", '{"hello": 1}'])
@pytest.mark.parametrize("name", ["oracle.json", "trial_1/trial.json"])
def test_a_cut_or_foreign_file_is_named(name, left, tmp_path):
    search(oracle("random", 4), tmp_path)
    (tmp_path / "run" / name).write_text(left)
    with pytest.raises(RunError, match=name):
        search(oracle("random", 4), tmp_path)


def test_a_missing_trial_is_named(tmp_path):
    search(oracle("random", 4), tmp_path)
    (tmp_path / "run" / "trial_2" / "trial.json").unlink()
    with pytest.raises(RunError, match="for trial 2"):
        search(oracle("random", 4), tmp_path)


def test_a_tuners_own_file_left_empty_is_mended(tmp_path):
    search(oracle("random", 4), tmp_path)
    (tmp_path / "run" / "tuner0.json").write_text("")
    assert len(search(oracle("random", 6), tmp_path).oracle.trials) == 6


def test_the_first_trial_is_safe_before_the_tuner_saved_itself(tmp_path):
    first = search(oracle("random", 4), tmp_path, run=False)
    trial = first.oracle.create_trial("tuner0")
    first.oracle.update_trial(trial.trial_id, {"score": 7.0})
    trial.status = "COMPLETED"
    first.oracle.end_trial(trial)
    assert search(oracle("random", 4), tmp_path).oracle.get_best_trials()[0].score == 7.0


def test_a_trial_that_ended_on_disk_alone_is_not_run_again(tmp_path):
    tuner = search(oracle("random", 4), tmp_path, run=False)
    trial = tuner.oracle.create_trial("tuner0")
    tuner.oracle.update_trial(trial.trial_id, {"score": 7.0})
    trial.status, trial.score = "COMPLETED", 7.0
    trial.save(str(tmp_path / "run" / f"trial_{trial.trial_id}" / "trial.json"))
    again = search(oracle("random", 4), tmp_path, run=False).oracle
    assert again.end_order == [trial.trial_id]
    assert again.create_trial("tuner0").trial_id != trial.trial_id


def test_a_trial_that_kills_its_process_twice_is_set_aside(tmp_path):
    for _ in range(2):
        victim = search(oracle("random", 3), tmp_path, run=False).oracle.create_trial("tuner0")
    ended = search(oracle("random", 3), tmp_path).oracle
    assert ended.trials[victim.trial_id].status == "FAILED"
    assert "began 2 times" in ended.trials[victim.trial_id].message
    assert ended.take_set_aside() == [ended.trials[victim.trial_id]]
    assert ended.take_set_aside() == []
    assert [t.status for t in ended.trials.values()].count("COMPLETED") == 2


def test_a_trial_that_makes_progress_is_never_set_aside(tmp_path):
    for _ in range(4):
        last = search(oracle("random", 3), tmp_path, run=False).oracle
        trial = last.create_trial("tuner0")
        last.note_progress(trial.trial_id)
    assert search(oracle("random", 3), tmp_path).oracle.trials[trial.trial_id].score is not None


def test_a_retried_trial_recovers_from_not_a_number(tmp_path):
    tries = []

    def measure(trial):
        tries.append(trial.trial_id)
        return {"score": math.nan if len(tries) == 1 else 0.5}

    ended = search(oracle("random", 1, max_retries_per_trial=1), tmp_path, measure=measure)
    (trial,) = ended.oracle.trials.values()
    assert (trial.status, trial.score, len(tries)) == ("COMPLETED", 0.5, 2)


def test_a_grid_goes_on_where_it_stopped(tmp_path):
    search(oracle("grid", 3), tmp_path, space=small)
    ended = search(oracle("grid", 100), tmp_path, space=small).oracle
    points = [str(t.hyperparameters.values) for t in ended.trials.values()]
    assert len(points) == len(set(points)) == 8


def test_a_grid_takes_in_a_dimension_that_shows_up_late(tmp_path):
    def measure(trial):
        late = trial.hyperparameters.Choice("late", [1, 2, 3])
        return {"score": late}

    ended = search(oracle("grid", 100), tmp_path, space=small, measure=measure).oracle
    points = {str(sorted(t.hyperparameters.values.items())) for t in ended.trials.values()}
    assert len(points) == len(ended.trials) == 24


def test_an_oracle_is_made_durable_once():
    one = durable(keras_tuner.oracles.RandomSearchOracle(GOAL, max_trials=3))
    assert isinstance(one, Durable)
    assert isinstance(one, keras_tuner.oracles.RandomSearchOracle)
    assert durable(one) is one
    assert durable(type(one)) is type(one)
    assert durable(keras_tuner.oracles.RandomSearchOracle) is type(one)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "state.json"
    write_text(path, '{"a": 1}')
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\udcff")
    assert read_whole(path, {"a": int}) == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_what_a_killed_write_leaves_ends_in_part_and_is_removed(tmp_path):
    seen = []
    write_whole(tmp_path / "ids.npy", lambda path: seen.append(path) or path.touch())
    assert seen[0].name == "ids.npy"
    assert seen[0].parent.suffix == ".part"
    seen[0].parent.mkdir()
    seen[0].touch()
    remove_parts(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["ids.npy"]


def test_two_tuners_keep_apart_what_runs(tmp_path):
    shared = search(oracle("random", 4), tmp_path, run=False).oracle
    first, second = shared.create_trial("worker0"), shared.create_trial("worker1")
    assert first.trial_id != second.trial_id
    assert shared.create_trial("worker0") is first
    state = json.loads((tmp_path / "run" / "oracle.json").read_text())
    assert state["ongoing_trials"] == {"worker0": first.trial_id, "worker1": second.trial_id}
    assert state["starts"] == {first.trial_id: 1, second.trial_id: 1}


def test_any_space_can_be_searched_durably(tmp_path):
    assert len(search(oracle("bayesian", 4), tmp_path, space=build).oracle.trials) == 4

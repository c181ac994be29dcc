"""The main job on small data: search, resume, results, and refusals."""

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import attn_tuner
from attn_tuner import text
from attn_tuner.errors import BudgetError, DataError, RunError, SpaceError, UnknownName
from attn_tuner.exporting import Bundle
from attn_tuner.finalizing.calibration import apply_temperature
from attn_tuner.reporting.summary import summarize
from attn_tuner.settings.table import check_options
from attn_tuner.storage.atomic_files import read_json
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.word_vectors import region_vectors
from attn_tuner.tuning.oracles import factory
from attn_tuner.tuning.pruning import Pruner
from tests.support.colours import BRIEF, PLAIN, QUICK, colours, quick_search


@pytest.fixture(scope="module")
def run(finished):
    return finished


def test_the_winner_learns_what_a_word_decides(run):
    assert run.test_metrics["accuracy"] >= 0.9
    assert [answer.label for answer in run.predict(["a red box", "the blue box"])] == [
        "warm",
        "cold",
    ]


def test_the_leaderboard_holds_every_trial_and_both_baselines(run):
    table = run.leaderboard()
    assert {"trial 0", "trial 1", "majority class", "linear"} == set(table["name"])
    assert table["val_accuracy"].is_monotonic_decreasing
    majority = table[table["name"] == "majority class"].iloc[0]
    assert majority["val_accuracy"] == pytest.approx(0.5, abs=0.05)
    assert table["test_accuracy"].notna().sum() == 3  # The winner and the baselines, no other.


def test_the_export_answers_raw_strings_in_a_process_without_us(run, served):
    given = served(run.directory / "best", ["a red box", "the blue box"])
    assert given["label"] == ["warm", "cold"]


def test_every_place_that_tells_an_accuracy_tells_the_same(run):
    part = text.load(colours(), seed=run.run.plan.seed).test
    truth = [run.classes[label] for label in part.labels]
    right = [
        given.label == label for given, label in zip(run.predict(part.texts), truth, strict=True)
    ]
    outcome = read_json(run.directory / "outcome.json")
    assert np.mean(right) == outcome["test"]["accuracy"] == run.test_metrics["accuracy"]
    assert len(right) == outcome["test_texts"]
    table = run.leaderboard().set_index("name")
    winner = f"trial {outcome['winner']}"
    assert table.loc[winner, "test_accuracy"] == outcome["test"]["accuracy"]
    told = {(row["name"], row["part"]): row["accuracy"] for row in summarize(run.run)["scores"]}
    assert told["this model", "test"] == outcome["test"]["accuracy"]
    assert told["this model", "validation"] == outcome["validation"]["accuracy"]
    for row in read_json(run.directory / "baselines.json"):
        for role, column in (("test", "test_accuracy"), ("validation", "val_accuracy")):
            assert told[row["name"], role] == row[role]["accuracy"]
            assert table.loc[row["name"], column] == row[role]["accuracy"]
    page = run.report().read_text(encoding="utf-8")
    for accuracy in told.values():
        assert f"{100 * accuracy:.1f}" in page


def test_load_gives_the_same_result_back(run):
    again = attn_tuner.load(run.directory)
    assert again.test_metrics == run.test_metrics
    texts = ["a red box", "", "unseen words only"]
    first = [answer.probability for answer in run.predict(texts)]
    assert [answer.probability for answer in again.predict(texts)] == pytest.approx(first)


def test_a_search_goes_on_where_it_stopped(tmp_path, capsys):
    quick_search(tmp_path / "run", max_trials=1, space=BRIEF)
    trial = tmp_path / "run" / "trial_0"
    replace(TrialRecord.load(trial), score=1.0).save(trial)  # The best there can be.
    before = (trial / "record.json").read_text()
    capsys.readouterr()
    result = quick_search(tmp_path / "run", max_trials=2, space=BRIEF, progress=True)
    assert len(result.run.records) == 2
    assert (trial / "record.json").read_text() == before
    (line,) = (each for each in capsys.readouterr().err.splitlines() if each.startswith("1 "))
    assert "best" not in line


def test_the_same_seed_gives_the_same_values_and_scores(run, tmp_path):
    again = quick_search(tmp_path / "again")
    for one, two in zip(run.run.records, again.run.records, strict=True):
        assert one.values == two.values
        assert one.score == pytest.approx(two.score)


def test_the_same_seed_draws_the_same_values_behind_the_first_points(tmp_path, monkeypatch):
    monkeypatch.setattr(factory, "KNOWN_GOOD", factory.KNOWN_GOOD[:1])
    plain = {**PLAIN, "head": ["mean", "max"], "learning_rate": [0.001, 0.1]}
    del plain["epochs"]
    given = {"data": colours(80), "space": plain, "max_trials": 3, "epochs": 1}
    one, two = (quick_search(tmp_path / name, **given).run.records for name in ("one", "two"))
    assert len({json.dumps(record.values, sort_keys=True) for record in one}) == 3
    for record, again in zip(one, two, strict=True):
        assert record.values == again.values
        assert record.seed == again.seed
        assert record.score == again.score
        first, second = ([news["log_loss"] for news in each.history] for each in (record, again))
        np.testing.assert_allclose(first, second, rtol=1e-5)


def test_a_search_begins_with_the_best_of_an_earlier_one(run, tmp_path):
    best = run.run.ranked()[0]
    again = quick_search(tmp_path / "run", max_trials=1, warm_start=run.directory)
    assert again.run.records[0].values == best.values


def test_a_start_that_cannot_be_warmed_is_one_sentence(run, tmp_path):
    with pytest.raises(RunError, match="it is not the folder of a run"):
        quick_search(tmp_path / "run", warm_start=tmp_path / "nothing")
    other = {"encoder": ["lstm"], "head": ["max"], "embedding_init": ["random"]}
    with pytest.raises(SpaceError, match="fits the space of this search"):
        quick_search(tmp_path / "other", space=other, warm_start=[run.directory])
    with pytest.raises(SpaceError, match="warm_start has no effect"):
        quick_search(tmp_path / "grid", tuner="grid", warm_start=[run.directory])


def test_other_data_or_another_space_is_refused_in_that_folder(run):
    with pytest.raises(RunError, match="made with other data"):
        quick_search(run.directory, data=colours(seed=1))
    with pytest.raises(RunError, match=r"another search space; it differs in .*encoder"):
        quick_search(run.directory, space={**QUICK, "encoder": ["gru", "lstm"]})


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match="no search wrote"):
        quick_search(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="cannot be written"):
        quick_search(tmp_path / "run")


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(RunError, match="cannot be written"):
        quick_search(tmp_path / "run")


def test_time_that_is_over_before_training_says_how_much_went_where(tmp_path):
    with pytest.raises(BudgetError, match="was too short to train a model"):
        quick_search(tmp_path / "run", max_time="1s", max_trials=None)


def test_time_too_short_for_one_epoch_still_gives_a_model_and_says_so(tmp_path, ticking):
    result = quick_search(
        tmp_path / "run",
        space={**PLAIN, "batch_size": 8},
        max_time="2m",
        max_trials=1,
        epochs=99,
        callbacks=[ticking(20.0)],
    )
    assert result.run.outcome["winner"] == "0"
    assert result.run.records[0].metrics["epochs"] < 1
    assert result.predict(["a red box"])


def test_names_that_nothing_answers_to_get_a_suggestion():
    with pytest.raises(UnknownName, match="Did you mean 'accuracy'"):
        check_options({"objective": "acuracy"})
    with pytest.raises(UnknownName, match="Did you mean 'random'"):
        check_options({"tuner": "ramdom"})


def test_a_trial_that_raises_is_shown_recorded_and_the_search_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(factory, "KNOWN_GOOD", ({"encoder": "raising"}, {"encoder": "none"}))
    space = {**BRIEF, "encoder": ["none", "raising"]}

    from attn_tuner.encoding import encoders

    @encoders.register("raising")
    def raising():
        raise ValueError("no such luck")

    try:
        result = quick_search(tmp_path / "run", space=space)
    finally:
        del encoders._variants["raising"]
    failed, other = result.run.records
    assert (failed.status, other.status) == ("failed", "completed")
    assert failed.stopped == "ValueError: no such luck"
    assert "Traceback" in failed.message


def test_a_data_frame_and_arrays_of_any_string_type_are_taken(tmp_path):
    texts, labels = colours(120)
    frame = pd.DataFrame({"review": texts, "warmth": labels})
    given = {"data": frame, "text": "review", "label": "warmth", "space": BRIEF}
    result = quick_search(tmp_path / "frame", **given, max_trials=1)
    assert result.classes == ("cold", "warm")


def test_a_prediction_of_what_is_no_text_is_refused(run):
    with pytest.raises(DataError, match="takes texts; got 3"):
        run.predict(["a red box", 3])


def test_a_pruner_of_ones_own_ends_trials_and_the_plan_names_it(tmp_path):
    class Whim(Pruner):
        def reason_to_prune(self, trial_id):
            return "on a whim"

    result = quick_search(tmp_path / "run", space=BRIEF, max_trials=1, pruner=Whim(warmup=0.25))
    record = result.run.records[0]
    assert record.status == "pruned"
    assert record.metrics["epochs"] < 1
    assert record.stopped.endswith("on a whim")
    assert result.run.plan.pruner == "Whim"
    settings = (result.directory / "search.toml").read_text(encoding="utf-8")
    assert "# pruner: only in Python" in settings


def test_only_the_best_trials_keep_their_weights(tmp_path):
    result = quick_search(tmp_path / "run", space=BRIEF, max_trials=3, keep=2)
    kept = {path.parent.name for path in result.directory.glob("trial_*/checkpoint.weights.h5")}
    best = {f"trial_{record.trial_id}" for record in result.run.ranked()[:2]}
    assert kept == best


def test_stock_keras_tuner_opens_the_run_folder_and_finds_the_winner(tmp_path):
    import keras_tuner

    words = {**BRIEF, "tokens": "word"}
    run = quick_search(tmp_path / "run", objective="log_loss", space=words)

    from attn_tuner.space import SearchSpace

    hypermodel = attn_tuner.AttentionHyperModel(
        len(run.bundle.vectorizer.vocabulary), 2, space=SearchSpace(stored_space(run))
    )
    tuner = keras_tuner.RandomSearch(
        hypermodel,
        keras_tuner.Objective("val_log_loss", "min"),
        max_trials=2,
        directory=run.directory.parent,
        project_name=run.directory.name,
        overwrite=False,
    )
    model = tuner.get_best_models()[0]
    ids = np.array([[2, 3, 4, 5, 0, 0]], "int32")
    # The search has calibrated its own copy of the winner since.
    temperature = run.run.outcome["calibration"]["temperature"]
    found = apply_temperature(model.predict(ids, verbose=0), temperature)[:, 1:]
    np.testing.assert_allclose(found, run.best_model.predict(ids, verbose=0), atol=1e-5)


def stored_space(run):
    from attn_tuner.hypermodel import default_space

    vocabulary = len(run.bundle.vectorizer.vocabulary)
    limits = tuple(run.run.plan.space["max_length"]["values"])
    quick = {name: value for name, value in BRIEF.items() if name != "epochs"}
    return default_space(vocabulary, limits).updated_from(quick)


def test_faithful_attention_counts_where_it_is_wanted(tmp_path):
    given = {"objective": "faithful accuracy", "max_trials": 2, "pretrain": 0.5}
    run = quick_search(tmp_path / "run", **given, space={**QUICK, "epochs": 1})
    table = run.leaderboard()
    trials = table[table["status"] != "baseline"]
    assert trials["name"].str.endswith("-pretrained").sum() == 1
    sums = trials["val_accuracy"] + 0.1 * trials["val_faithfulness"]
    np.testing.assert_allclose(trials["val_faithful_accuracy"], sums)
    assert trials["val_faithful_accuracy"].is_monotonic_decreasing
    assert run.run.outcome["winner"] == trials["name"].iloc[0].split()[1]
    assert "val_faithful_accuracy" in run.leaderboard_text()
    with pytest.raises(RunError, match="faithful"):
        quick_search(tmp_path / "run", objective="accuracy")


def test_word_vectors_and_texts_without_labels_come_from_the_caller(tmp_path):
    warm, cold = np.random.default_rng(0).normal(size=(2, 16))
    words = {"red": warm, "orange": warm, "blue": cold, "green": cold}
    rows = [f"{word} {' '.join(map(str, vector))}\n" for word, vector in words.items()]
    (tmp_path / "glove.txt").write_text("".join(rows))
    space = {**PLAIN, "embedding_init": ["word_vectors"]}
    found = quick_search(
        tmp_path / "run",
        space=space,
        max_trials=1,
        unlabelled=["an orange box", "a green box"],
        vectors=tmp_path / "glove.txt",
    )
    assert (tmp_path / "run" / "data" / "unlabelled").exists()
    assert found.test_metrics["accuracy"] >= 0.9
    with pytest.raises(DataError, match=r"none\.txt cannot be read"):
        quick_search(tmp_path / "other", max_trials=1, vectors=tmp_path / "none.txt")


def test_regions_of_what_is_exported_add_up_vectors_learnt_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr(region_vectors, "FEW_TOKENS", 100)
    monkeypatch.setattr(region_vectors, "TOTAL_TOKENS", 10_000)
    space = {**PLAIN, "region_size": [5]}
    found = quick_search(tmp_path / "run", space=space, max_trials=1)
    assert found.run.records[0].values["region_size"] == 5
    tables = [np.load(path) for path in (tmp_path / "run" / "data").glob("vectors-*.npy")]
    model = Bundle.load(found.directory / "best").model
    (rows,) = model.get_layer("region_embedding").get_weights()
    assert any(np.array_equal(rows, table[: len(rows)]) for table in tables)
    assert found.test_metrics["accuracy"] >= 0.9
    assert len(quick_search(tmp_path / "run", space=space, max_trials=2).run.records) == 2


def test_the_log_tells_of_the_search_and_of_each_trial(run):
    log = (run.directory / "run.log").read_text(encoding="utf-8")
    assert " begins; 0s spent" in log
    assert "attn_tuner.search(" in log
    assert all(f"trial {record.trial_id} " in log for record in run.run.records)
    assert "exported" in log

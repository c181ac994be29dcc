"""The end of a search: an average of trials, calibrated, within limits."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from attn_tuner.errors import BudgetError, RunError, SpaceError
from attn_tuner.finalizing import final_model as finishing
from attn_tuner.finalizing.calibration import apply_temperature
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.finalizing.ensemble import select_members
from attn_tuner.finalizing.thresholds import Thresholds, apply_thresholds
from attn_tuner.finalizing.time_reserve import affordable_members
from attn_tuner.settings.derived import members, refits
from attn_tuner.settings.table import check_options
from attn_tuner.storage.layout import EXPORT
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.storage.validation_data import Validation
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.constraints import Constraints
from tests.support.colours import PLAIN, QUICK, colours, quick_search

WEAK = {
    **QUICK,
    "max_length": [4, 6],
    "truncation": ["head", "tail"],
    "epochs": 2,
    "learning_rate": 0.003,
}
TRIED = (
    {"encoder": "gru", "head": "additive", "max_length": 4, "truncation": "head"},
    {"encoder": "none", "head": "mean", "max_length": 6, "truncation": "tail"},
)


def doubtful(count=400):
    """Colours of which one in six is named wrongly, so that no model is always right."""
    texts, labels = colours(count)
    other = {"warm": "cold", "cold": "warm"}
    return texts, [other[each] if i % 6 == 1 else each for i, each in enumerate(labels)]


def all_of_them(answers, *given, **options):
    """What `select_members` finds, but that every model is a member."""
    share = 1 / len(answers)
    everyone = {"members": tuple(range(len(answers))), "weights": (share,) * len(answers)}
    return replace(select_members(answers, *given, **options), **everyone)


def average_of_all(folder, **options):
    """A search that exports an average of all its trials and the linear model, come what may."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "attn_tuner.finalizing.averages.ensemble_generalizes", lambda *given, **options: True
        )
        patch.setattr("attn_tuner.finalizing.averages.select_members", all_of_them)
        patch.setattr("attn_tuner.finalizing.averages.MIN_SKILL", 0.0)
        patch.setattr("attn_tuner.tuning.oracles.factory.KNOWN_GOOD", TRIED)
        return quick_search(
            folder,
            data=doubtful(),
            space=WEAK,
            max_trials=len(TRIED),
            ensemble=3,
            objective="log_loss",
            export="savedmodel",
            **options,
        )


@pytest.fixture(scope="module")
def averaged(tmp_path_factory):
    return average_of_all(tmp_path_factory.mktemp("runs") / "averaged")


def test_an_average_of_trials_that_cut_texts_differently_is_one_model(averaged):
    members = averaged.run.members
    assert set(members) == {"0", "1", "linear"}
    assert sum(members.values()) == pytest.approx(1)
    values = [record.values for record in averaged.run.records if record.trial_id in members]
    assert [(each["max_length"], each["truncation"]) for each in values] == [
        (4, "head"),
        (6, "tail"),
    ]
    table = averaged.leaderboard().set_index("name")
    row = table.loc[f"ensemble of {len(members)}"]
    assert row["status"] == "exported"
    assert (table["status"] == "exported").sum() == 1
    assert row["test_log_loss"] == pytest.approx(averaged.test_metrics["log_loss"])
    alone = min(record.score for record in averaged.run.records)
    assert averaged.run.outcome["alone"] == pytest.approx(alone)


def test_the_average_answers_raw_strings_in_a_process_without_us(averaged, served):
    texts = ["a red box", "the blue box in the box of the", "of of of of of of of of green"]
    given = served(averaged.directory / "best", texts)
    expected = [list(answer.probabilities.values()) for answer in averaged.predict(texts)]
    np.testing.assert_allclose(given["probabilities"], expected, atol=1e-5)


def test_the_average_is_explained_by_the_heads_of_all_its_members(averaged):
    (found,) = averaged.explain("of of of of of of of of green")
    members = [each for each in averaged.run.records if each.trial_id in averaged.run.members]
    heads = sum(1 + (each.values["second_head"] != "none") for each in members)
    assert len(found.rows) == heads  # The linear model has none.
    assert found.weights.shape == (len(found.rows), len(found.tokens))
    assert found.attention.sum() == pytest.approx(1, abs=1e-4)


def test_the_outcome_says_what_was_averaged_and_calibrated(averaged):
    said = str(averaged)
    assert "The exported model averages trial " in said
    assert "expected calibration error" in said
    page = averaged.report().read_text(encoding="utf-8")
    assert "The exported model averages trial " in page
    assert "An average of" in page
    card = json.loads((averaged.directory / "best" / "card.json").read_text())
    assert card["members"] == averaged.run.members
    assert card["calibration"] == averaged.run.outcome["calibration"]


def test_calibration_changes_no_label_and_lowers_the_loss(averaged):
    found = averaged.run.outcome["calibration"]
    assert found["loss_after"] <= found["loss_before"]
    shown = (averaged.directory / "data" / "validation.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in shown]
    kept = np.load(averaged.directory / "validation.npy")
    answers = averaged.predict(texts)
    assert [each.label for each in answers] == [averaged.classes[i] for i in kept.argmax(axis=1)]
    given = [list(each.probabilities.values()) for each in answers]
    np.testing.assert_allclose(given, kept, atol=1e-4)


def test_a_bundle_reads_what_the_longest_of_its_members_wants():
    def record(**values):
        return TrialRecord("0", "completed", {"vocabulary_size": 9, "truncation": "tail", **values})

    one, two = record(max_length=8), record(max_length=16, vocabulary_size=20)
    both = Candidate((one, two), (0.5, 0.5), np.zeros((1, 2)), {})
    assert both.reading() == {"max_length": 16, "truncation": "tail", "vocabulary_size": 20}
    other = Candidate(
        (one, record(max_length=16, truncation="head")), (0.5, 0.5), np.zeros((1, 2)), {}
    )
    assert other.reading()["max_length"] is None


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Of the two encoders only one keeps within the limits."""
    points = ({"encoder": "gru"}, *({"encoder": "none", "head": h} for h in ("mean", "additive")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attn_tuner.tuning.oracles.factory.KNOWN_GOOD", points)
        return quick_search(
            tmp_path_factory.mktemp("runs") / "limited",
            data=colours(120),
            space={**QUICK, "gru.units": 128, "epochs": 1},
            max_trials=len(points),
            max_parameters=30_000,
            max_latency_ms=10_000,
            max_size_mb=20,
            ensemble=4,
        )


def test_what_breaks_a_limit_is_recorded_and_not_trained(limited):
    records = {record.status: record for record in limited.run.records}
    refused = records["infeasible"]
    assert refused.values["encoder"] == "gru"
    assert "weights; at most 30,000 are allowed" in refused.stopped
    assert refused.seconds == 0
    assert limited.best_model.count_params() <= 30_000
    assert {r.values["encoder"] for r in limited.run.ranked()} == {"none"}


def test_the_winner_keeps_within_every_limit_and_is_a_single_trial(limited):
    assert len(limited.run.members) == 1
    assert limited.run.outcome["megabytes"] <= 20
    assert all(record.latency_ms <= 10_000 for record in limited.run.ranked())


def test_the_front_holds_the_best_and_the_smallest(limited):
    front = limited.front()
    ranked = limited.run.ranked()
    assert front["val_accuracy"].iloc[0] == ranked[0].score
    assert front["parameters"].min() == min(record.parameters for record in ranked)
    assert front["latency_ms"].notna().all()
    assert len(front) <= len(ranked)


def test_limits_that_nothing_keeps_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("attn_tuner.tuning.failures.MAX_INFEASIBLE", 3)
    with pytest.raises(RunError, match="None of 3 configurations keeps within the limits"):
        quick_search(tmp_path / "run", max_trials=4, max_parameters=10)


def test_a_size_that_no_artefact_has_is_one_sentence(tmp_path):
    with pytest.raises(BudgetError, match="No model is within the limits"):
        quick_search(tmp_path / "run", max_trials=1, max_size_mb=0.05, space=PLAIN)


def test_an_average_is_as_large_as_the_time_for_measuring_it_allows():
    class Stored:
        def size(self, role):
            return {"test": 1_000, "validation": 100}[role]

    budget = Budget(1_000.0)
    budget.record("validation", 3.0)
    assert affordable_members(budget, Stored(), 5) == 3  # A tenth of the time, 30 s for each.
    assert affordable_members(budget, Stored(), 2) == 2
    assert affordable_members(Budget(10.0), Stored(), 5) == 1
    assert affordable_members(Budget(None), Stored(), 5) == 5


def test_unless_told_otherwise_up_to_five_trials_are_averaged():
    assert members(None, Constraints()) == 5
    assert members(None, Constraints(size_mb=20)) == 1


def test_an_ensemble_of_none_is_refused():
    with pytest.raises(SpaceError, match="ensemble is 0"):
        check_options({"ensemble": 0})


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    """A search whose trial is repeated, and trained again on all texts as the winner."""
    folder = tmp_path_factory.mktemp("runs") / "repeated"
    given = {"data": colours(120), "space": PLAIN, "max_trials": 1}
    return quick_search(folder, **given, refit=True, repeats=2, max_size_mb=20)


def test_the_best_trials_are_repeated_with_fresh_seeds(repeated):
    (record,) = repeated.run.records
    assert len(record.repeats) == 2
    row = repeated.leaderboard().set_index("name").loc["trial 0"]
    scores = [record.score, *record.repeats]
    assert row["runs"] == 3
    assert row["mean_accuracy"] == pytest.approx(np.mean(scores))
    assert row["sd_accuracy"] == pytest.approx(np.std(scores, ddof=1))
    assert "Mean validation accuracy over several seeds: trial 0" in str(repeated)
    assert not list((repeated.directory / "trial_0").glob("repeat_*"))


def test_the_winner_is_trained_again_on_all_texts_and_the_outcome_says_so(repeated):
    assert repeated.run.outcome["refit"] is True
    assert "trained again on training and validation texts" in str(repeated)
    assert repeated.run.outcome["megabytes"] <= 20
    texts = Validation.read(repeated.run).texts
    trial = np.load(repeated.directory / "validation.npy")
    assert np.abs(repeated.bundle.predict(texts) - trial).max() > 1e-3


def test_what_is_exported_is_trained_again_where_texts_are_few_and_time_is_limited():
    assert refits(None, 1_999, 300.0)
    assert not refits(None, 2_000, 300.0)
    assert not refits(None, 1_999, None)
    assert refits(True, 10_000, None)
    assert not refits(False, 10, 300.0)


def test_an_average_without_refit_is_not_trained_again(averaged):
    assert averaged.run.outcome["refit"] is False


@pytest.fixture(scope="module")
def refitted(averaged, tmp_path_factory):
    """The members of an average, trained again."""
    folder = tmp_path_factory.mktemp("refitted") / "run"
    shutil.copytree(averaged.directory, folder)
    shutil.rmtree(folder / EXPORT)  # It is made again.
    return averaged, average_of_all(folder, refit=True)


def test_every_member_of_an_average_is_trained_again(refitted):
    before, after = refitted
    assert after.run.outcome["refit"] is True
    assert after.run.members == before.run.members
    assert "The exported model was trained again on training and validation texts" in str(after)
    texts = Validation.read(after.run).texts
    changes = np.abs(after.bundle.predict(texts) - before.bundle.predict(texts))
    assert changes.max() > 1e-3
    for old, new in zip(before.bundle.model.weights, after.bundle.model.weights, strict=True):
        if "embedding" in old.path:
            assert np.abs(old.numpy() - new.numpy()).max() > 1e-4


def test_a_threshold_for_f1_is_one_half_in_what_is_exported(tmp_path, monkeypatch):
    chosen = Thresholds((0.2,), "f1_macro", before=0.6, after=0.7)
    monkeypatch.setattr(finishing, "choose_thresholds", lambda *given: chosen)
    plain = {**PLAIN, "epochs": 1, "learning_rate": 0.002}
    given = {"data": doubtful(200), "space": plain, "max_trials": 1, "epochs": 1}
    found = quick_search(tmp_path / "run", **given, objective="f1_macro")
    assert found.run.outcome["thresholds"]["at"] == [0.2]
    assert "Decision threshold for f1_macro: 0.20." in str(found)
    assert "from 0.6000 to 0.7000" in str(found)
    kept = np.load(found.directory / "trial_0" / "validation.npy")
    temperature = found.run.outcome["calibration"]["temperature"]
    expected = apply_thresholds(apply_temperature(kept, temperature), (0.2,))
    given = found.predict(Validation.read(found.run).texts)
    rows = [list(each.probabilities.values()) for each in given]
    np.testing.assert_allclose(rows, expected, atol=1e-4)
    assert [each.label for each in given] == [found.classes[i] for i in expected.argmax(axis=1)]

"""`attn_tuner.distil`, from a run folder to that of one trial that learnt from a teacher."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.distilling import student
from attn_tuner.distilling.soft_labels import LABELS_SHARE, joined, new_texts, with_labels
from attn_tuner.distilling.teacher import asked
from attn_tuner.errors import DataError, RunError
from attn_tuner.finalizing.finalize import REFITTED
from attn_tuner.metrics import columns_of, measure
from attn_tuner.storage.layout import DATA, PLAN
from attn_tuner.text import Split, Vectorizer
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_texts import EncodedTexts
from tests.support.colours import colours, exported_as, in_this_process

CLASSES = ("cold", "warm")


def distil(*given, **options):
    with in_this_process(), exported_as("keras"):
        return attn_tuner.distil(*given, max_time="10m", **options)


@pytest.fixture(scope="module")
def searched(finished_folder, tmp_path_factory):
    """A copy of that folder: it is locked while it is read, and other workers share the first."""
    return shutil.copytree(finished_folder, tmp_path_factory.mktemp("searched") / "run")


@pytest.fixture(scope="module")
def distilled(searched, tmp_path_factory):
    return distil(searched, out=tmp_path_factory.mktemp("distil") / "new")


def test_the_student_answers_as_well_as_its_search(distilled):
    texts, labels = colours(60, seed=9)
    right = [
        each.label == label for each, label in zip(distilled.predict(texts), labels, strict=True)
    ]
    assert np.mean(right) > 0.95


def test_what_is_exported_is_one_trial(distilled):
    outcome = distilled.run.outcome
    assert list(outcome["members"].values()) == [1.0]
    assert len(distilled.run.records) == 1
    facts = outcome["learnt_from"]
    assert facts["teacher"] == "the average"
    assert facts["changed_texts"] > 0
    assert "learnt from the average" in distilled.summary()
    card = (distilled.directory / "best" / "README.md").read_text(encoding="utf-8")
    assert "| teacher | the average |" in card


def test_where_the_search_trained_again_the_student_learns_validation_labels_too(
    finished_copy, distilled, tmp_path
):
    plan = json.loads((finished_copy / PLAN).read_text())
    (finished_copy / PLAN).write_text(json.dumps({**plan, "refit": True}))
    again = distil(finished_copy, out=tmp_path / "new")
    assert again.run.outcome["refit"] is True
    assert REFITTED in again.run.outcome["remarks"]
    assert distilled.run.outcome["refit"] is False
    (before,), (now,) = distilled.run.records, again.run.records
    assert now.score == before.score  # The validation scores are from before.
    texts = colours(20, seed=9)[0]
    assert np.abs(again.bundle.predict(texts) - distilled.bundle.predict(texts)).max() > 1e-6


def test_labels_of_classes_join_soft_ones():
    store = TokenStore.encode(Split(["a", "b"], np.array([0, 1])), Vectorizer.build(["a", "b"]))
    two = with_labels(replace(store, labels=np.array([0.2, 0.9], "float32")), store)
    np.testing.assert_allclose(two.labels, [0.2, 0.9, 0.0, 1.0])
    many = with_labels(replace(store, labels=np.full((2, 3), 1 / 3, "float32")), store)
    np.testing.assert_allclose(many.labels[2:], [[1, 0, 0], [0, 1, 0]])


def test_the_leaderboard_of_a_distilled_folder_has_the_student(distilled):
    assert "exported" in distilled.leaderboard()["status"].tolist()


def test_a_distilled_folder_has_a_report(distilled, tmp_path):
    assert "warm" in distilled.report(tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_pipeline_teaches_what_it_says_of_texts_without_labels(searched, tmp_path):
    texts, labels = colours(200, seed=4)
    swapped = [{"warm": "cold", "cold": "warm"}[name] for name in labels]
    teacher = make_pipeline(CountVectorizer(), LogisticRegression(C=100)).fit(
        texts * 6, swapped * 6
    )
    result = distil(searched, teacher=teacher, unlabelled=texts * 6, out=tmp_path / "taught")
    assert result.run.outcome["learnt_from"]["teacher_score"] is None
    assert result.run.outcome["learnt_from"]["unlabelled_texts"] == len(set(texts))


def test_a_trial_that_learns_what_is_wrong_keeps_its_former_weights(searched, tmp_path):
    texts, labels = colours(200, seed=4)
    wrong = {
        text: [float(name == "warm"), float(name == "cold")]
        for text, name in zip(texts, labels, strict=True)
    }
    result = distil(
        searched,
        teacher=lambda asked: [wrong[text] for text in asked],
        unlabelled=texts,
        out=tmp_path / "taught",
    )
    (record,) = result.run.records
    before = next(
        each for each in attn_tuner.load(searched).run.records if each.trial_id == record.trial_id
    )
    assert record.stopped == "no better with a teacher"
    assert record.metrics == before.metrics
    texts, labels = colours(100, seed=8)
    answers = result.predict(texts)
    assert np.mean([each.label == name for each, name in zip(answers, labels, strict=True)]) > 0.95


def test_answers_that_are_only_less_certain_are_no_worse(searched, tmp_path, monkeypatch):
    labels = EncodedTexts.opened(searched / DATA).stores["validation"].labels

    def train(model, batches, validation, *given):
        answers = columns_of(labels, student.predict_batches(model, validation))
        right = np.exp(-measure(labels, answers)["log_loss"] - 0.01)
        doubtful = np.where(np.eye(2)[labels] > 0, right, 1 - right)
        measures = {**measure(labels, doubtful), "epochs": 1.0}
        return SimpleNamespace(
            best_measures=measures, probabilities=doubtful, history=[], seconds=1.0
        )

    monkeypatch.setattr(student, "train", train)
    (record,) = distil(searched, out=tmp_path / "taught").run.records
    (before,) = (
        each for each in attn_tuner.load(searched).run.records if each.trial_id == record.trial_id
    )
    assert record.metrics["log_loss"] > before.metrics["log_loss"]
    assert record.stopped == student.LEARNT


def test_a_teacher_needs_texts(searched):
    with pytest.raises(DataError, match="Give unlabelled=, texts for it to answer"):
        attn_tuner.distil(searched, teacher=lambda texts: None)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (np.zeros((2, 3)), r"shape \(2, 3\)"),
        (np.array([[0.5, np.nan], [0.5, 0.5]]), "below 0, or none"),
        (np.array([[-0.5, 1.5], [0.5, 0.5]]), "below 0, or none"),
        (np.array([[0.9, 0.9], [0.5, 0.5]]), "sum to 1.8"),
        (np.array([["a", "b"], ["c", "d"]]), "type <U1"),
    ],
)
def test_answers_that_are_no_probabilities_are_refused(answers, said):
    with pytest.raises(DataError, match=said):
        asked(lambda texts: answers, ["one", "two"], CLASSES)


def test_the_columns_of_a_classifier_are_put_in_the_order_of_the_classes():
    texts, labels = colours(100)
    teacher = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, labels)
    assert teacher.classes_.tolist() == ["cold", "warm"]
    found = asked(teacher, texts, ("warm", "cold"))
    np.testing.assert_allclose(found[:, ::-1], teacher.predict_proba(texts), rtol=1e-5)
    with pytest.raises(DataError, match="knows no class 'grey'"):
        asked(teacher, texts, ("warm", "grey"))
    with pytest.raises(DataError, match="teacher is a str"):
        asked("average", texts, CLASSES)


def test_targets_are_labels_mixed_with_answers():
    vectorizer = Vectorizer.build(["a b", "c"])
    train = TokenStore.encode(Split(["a b", "c"], np.array([0, 2], "int32")), vectorizer)
    other = TokenStore.encode(Split(["b"], np.zeros(1, "int32")), vectorizer)
    answers = np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]], "float32")
    theirs = np.array([[0.6, 0.3, 0.1]], "float32")
    found = joined(train, answers, other, theirs)
    hard = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    expected = LABELS_SHARE * hard + (1 - LABELS_SHARE) * answers
    np.testing.assert_allclose(found.labels, [*expected, *theirs], rtol=1e-6)
    np.testing.assert_allclose(joined(train, None, other, theirs).labels[:2], hard)


def test_no_teacher_is_asked_about_validation_and_test_texts(searched):
    result = attn_tuner.load(searched)
    stored = EncodedTexts.opened(searched / DATA)
    held = [each["text"] for each in validation_lines(searched)]
    more, texts = new_texts(stored, [*held, "a new text"])
    assert texts == ["a new text"]
    assert len(more) == 1
    assert result.classes == CLASSES


def validation_lines(folder):
    import json

    lines = (folder / DATA / "validation.jsonl").read_text(encoding="utf-8").splitlines()
    return list(map(json.loads, lines))


def test_a_trial_without_weights_and_a_folder_that_is_there_are_refused(searched, tmp_path):
    with pytest.raises(RunError, match=r"has no weights of trial 9999\. Trials with weights: [01]"):
        attn_tuner.distil(searched, trial="9999", out=tmp_path / "new")
    with pytest.raises(RunError, match="is there already"):
        attn_tuner.distil(searched, out=tmp_path)
    assert not (tmp_path / "new").exists()


def test_the_command_names_what_is_wrong(tmp_path):
    done = CliRunner().invoke(cli.app, ["distil", str(tmp_path)])
    assert done.exit_code != 0

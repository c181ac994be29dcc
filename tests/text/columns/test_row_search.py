"""A search of texts with columns, from a table to an export that takes raw rows."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import AttnTunerError, DataError, ExportError
from attn_tuner.exporting import Bundle, RowBundle, load_bundle
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.layers.row_regression import text_or_row_model
from attn_tuner.reporting.answer_table import ANSWER
from attn_tuner.storage.checked_files import read_array, read_arrays
from attn_tuner.storage.layout import BUNDLE, LINEAR, linear_answers
from attn_tuner.tuning.constraints import latency_ms
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.rows import row_search, table

TEXTS_ALONE = "texts alone, and this search has texts with columns"


def call(*arguments):
    """Runs the command in this process."""
    return CliRunner().invoke(cli.app, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def finished(shared):
    """A search of two trials, averaged, whose export is proved in a process of its own."""

    def make(folder):
        row_search(folder / "run", processes=True, max_trials=2, ensemble=2)

    return attn_tuner.load(shared("rows", make) / "run")


def test_a_label_of_text_and_column_needs_both(finished):
    # "abroad" is a third of the labels, and no text says it.
    assert finished.test_metrics["accuracy"] > 0.85
    assert finished.run.plan.input == "columns"


def test_the_linear_baseline_reads_the_columns_too(finished):
    rows = {row["name"]: row for row in finished.run.baselines}
    assert rows["linear"]["test"]["accuracy"] > 0.85
    assert "beside 6 features of columns" in rows["linear"]["facts"]


def test_the_linear_baseline_is_a_model_of_ids_and_columns(finished):
    stored = EncodedData.open(finished.directory / "data")
    model = text_or_row_model(read_arrays(finished.directory / LINEAR))
    batches = stored.validation({})
    given = batches.in_store_order(model.predict(prefetch(batches), verbose=0))
    wanted = read_array(finished.directory / linear_answers("validation"))
    np.testing.assert_allclose(given, wanted, atol=1e-5)
    together = ensemble_model([model, finished.best_model], [0.5, 0.5])
    both = batches.in_store_order(together.predict(prefetch(batches), verbose=0))
    assert both.shape == given.shape


def test_the_savedmodel_answers_raw_rows_as_the_model_does(finished):
    import tensorflow as tf

    frame = table(40, seed=3)
    frame.loc[0, "country"], frame.loc[1, "country"] = " here", "nowhere"
    expected = finished.bundle.predict(frame)
    serve = tf.saved_model.load(str(finished.run.export)).signatures["serving_default"]
    answer = serve(
        text=tf.constant(list(frame.review)),
        price=tf.constant(list(frame.price), tf.float32),
        country=tf.constant(list(frame.country)),
    )
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)
    named = [finished.classes[best] for best in expected.argmax(axis=-1)]
    assert [each.decode() for each in answer["label"].numpy()] == named


def test_a_column_decides_and_the_text_does(finished):
    row = {"text": "a red box", "price": 100.0, "country": "here"}
    rows = [row, {**row, "country": "abroad"}, {**row, "text": "a blue box"}]
    assert [each.label for each in finished.predict(rows)] == ["warm", "abroad", "cold"]
    assert finished.predict(row)[0].text == "a red box"


def test_the_command_reads_the_columns_from_a_table(finished, tmp_path):
    frame = table(12, seed=4)
    frame.to_csv(tmp_path / "new.csv", index=False)
    done = call("predict", finished.directory, tmp_path / "new.csv", "--out", tmp_path / "out.csv")
    assert done.exit_code == 0
    answered = pd.read_csv(tmp_path / "out.csv")
    assert list(answered.review) == list(frame.review)
    labels = [each.label for each in finished.predict(frame)]
    assert labels == list(answered[ANSWER])
    with pytest.raises(DataError, match=r"rows\.csv"):
        call("predict", finished.directory, "a red box")


def test_words_are_explained_under_their_columns(finished, tmp_path):
    import tensorflow as tf

    row = {"text": "a red box", "price": 100.0, "country": "abroad"}
    [why] = finished.explain([row])
    assert (why.label, why.tokens) == ("abroad", ("a", "red", "box"))
    graph = tf.saved_model.load(str(finished.run.export)).signatures["explain"]
    given = {"text": ["a red box"], "price": [100.0], "country": ["abroad"]}
    found = graph(**{name: tf.constant(values) for name, values in given.items()})
    assert [each.decode() for each in found["tokens"][0].numpy()] == list(why.tokens)
    wanted = list(why.probabilities.values())
    np.testing.assert_allclose(found["probabilities"][0], wanted, atol=1e-5)
    np.testing.assert_allclose(found["weights"][0].numpy(), why.weights, atol=1e-5)
    pd.DataFrame(given).to_csv(tmp_path / "new.csv", index=False)
    assert "abroad" in call("explain", finished.directory, tmp_path / "new.csv").output


def test_the_proof_was_made_on_held_out_rows_and_the_card_shows_them(finished):
    card = (finished.run.export / "README.md").read_text(encoding="utf-8")
    assert "in a separate process, its probabilities differ" in card
    assert 'price=tf.constant([float("nan") if row["price"] is None' in card
    assert "Column 'country' has 3 values" in card
    assert "an unknown value counts as rare, as a missing one does" in card  # None was missing.
    assert "a missing number counts as the mean, and the model is told that it is missing" in card


def test_it_is_exported_as_keras_and_loads_as_what_it_is(finished, tmp_path):
    finished.export(tmp_path / "keras", formats="keras")
    again = load_bundle(tmp_path / "keras")
    assert isinstance(again, RowBundle)
    frame = table(9, seed=5)
    np.testing.assert_allclose(again.predict(frame), finished.bundle.predict(frame), atol=1e-6)
    with pytest.raises(DataError, match="load_bundle"):
        Bundle.load(finished.directory / BUNDLE)


@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_formats_of_one_input_are_refused(finished, tmp_path, form):
    with pytest.raises(ExportError, match="Choose savedmodel or keras"):
        finished.export(tmp_path / "out", formats=form)


def test_a_model_of_columns_is_not_shrunk(finished, tmp_path):
    with pytest.raises(ExportError, match="max_parameters"):
        finished.export(tmp_path / "out", max_size_mb=1)


def test_the_report_is_written_and_says_how_to_call_the_model(finished, tmp_path):
    page = finished.report(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "abroad" in page
    assert "rows.csv" in page
    assert "country abroad" in page
    assert 'class="words"' in page


@pytest.mark.parametrize("command", ["serve", "suggest", "monitor", "distil"])
def test_what_reads_texts_alone_is_refused_in_a_sentence(finished, command):
    more = [] if command in ("serve", "distil") else ["a red box"]
    with pytest.raises(AttnTunerError, match=TEXTS_ALONE):
        call(command, finished.directory, *more)


def test_an_update_is_refused_in_a_sentence_and_with_its_exit_status(finished):
    refused = call("update", finished.directory, "a red box")
    assert refused.exit_code == 2
    assert TEXTS_ALONE in refused.stderr


def test_stores_keep_their_columns_on_disk_and_joined(finished):
    stored = EncodedData.open(finished.directory / "data")
    train, validation = stored.stores["train"], stored.stores["validation"]
    both = type(train).concatenate([train, validation])
    assert both.columns.shape == (len(train) + len(validation), 2)
    np.testing.assert_array_equal(both.take(np.array([3])).columns, train.columns[[3]])
    (ids, columns), _ = stored.validation({"max_length": 8, "truncation": "head"})[0]
    assert len(ids) == len(columns)


def test_the_latency_of_a_model_of_two_inputs_is_measured(finished):
    assert latency_ms(finished.best_model, 8, repeats=1) > 0


def test_a_regression_is_joined_by_columns_as_well(tmp_path):
    frame = table(120)
    frame["label"] = frame.price.fillna(100) / 10
    found = row_search(tmp_path / "run", frame, task="regression", max_trials=1)
    row = {"review": "a red box", "price": 100.0, "country": "here"}
    assert np.isfinite(found.predict(row)[0].value)
    again = row_search(tmp_path / "run", frame, task="regression", max_trials=1)
    assert len(again.run.records) == 1
    assert again.run.outcome["winner"] == found.run.outcome["winner"]

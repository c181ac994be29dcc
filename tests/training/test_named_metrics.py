"""F1 and AUC by name, against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from attn_tuner.tasks import TASKS
from attn_tuner.training.named_metrics import F1, ClassAUC, metrics_of


@pytest.fixture
def answers(rng):
    """Class numbers and probabilities of four classes, the last of which never comes up."""
    given = rng.random((200, 4)).astype("float32") * [1, 1, 1, 0]
    return rng.integers(0, 3, 200), given / given.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_f1_is_that_of_scikit_learn_in_batches_of_numbers_or_one_hot(answers, average):
    truth, given = answers
    expected = f1_score(truth, given.argmax(axis=1), average=average)
    for targets in (truth, truth[:, None], np.eye(4)[truth]):
        metric = F1(4, average)
        for start in (0, 64, 128):
            end = start + 64 if start < 128 else None
            metric.update_state(targets[start:end], given[start:end])
        assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("average", ["macro", "micro"])
def test_f1_of_labels_counts_each_label(rng, average):
    truth, given = rng.integers(0, 2, (90, 3)), rng.random((90, 3)).astype("float32")
    metric = F1(3, average, labels=True)
    metric.update_state(truth, given)
    expected = f1_score(truth, given >= 0.5, average=average)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_one_column_is_the_second_of_two_classes(rng):
    truth, given = rng.integers(0, 2, 90), rng.random((90, 1)).astype("float32")
    f1, auc = F1(2), ClassAUC(2)
    for metric in (f1, auc):
        metric.update_state(truth, given)
    expected = f1_score(truth, given[:, 0] > 0.5, average="macro")
    assert float(f1.result()) == pytest.approx(expected, abs=1e-6)
    assert float(auc.result()) == pytest.approx(roc_auc_score(truth, given[:, 0]), abs=0.01)


def test_weights_count_a_text_more(rng):
    truth, given = rng.integers(0, 2, 40), rng.random((40, 2)).astype("float32")
    weight = rng.integers(0, 3, 40)
    metric = F1(2)
    metric.update_state(truth, given, weight)
    expected = f1_score(truth, given.argmax(axis=1), average="macro", sample_weight=weight)
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)


def test_the_area_is_averaged_over_the_classes(answers):
    truth, given = answers
    metric = ClassAUC(3)
    metric.update_state(truth, given[:, :3])
    expected = roc_auc_score(truth, given[:, :3], multi_class="ovr")
    assert float(metric.result()) == pytest.approx(expected, abs=0.01)


def test_a_metric_is_copied_and_comes_back_from_its_configuration(answers):
    truth, given = answers
    for metric in (F1(4, "micro"), ClassAUC(4, name="area")):
        (copied,) = metrics_of([metric], TASKS["multiclass"], 4)
        assert copied is not metric
        for each in (metric, copied):
            each.update_state(truth, given)
        assert float(copied.result()) == float(metric.result())
        assert copied.name == metric.name

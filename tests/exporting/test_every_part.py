"""Every head and encoder for every task in every format, compared with the model itself."""

import itertools
from collections import defaultdict

import keras
import numpy as np
import pytest

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.exporting import Bundle, SeriesBundle, exporters
from attn_tuner.exporting.bundle import pad_ids
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.series.batches import padded
from attn_tuner.series.scaler import SeriesScaler
from tests.support.covering import all_pairs, covering, pairs_of
from tests.support.small_models import TEXTS, Here, joined, joined_series
from tests.support.waves import waves

CLASSES = {
    "binary": ["no", "yes"],
    "multiclass": ["a", "b", "c"],
    "multilabel": ["a", "b", "c"],
    "regression": [],
}
CHOICES = {
    "head": tuple(heads),
    "encoder": tuple(encoders),
    "task": tuple(CLASSES),
    "form": ("onnx", "savedmodel", "litert", "keras"),  # From the dearest to the cheapest.
}
TOGETHER = 6  # Heads of one conversion where all are tried.
# Parts of one conversion in the normal run. tf2onnx copies the whole graph for every loop in it;
# the others begin each conversion with a graph that reads texts.
AT_ONCE = {"onnx": 5}


def one_a_format() -> list[tuple[str, str, tuple]]:
    """Every head and every encoder once in each format, and a task for each of these."""
    behind = itertools.chain(encoders, itertools.repeat("none"))
    parts = tuple(zip(heads, behind, strict=False))
    found = []
    for task, form in zip(CLASSES, CHOICES["form"], strict=True):
        cells = -(-len(parts) // AT_ONCE.get(form, len(parts)))
        found += [(task, form, parts[start::cells]) for start in range(cells)]
    return found


def groups() -> list[tuple[str, str, tuple]]:
    """The covering combinations by task and format, so that few models are converted."""
    found = defaultdict(list)
    for row in covering(CHOICES):
        found[row["task"], row["form"]].append((row["head"], row["encoder"]))
    return [(*key, tuple(parts)) for key, parts in found.items()]


def everything() -> list[tuple[str, str, tuple]]:
    """All combinations, some heads behind one encoder at a time."""
    names = CHOICES["head"]
    several = [names[start : start + TOGETHER] for start in range(0, len(names), TOGETHER)]
    return [
        (task, form, tuple((head, encoder) for head in some))
        for task, form, encoder in itertools.product(CLASSES, CHOICES["form"], encoders)
        for some in several
    ]


def compare(task, form, parts, vectorizer, folder):
    """Exports a model whose answer is the mean of that of the parts, and compares the answers."""
    folder.mkdir()
    classes = CLASSES[task]
    model, _ = joined(parts, task, len(classes))
    bundle = Bundle(vectorizer, model, classes, max_length=40, truncation="ends", task=task)
    made = exporters[form](bundle, folder)
    given = model(pad_ids(bundle.ids(TEXTS)), training=False)  # A trace would cost more.
    expected = bundle.columns(keras.ops.convert_to_numpy(given))
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, TEXTS, Here(), expected)
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence


def named(each):
    """How a cell is called in the name of its test."""
    return each if isinstance(each, str) else ""


def check(task, form, parts, vectorizer, folder):
    """Compares; where that fails, names those of the parts that fail alone."""
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    try:
        compare(task, form, parts, vectorizer, folder / "all")
    except Exception as error:
        found = []
        for number, part in enumerate(parts):
            try:
                compare(task, form, [part], vectorizer, folder / str(number))
            except Exception as own:
                found.append(f"{' behind '.join(part)}: {own}")
        raise AssertionError("\n".join(found) or f"only together: {parts}") from error


def test_the_covering_combinations_meet_by_twos():
    rows = covering(CHOICES)
    assert set().union(*map(pairs_of, rows)) >= all_pairs(CHOICES)
    assert len(rows) < 1.05 * len(heads) * len(encoders)  # Fewer could not meet by twos.
    assert sum(len(parts) for *_, parts in groups()) == len(rows)


def test_each_part_has_a_say_in_what_is_compared():
    parts = [(head, "none") for head in heads] + [("max", encoder) for encoder in encoders]
    _, scores = joined(list(dict.fromkeys(parts)))
    ids = keras.ops.convert_to_tensor([[3, 4, 8, 0], [9, 2, 0, 0], [12, 7, 11, 5]], "int32")
    for part, score in scores(ids).items():
        spread = np.ptp(keras.ops.convert_to_numpy(score))
        assert spread > 1e-3, part  # Ten times what is tolerated.


def test_all_combinations_are_all_there_are():
    each = [(*part, task, form) for task, form, parts in everything() for part in parts]
    assert sorted(each) == sorted(itertools.product(*CHOICES.values()))


def test_the_cells_of_each_format_hold_every_head_and_encoder_and_all_hold_every_task():
    cells = one_a_format()
    assert {task for task, *_ in cells} == set(CLASSES)
    for form in CHOICES["form"]:
        parts = [part for _, of, some in cells for part in some if of == form]
        assert sorted(head for head, _ in parts) == sorted(heads)
        assert {encoder for _, encoder in parts} == set(encoders)


@pytest.mark.parametrize(("task", "form", "parts"), one_a_format(), ids=named)
def test_each_format_agrees_on_every_head_and_encoder(task, form, parts, vectorizer, tmp_path):
    check(task, form, parts, vectorizer, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "form", "parts"), groups(), ids=named)
def test_each_format_agrees_on_combinations_that_cover_all_pairs(
    task, form, parts, vectorizer, tmp_path
):
    check(task, form, parts, vectorizer, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "form", "parts"),
    everything(),
    ids=lambda each: each if isinstance(each, str) else f"{each[0][1]}-{each[0][0]}",
)
def test_each_format_agrees_on_every_combination(task, form, parts, vectorizer, tmp_path):
    check(task, form, parts, vectorizer, tmp_path)


# Behind its first layers a model of series has the parts of one of texts, which met the formats
# above; tests/exporting/test_series_formats.py has those first layers in each format.
OF_SERIES = {"savedmodel": 1, "litert": 1, "keras": 1, "onnx": 2}


def series_cells() -> list[tuple[str, str, tuple]]:
    """Every head and every encoder once in each format, and a task for each of these."""
    behind = itertools.chain(encoders, itertools.repeat("none"))
    parts = tuple(zip(heads, behind, strict=False))
    return [
        (task, form, parts[start::cells])
        for task, (form, cells) in zip(CLASSES, OF_SERIES.items(), strict=True)
        for start in range(cells)
    ]


def bundle_of_series(task, parts):
    """A bundle of series for the parts, and series of unlike lengths, values missing."""
    series, _ = waves(6, seed=2)
    scaler = SeriesScaler.fit(series, ("heat", "pressure"))
    model, scores = joined_series(parts, task, len(CLASSES[task]), scaler)
    return SeriesBundle(scaler, model, CLASSES[task], 16, "tail", task=task), scores, series


def test_no_head_or_encoder_answers_a_series_otherwise_beside_a_longer_one():
    (_, _, parts), *_ = series_cells()
    _, scores, series = bundle_of_series("regression", parts)
    alone, beside = padded(series[:1]), padded(series[:1], len(series[0]) + 7)
    expected, found = scores(alone, training=False), scores(beside, training=False)
    assert len(found) == len(parts)
    for part, each in expected.items():
        np.testing.assert_allclose(found[part], each, atol=1e-4, err_msg=part)


@pytest.mark.slow
@pytest.mark.parametrize(("task", "form", "parts"), series_cells(), ids=named)
def test_each_format_of_series_agrees_on_every_head_and_encoder(task, form, parts, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    bundle, _, series = bundle_of_series(task, parts)
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, series, Here())
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence

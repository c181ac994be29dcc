"""How first points are recorded and chosen, on tables small enough to work by hand."""

from itertools import combinations

import numpy as np
import pytest


def row(name, configuration, accuracy, seed=0, **more):
    """A recorded trial whose evaluations are half an epoch and a second apart."""
    count = len(accuracy)
    curve = {
        "epochs": [(place + 1) / 2 for place in range(count)],
        "accuracy": list(accuracy),
        "log_loss": [1 - each for each in accuracy],
        "seconds": [float(place + 1) for place in range(count)],
    }
    facts = {"texts": 10, "validation_texts": 4, "classes": 2, "median_tokens": 5}
    facts |= {"unknown_share": 0.0, "chance": 0.5}
    return {
        "set": name,
        "configuration": configuration,
        "seed": seed,
        "values": {},
        "facts": facts,
        "load": [0.5, 1.0],
        "date": "2026-11-26",
        "seconds": count + 1.0,
        "curve": curve,
    } | more


def table(scores, names=None):
    """A table of one evaluation a trial."""
    from portfolio_table import table_of

    names = names or [f"random {number}" for number in range(len(scores[0]))]
    return table_of(
        {
            f"set {number}": [
                row(f"set {number}", name, [each]) for name, each in zip(names, scored, strict=True)
            ]
            for number, scored in enumerate(scores)
        }
    )


def test_a_point_is_added_for_what_the_points_before_it_lack():
    from portfolio_choose import greedy

    loss = np.array([[0.1, 0.0, 1.0], [0.1, 1.0, 0.9], [0.1, 0.2, 0.0]])
    assert greedy(loss, 3) == [0, 1, 2]
    assert greedy(loss, 1) == [0]


def test_no_point_is_added_that_lowers_nothing():
    from portfolio_choose import greedy

    assert greedy(np.array([[0.0, 0.5], [0.0, 0.0]]), 2) == [0]


def test_the_least_of_random_draws_is_that_of_all_subsets():
    from portfolio_choose import expected_least

    values = np.array([0.4, 0.1, 0.7, 0.2])
    for draws in (1, 2, 3, 4):
        every = [min(chosen) for chosen in combinations(values, draws)]
        assert expected_least(values, draws) == pytest.approx(np.mean(every))
    assert expected_least(values, 9) == pytest.approx(0.1)


def test_random_draws_come_after_the_first_points():
    from portfolio_choose import after

    regret = np.array([0.3, 0.5, 0.1, 0.0])
    assert after(regret, [1, 0], [2, 3], 1) == pytest.approx(0.5)
    assert after(regret, [1, 0], [2, 3], 2) == pytest.approx(0.3)
    assert after(regret, [1, 0], [2, 3], 3) == pytest.approx((0.1 + 0.0) / 2)
    assert after(regret, [], [2, 3], 1) == pytest.approx(0.05)
    assert after(regret, [2], [2], 9) == pytest.approx(0.1)


def test_a_set_has_no_say_in_the_points_that_are_tried_on_it():
    from portfolio_choose import fixed, left_out

    found = table([[0.9, 0.5, 0.6], [0.9, 0.5, 0.6], [0.5, 0.9, 0.6]])
    chosen = left_out(found, 1)
    assert chosen[2, 0] == pytest.approx(0.4)
    assert fixed(found, [1])[2, 0] == pytest.approx(0.0)


def test_sets_are_alike_on_the_same_side_of_a_fact():
    from portfolio_choose import alike

    found = table([[0.5], [0.5], [0.5], [0.5]])
    for number, name in enumerate(found.sets):
        found.rows[name, "random 0"]["facts"] = {"texts": [100, 5_000, 200, 9_000][number]}
    assert alike(found, 0, [1, 2, 3], "texts") == [1, 2]  # The middle of the others is 5,000.
    assert alike(found, 3, [0, 1, 2], "texts") == [1]
    assert alike(found, 3, [0, 1, 2], None) == [0, 1, 2]


def test_a_table_has_the_configurations_of_all_sets_and_their_mean_over_seeds():
    from portfolio_table import table_of

    failed = {**row("b", "one", []), "error": "diverged"}
    del failed["curve"]
    found = table_of(
        {
            "a": [
                row("a", "one", [0.5, 0.7]),
                row("a", "one", [0.9], seed=1),
                row("a", "two", [1]),
            ],
            "b": [failed],
        }
    )
    assert found.configurations == ("one",)
    np.testing.assert_allclose(found.scores, [[0.8], [0.0]])
    assert found.rows["a", "one"]["seed"] == 0


def test_a_dimension_that_decides_is_the_most_important():
    from portfolio_importance import importance

    good, poor = [0.9, 0.8, 0.85, 0.95], [0.2, 0.3, 0.25, 0.35]
    found = table([good + poor, good[::-1] + poor])
    for number, name in enumerate(found.configurations):
        values = {"head": "mean" if number < 4 else "max", "units": number % 2}
        found.rows["set 0", name]["values"] = values
    (first, draws, explained, p), (second, *_) = importance(found)
    assert (first, draws, second) == ("head", 8, "units")
    assert explained > 0.5
    assert p < 0.1  # Two of the seventy divisions of eight draws are as extreme.


def test_a_pair_that_differs_in_one_dimension_tells_its_effect():
    from portfolio_importance import contrasts

    found = table([[0.5, 0.6, 0.9], [0.5, 0.7, 0.9]], ["a", "b", "c"])
    values = {"a": {"epochs": 3}, "b": {"epochs": 9}, "c": {"epochs": 9, "head": "max"}}
    for (_, name), recorded in found.rows.items():
        recorded["values"] = values[name]
    (one, other) = contrasts(found)
    assert one[:3] == ("epochs", "a", "b")
    np.testing.assert_allclose(one[3], [0.1, 0.2])
    assert other[:3] == ("head", "b", "c")


def test_a_replayed_trial_ends_by_patience():
    from replay import replayed

    from attn_tuner.tuning.pruning import make_pruner

    rows = [
        row("a", "one", [0.8, 0.7, 0.7, 0.7, 0.7, 0.9]),
        row("a", "two", [0.6, 0.85]),
    ]
    found = replayed(rows, lambda: make_pruner("none"), patience=1.0)
    assert found.used == pytest.approx(3 + 2)
    assert found.lost
    assert [found.score_after(each) for each in (0.5, 1, 4.5, 5)] == [0.0, 0.8, 0.8, 0.85]
    whole = replayed(rows, lambda: make_pruner("none"), patience=9.0)
    assert whole.used == pytest.approx(6 + 2)
    assert not whole.lost


def test_a_replayed_trial_ends_by_the_pruner():
    from replay import replayed

    from attn_tuner.tuning.pruning import make_pruner

    rows = [row("a", str(number), [0.8, 0.8, 0.8]) for number in range(4)]
    rows.append(row("a", "hopeless", [0.6, 0.6, 0.6]))
    found = replayed(rows, lambda: make_pruner("median"), patience=9.0)
    assert found.used == pytest.approx(4 * 3 + 1)


def test_every_kind_of_search_is_replayed(monkeypatch):
    import portfolio_choose
    import portfolio_importance
    import replay

    monkeypatch.setattr(portfolio_importance, "SHUFFLES", 5)
    scores = np.random.default_rng(0).uniform(0.5, 0.9, (3, 7)).tolist()
    found = table(scores, ["known: none", "by hand", *(f"random {number}" for number in range(5))])
    text = replay.page(found, orders=2, points=2)
    assert text.count("\n| ") == 1 + len(replay.cases())
    assert "\n| random | " in portfolio_choose.page(found, points=2)


def test_the_first_recorded_points_are_those_of_a_search():
    import portfolio_points

    from attn_tuner.tuning.oracles.factory import FOR_FEW, KNOWN_GOOD

    plain = [point for point in KNOWN_GOOD if "adversarial_weight" not in point]
    wanted = [{**FOR_FEW, **point} for point in plain]
    assert list(portfolio_points.KNOWN_GOOD.values()) == wanted


def test_a_draw_has_the_same_place_in_the_range_of_every_set():
    import keras_tuner
    from portfolio_points import drawn, random_draw

    def space(lengths):
        hp = keras_tuner.HyperParameters()
        hp.Choice("max_length", lengths)
        hp.Float("dropout", 0.0, 0.5)
        return hp

    short, long = space([8, 16, 32, 64]), space([64, 128, 256, 512])
    for draw in range(5):
        one, other = drawn(short, draw), drawn(long, draw)
        assert other["max_length"] == 8 * one["max_length"]
        assert other["dropout"] == one["dropout"]
    assert len({drawn(short, draw)["dropout"] for draw in range(5)}) == 5
    assert random_draw(3).values(short) == drawn(short, 3)


def test_what_is_recorded_is_not_recorded_again(tmp_path):
    from portfolio_points import KNOWN_GOOD, configurations
    from portfolio_record import missing
    from results import add_row

    names = [each.name for each in configurations()]
    assert len(names) == len(set(names))
    first, second = list(KNOWN_GOOD)[:2]
    add_row(tmp_path / "trec.jsonl", row("trec", first, [0.5]))
    left = missing(tmp_path, ["trec", "mpqa"], [0])
    found = [(name, each.name, seed) for name, each, seed in (next(left) for _ in range(3))]
    assert found == [("mpqa", first, 0), ("trec", second, 0), ("mpqa", second, 0)]


def test_a_recorded_curve_has_every_evaluation(two_sets, tmp_path):
    from portfolio_points import Configuration
    from portfolio_record import recorder

    recording = recorder("trec", 0, 20, 60.0, tmp_path / "cache")
    assert set(recording.stored.stores) == {"train", "validation"}
    assert recording.facts["texts"] == 20
    assert "ngrams" in recording.hypermodel.space["encoder"].names()
    point = {"encoder": "none", "head": "mean", "hashed_ngrams": 1, "epochs": 2, "batch_size": 32}
    found = recording.row(Configuration("small", point), seed=0)
    assert found["curve"]["epochs"] == [1.0, 2.0]
    assert {len(values) for values in found["curve"].values()} == {2}
    assert found["curve"]["seconds"] == sorted(found["curve"]["seconds"])
    assert found["seconds"] >= found["curve"]["seconds"][-1]
    assert found["values"]["head"] == "mean"
    assert str(tmp_path) not in str(found)

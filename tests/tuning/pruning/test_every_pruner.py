"""Pruning rules worked by hand on short curves, and what must hold on any curves."""

import inspect
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning import (
    AshaPruner,
    ExtrapolationPruner,
    MedianPruner,
    PercentilePruner,
    Pruner,
    PrunerPerRung,
    WilcoxonPruner,
    make_pruner,
    pruner_name,
    pruners,
)
from attn_tuner.tuning.pruning.beyond_chance import left_chance
from attn_tuner.tuning.pruning.extrapolation import drawn_on


def needed(name):
    """The arguments of a pruner that have no default."""
    varied = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    given = inspect.signature(pruners[name].build).parameters.values()
    return [each.name for each in given if each.default is each.empty and each.kind not in varied]


# The others fail `test_every_argument_of_a_pruner_has_a_default`, and no other test.
MADE_BY_NAME = [name for name in pruners if not needed(name)]
curves = st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=8), min_size=1, max_size=12)


def run(pruner, scores, trial="new", steps=None):
    """Reports a whole curve; the reason at the first step at which it should be pruned, or None."""
    for step, value in zip(steps or range(1, len(scores) + 1), scores, strict=True):
        pruner.report(trial, step, value)
        reason = pruner.should_prune(trial)
        if reason:
            pruner.finish(trial, pruned=True)
            return reason
    pruner.finish(trial)
    return None


def with_peers(pruner, *values, step=1):
    for number, value in enumerate(values):
        pruner.report(f"peer{number}", step, value)
        pruner.finish(f"peer{number}")
    return pruner


def test_a_trial_below_the_median_is_pruned_and_the_reason_says_so():
    pruner = with_peers(MedianPruner(), 0.70, 0.75, 0.781, 0.79, 0.80, step=0.5)
    pruner.report("new", 0.5, 0.712)
    assert pruner.should_prune("new") == "0.712 after 0.50 epochs; the median there is 0.781"


def test_a_trial_at_the_median_goes_on():
    assert run(with_peers(MedianPruner(), 0.7, 0.8, 0.9, 0.6), [0.7]) is None


def test_the_lowest_quarter_is_narrower_than_the_lower_half():
    peers = [0.6, 0.7, 0.8, 0.9]
    assert run(with_peers(PercentilePruner(percentile=25), *peers), [0.65]) is None
    assert run(with_peers(PercentilePruner(percentile=25), *peers), [0.55])
    assert run(with_peers(MedianPruner(), *peers), [0.65])


def test_only_trials_of_the_same_rung_are_peers():
    rungs = PrunerPerRung(MedianPruner)
    with_peers(rungs.of(1.0), 0.8, 0.8, 0.9, 0.9)
    assert run(rungs.of(1 / 3), [0.5]) is None
    assert run(rungs.of(1.0), [0.5])


def test_nothing_is_pruned_before_the_warmup_or_without_enough_peers():
    assert run(with_peers(MedianPruner(warmup=2), 0.7, 0.8, 0.9, 0.6), [0.1]) is None
    assert run(with_peers(MedianPruner(peers=5), 0.7, 0.8, 0.9, 0.6), [0.1]) is None


def test_patience_forgives_single_bad_reports():
    pruner = MedianPruner(patience=2)
    for number in range(5):
        for step in (1, 2, 3):
            pruner.report(f"peer{number}", step, 0.5 + 0.1 * step)
        pruner.finish(f"peer{number}")
    assert run(pruner, [0.5, 0.9, 0.9], "recovers") is None
    assert "after 2.00 epochs" in run(pruner, [0.5, 0.5, 0.5], "does not")


def test_an_early_peak_is_not_held_against_a_trial():
    pruner = MedianPruner()
    for number in range(5):
        run(pruner, [0.5, 0.6], f"peer{number}")
    assert run(pruner, [0.7, 0.55]) is None


def test_pruned_peers_keep_the_bar_from_rising():
    pruner = MedianPruner(peers=2)
    for number, end in enumerate((0.9, 0.89, 0.88, 0.2, 0.2, 0.2, 0.2)):
        run(pruner, [0.1 + end / 2, end], f"peer{number}")
    assert run(pruner, [0.5, 0.8]) is None


def test_a_slower_trial_still_running_is_no_peer_yet():
    pruner = MedianPruner(peers=1)
    pruner.report("slow", 1, 0.9)
    pruner.report("new", 2, 0.5)
    assert pruner.should_prune("new") is None


def test_successive_halving_lets_a_third_go_on_from_each_rung():
    pruner = with_peers(AshaPruner(first=1, factor=3), 0.5, 0.6, 0.7, 0.8, 0.9)
    assert run(pruner, [0.85], "second") is None
    assert "3 go on" in run(pruner, [0.65], "lower")


def test_successive_halving_compares_at_rungs_only():
    pruner = AshaPruner(first=1, factor=3, peers=1)
    for number in range(4):
        run(pruner, [0.8] * 4, f"peer{number}")
    for step in (0.5, 0.9):
        pruner.report("new", step, 0.1)
        assert pruner.should_prune("new") is None
    pruner.report("new", 1.1, 0.8)
    pruner.report("new", 2.9, 0.1)
    assert pruner.should_prune("new") is None


@pytest.mark.parametrize(("step", "rungs"), [(0.9, 0), (1, 1), (2.99, 1), (3, 2), (9, 3), (27, 4)])
def test_rungs_lie_a_factor_apart(step, rungs):
    pruner = AshaPruner(first=1, factor=3, peers=1)
    assert pruner._rung(step) == rungs


def climbing(end, speed, steps=8):
    """A power law that has reached `end` where the steps end."""
    return [end - speed * (step**-0.5 - steps**-0.5) for step in range(1, steps + 1)]


def test_a_curve_drawn_on_as_a_power_law_ends_where_it_does():
    steps = np.array([1.0, 2.0, 3.0])
    scores = np.array([climbing(0.9, 0.3)[:3], climbing(-2, 1)[:3]]).T
    np.testing.assert_allclose(drawn_on(steps, scores, 8.0), [0.9, -2])


def test_a_slow_beginner_goes_on_and_a_quick_one_that_flattens_ends():
    pruner = ExtrapolationPruner()
    for number, speed in enumerate((0.1, 0.2, 0.3, 0.4)):
        run(pruner, climbing(0.9, speed), str(number))
    slow, quick = climbing(0.91, 0.6), climbing(0.85, 0.1)
    assert slow[1] < quick[1]
    assert run(pruner, slow, "slow") is None
    reason = run(pruner, quick, "quick")
    assert reason == "0.828 after 3.00 epochs would be 0.850 after 8.00; 0.910 was reached"


def test_folds_are_compared_with_the_same_folds_of_the_best_trial():
    pruner = WilcoxonPruner(threshold=0.1)
    run(pruner, [0.80, 0.70, 0.90, 0.85, 0.75], "best")
    assert run(pruner, [0.81, 0.69, 0.91, 0.86, 0.76], "as good") is None
    reason = run(pruner, [0.78, 0.69, 0.87, 0.84, 0.74], "worse")
    assert reason == "0.784 over 5 folds; trial as good has 0.806 on the same (p = 0.062)"


def test_a_diverged_fold_counts_as_the_worst():
    pruner = WilcoxonPruner()
    run(pruner, [0.8, 0.7, 0.9, 0.85], "best")
    assert run(pruner, [float("nan")] * 4)


def test_several_objectives_need_a_trial_that_is_better_in_every_respect():
    pruner = with_peers(MedianPruner(), (0.9, -3), (0.8, -2), (0.85, -2.5), (0.7, -1))
    assert run(pruner, [(0.5, -0.5)], "light") is None
    assert "5 of 5 trials beat it there in every respect" in run(pruner, [(0.5, -4)], "poor")


def test_not_a_number_is_worse_than_anything():
    pruner = with_peers(MedianPruner(), 0.1, 0.2, 0.3, 0.4)
    assert run(pruner, [float("nan")]).startswith("-inf")
    json.dumps(pruner.get_state(), allow_nan=False)


def test_going_back_to_a_resume_point_forgets_what_came_after():
    pruner = with_peers(MedianPruner(), 0.5, 0.6, 0.7, 0.8)
    pruner.report("new", 0.2, 0.3)
    pruner.report("new", 0.4, 0.99)
    pruner.report("new", 0.3, 0.3)
    pruner.report("new", 1, 0.3)
    assert pruner.should_prune("new")


def test_a_pruned_trial_may_come_back_when_later_ones_are_worse():
    pruner = with_peers(MedianPruner(), 0.7, 0.75, 0.8, 0.85)
    assert run(pruner, [0.6], "early")
    assert pruner.worth_resuming() == []
    for number in range(6):
        run(pruner, [0.1 + number / 100], f"later{number}")
    assert pruner.worth_resuming()[0] == "early"


def test_the_control_never_prunes():
    assert run(with_peers(make_pruner("none"), 1, 1, 1, 1, 1), [0, 0, 0]) is None
    assert run(with_peers(make_pruner(None), 1, 1, 1, 1, 1), [0, 0, 0]) is None


@pytest.mark.parametrize("name", pruners)
def test_every_argument_of_a_pruner_has_a_default(name):
    assert needed(name) == [], (
        f"The pruner '{name}' has no default for these arguments, so search(pruner='{name}') "
        "cannot make it. Give each a default."
    )


@pytest.mark.parametrize("name", MADE_BY_NAME)
@settings(deadline=None, max_examples=30)
@given(curves)
def test_the_best_at_every_step_is_never_given_up(name, scores):
    pruner = make_pruner(name)
    for number, curve in enumerate(scores):
        run(pruner, curve, str(number))
    reason = run(pruner, [1.0] * 8, "winner")
    assert reason is None, f"'{name}' prunes the trial that is best at every step: {reason}"


CHANCE = Scale(1 / 150, 1.0)
AT_CHANCE = st.lists(st.lists(st.floats(0, 0.1), min_size=1, max_size=8), min_size=1, max_size=12)


def asked(pruner, trial_id, step, value, loss):
    """Reports a point; the reason to prune the trial there, or None."""
    pruner.report(trial_id, step, value, loss)
    return pruner.should_prune(trial_id)


def guarded(name, *curves, losses=None):
    """The reasons that were given for each curve, in turn, near chance of 150 classes."""
    pruner = PrunerPerRung(lambda: make_pruner(name), CHANCE).of(1.0)
    given = []
    for number, curve in enumerate(curves):
        loss = losses[number] if losses else [None] * len(curve)
        points = zip(curve, loss, strict=True)
        reasons = [asked(pruner, str(number), 1 + at, *each) for at, each in enumerate(points)]
        given.append([each for each in reasons if each])
        pruner.finish(str(number), pruned=bool(given[-1]))
    return given


@pytest.mark.parametrize("name", MADE_BY_NAME)
@settings(deadline=None, max_examples=30)
@given(curves=AT_CHANCE)
def test_no_pruner_compares_scores_that_have_not_left_chance(name, curves):
    good = [[0.9 + each / 100] * 8 for each in range(5)]
    assert not any(guarded(name, *good, *curves)[5:]), (
        f"'{name}' prunes by scores that are no better than chance; `PrunerPerRung` should have "
        "kept them from it."
    )


@pytest.mark.parametrize("name", MADE_BY_NAME)
def test_near_chance_losses_are_compared_unless_the_rule_does_not_suit_them(name):
    low = [0.02] * 8
    better = [[4.0 - 0.3 * at for at in range(8)]] * 5
    worse = [5.0 - 0.001 * at for at in range(8)]
    reasons = guarded(name, *[low] * 6, losses=[*better, worse])
    assert not any(reasons[:5]), f"'{name}' prunes one of five trials whose losses are equal."
    if name == "none" or not make_pruner(name).by_loss:
        assert not reasons[5], f"'{name}' has by_loss = False, but is asked about losses."
        return
    assert reasons[5], (
        f"'{name}' with its defaults does not prune a trial whose loss stays above 4.99 over 8 "
        "epochs while that of 5 peers falls from 4.0 to 1.9. Choose defaults that do, or set "
        "by_loss = False if the rule does not suit losses."
    )
    assert reasons[5][0].startswith("near chance, by negative loss: ")


@pytest.mark.parametrize("name", MADE_BY_NAME)
def test_who_leaves_chance_starts_with_a_clean_sheet(name):
    peers = [[0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.84, 0.85]] * 5
    late = [0.02, 0.03, 0.02, 0.9, 0.91, 0.92, 0.93, 0.94]
    falling = [[5.0 - at for at in range(8)]] * 6
    given = guarded(name, *peers, late, losses=falling)[5]
    assert not given, f"'{name}' prunes by scores from before the trial left chance: {given}"


@pytest.mark.parametrize("name", sorted({*MADE_BY_NAME} - {"none"}))
def test_beyond_chance_scores_are_compared_as_ever(name):
    peers = [[0.5, 0.6, 0.7, 0.75, 0.8, 0.82, 0.84, 0.85]] * 5
    assert guarded(name, *peers, [0.3] * 8)[5], (
        f"'{name}' with its defaults does not prune a trial that stays at 0.3 over 8 epochs while "
        "5 peers rise from 0.5 to 0.85. Choose defaults that do."
    )


def test_a_smaller_score_leaves_chance_downwards():
    begun = left_chance(Scale(2.0, 0.0), -1)
    assert not begun(-1.9)
    assert begun(-1.0)


@pytest.mark.parametrize("name", MADE_BY_NAME)
@settings(deadline=None, max_examples=30)
@given(curves, st.integers(0, 11))
def test_state_through_json_changes_no_decision(name, scores, cut):
    whole, first = make_pruner(name), make_pruner(name)
    for number, curve in enumerate(scores[:cut]):
        run(whole, curve, str(number))
        run(first, curve, str(number))
    again = make_pruner(name)
    lost = f"'{name}' decides otherwise after get_state, JSON and set_state; all state goes there."
    again.set_state(json.loads(json.dumps(first.get_state(), allow_nan=False)))
    for number, curve in enumerate(scores[cut:], start=cut):
        assert run(whole, curve, str(number)) == run(again, curve, str(number)), lost
    assert whole.worth_resuming() == again.worth_resuming(), lost


@settings(deadline=None)
@given(curves, st.integers(0, 100))
def test_the_order_of_the_scale_alone_matters(scores, seed):
    def decisions(change):
        pruner = MedianPruner()
        return [run(pruner, [change(v) for v in c], str(n)) is None for n, c in enumerate(scores)]

    scale = float(np.random.default_rng(seed).uniform(1, 9))
    assert decisions(lambda v: v) == decisions(lambda v: scale * round(v, 12)) or any(
        v != round(v, 12) for c in scores for v in c
    )


def test_a_wrong_name_is_answered_by_the_right_one():
    with pytest.raises(UnknownName, match="Did you mean 'median'"):
        make_pruner("medain")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("median", {"warmup": -1}),
        ("median", {"patience": 0}),
        ("median", {"peers": float("nan")}),
        ("median", {"percentile": 3}),
        ("percentile", {"percentile": 100}),
        ("asha", {"factor": 1}),
        ("asha", {"first": 0}),
        ("extrapolation", {"margin": -0.1}),
        ("wilcoxon", {"threshold": 0}),
        ("none", {"colour": "red"}),
    ],
)
def test_options_without_sense_are_refused(name, options):
    with pytest.raises(SpaceError):
        make_pruner(name, **options)


def test_a_pruner_of_ones_own_is_taken_as_it_is():
    class Whim(Pruner):
        def reason_to_prune(self, trial_id):
            return "on a whim"

    whim = Whim(peers=1)
    assert make_pruner(whim) is whim
    assert run(whim, [1.0]) == "on a whim"


def test_a_pruner_is_known_by_its_registration_and_ones_own_by_its_class():
    class Whim(Pruner):
        pass

    made = [make_pruner(name) for name in MADE_BY_NAME]
    assert [pruner_name(each) for each in made] == MADE_BY_NAME
    assert pruner_name("median") == "median"
    assert pruner_name(Whim()) == "Whim"


@pytest.mark.parametrize("name", MADE_BY_NAME)
def test_a_pruner_is_a_registered_part_that_says_when_it_ends_a_trial(name):
    assert isinstance(make_pruner(name), Pruner), f"'{name}' does not derive from Pruner."
    assert pruners[name].summary.endswith("."), f"The docstring of '{name}' begins with a sentence."

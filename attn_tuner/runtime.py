"""Runs the stages of a search in order: trials, pretraining, repeats."""

from attn_tuner.finalizing.time_reserve import kept_back, time_to_spare
from attn_tuner.storage import run_folder as place
from attn_tuner.tuning.budget import save_clock
from attn_tuner.tuning.chance_level import scale_of
from attn_tuner.tuning.pretraining import pretrain as pretrain_best
from attn_tuner.tuning.repeats import repeat
from attn_tuner.tuning.tuner import TrialRunner


def _run(
    plan, oracle, workshop, launch, budget, shown, directory, stored, interrupted
) -> TrialRunner:
    runner = TrialRunner(
        oracle,
        workshop,
        plan=plan,
        budget=budget,
        heard=lambda news: _heard(news, shown, budget, directory),
        interrupted=interrupted,
        scale=scale_of(stored.stores["validation"].labels, plan.objective),
        directory=directory.parent,
        project_name=directory.name,
    )
    try:
        launch.search(runner, directory / place.DATA)
        while time_to_spare(runner, stored, launch.setting_up):
            launch.search(runner, directory / place.DATA)
        budget.set_reserve(kept_back(stored, plan, pretrain=False))
        pretrain_best(runner, stored, shown.say)
        budget.set_reserve(kept_back(stored, plan, pretrain=False, repeats=False))
        repeat(runner, plan.repeats)
    finally:
        save_clock(budget, directory)
    return runner


def _heard(news, shown, budget, directory):
    shown.heard(news)
    if "ended" in news or "measures" in news:
        save_clock(budget, directory)

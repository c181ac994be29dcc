"""Measures how much each dimension of the space matters."""

import numpy as np

from attn_tuner.reporting.search_history import searched
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import counted
from attn_tuner.verbosity import silence

FEWEST = 8  # Trials from which importances say anything.


def importances(run: Run, seed: int = 0) -> dict:
    """The share of the spread of scores that each dimension accounts for.

    Keys: shares (name to share, greatest first), method, trials; shares is empty, and `reason`
    says why, where too few trials have ended.

    Reference:
        fANOVA: Hutter et al. 2014. https://proceedings.mlr.press/v32/hutter14.html
    """
    scored, names = run.ranked(), searched(run)
    facts = {"shares": {}, "method": "fANOVA", "trials": len(scored)}
    if len(scored) < FEWEST:
        reason = f"{counted(len(scored), 'trial')} cannot tell; {FEWEST} are needed."
        return {**facts, "reason": reason}
    if not names or np.ptp([record.score for record in scored]) == 0:
        return {**facts, "reason": "All trials have the same values or the same score."}
    shares = _fanova(run, scored, names, seed)
    return {**facts, "shares": dict(sorted(shares.items(), key=lambda pair: -pair[1]))}


def _fanova(run, scored, names, seed) -> dict:
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    space = {}
    for name, facts in names.items():
        values = [record.values[name] for record in scored]
        if facts["kind"] in ("int", "float"):
            log = bool(facts.get("log")) and min(values) > 0
            space[name] = FloatDistribution(float(min(values)), float(max(values)), log=log)
        else:
            space[name] = CategoricalDistribution(sorted({str(value) for value in values}))
    with silence("optuna", warnings=True):
        study = optuna.create_study(direction="maximize" if run.sign > 0 else "minimize")
        for record in scored:
            values = {
                name: str(record.values[name])
                if isinstance(space[name], CategoricalDistribution)
                else float(record.values[name])
                for name in names
            }
            trial = optuna.trial.create_trial(
                params=values, distributions=space, value=record.score
            )
            study.add_trial(trial)
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
        found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}

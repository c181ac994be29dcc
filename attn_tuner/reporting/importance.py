"""Measures how much each dimension of the search space matters for the score."""

import numpy as np

from attn_tuner.reporting.search_history import varied_dimensions
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import plural
from attn_tuner.verbosity import silence

MIN_TRIALS_FOR_IMPORTANCE = 8


def importances(run: Run, seed: int = 0) -> dict:
    """Computes the share of the variance of the scores that each dimension explains.

    Args:
        run: the run.
        seed: int, for the random forest behind fANOVA.

    Returns:
        A dict with the keys `shares` (dimension to share, greatest first), `method` and `trials`
        (how many were used). Where nothing can be said, `shares` is empty and `reason` says why.

    Reference:
        fANOVA: Hutter et al. 2014. https://proceedings.mlr.press/v32/hutter14.html
    """
    scored, names = run.ranked(), varied_dimensions(run)
    facts = {"shares": {}, "method": "fANOVA", "trials": len(scored)}
    if len(scored) < MIN_TRIALS_FOR_IMPORTANCE:
        needed = f"{MIN_TRIALS_FOR_IMPORTANCE} are needed"
        return {**facts, "reason": f"{plural(len(scored), 'trial')} so far; {needed}."}
    scores = np.array([record.score for record in scored], "float64")
    if not names or np.ptp(scores) == 0:
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

"""Makes the oracle of a search, with the points that it tries first."""

from collections.abc import Iterable, Sequence

import keras_tuner

from attn_tuner.errors import SpaceError
from attn_tuner.metrics import direction
from attn_tuner.model_space import PHRASES, REGION_SIZES
from attn_tuner.space import Part, SearchSpace
from attn_tuner.space.space_hypermodel import SpaceHyperModel
from attn_tuner.storage.plan import Plan
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.oracles import has_parameter, objective_of, oracles
from attn_tuner.tuning.oracles.initial_points import warm_start

FEW_TEXTS = 10_000  # Below so many, smaller batches learn more from an epoch.
FOR_FEW = {"batch_size": 32, "learning_rate": 0.0028}
# A bidirectional GRU of 64 units with adversarial training, on one core: tokens a second, texts
# counted as long as the longest that is read. It is tried first where it leaves half of the time.
ADVERSARIAL_TOKENS = 16_000
ADVERSARIAL_SHARE = 0.5
PARTS = 9  # Of the texts or of their length: rungs of a ninth, a third and all.

# Attention over the states, their mean and their maximum together; and pairs of words.
_POOLED = {
    "head": "pooling",
    "head.pooling.score": "additive",
    "head.pooling.fusion": "pools",
    "hashed_ngrams": 2,
}
# A step takes twice as long, and an encoder learns more from the same texts.
_ADVERSARIAL = {"adversarial_weight": 1.0, "adversarial_norm": 2.0}
_RECURRENT = {**_POOLED, "learning_rate": 3e-3}
KNOWN_GOOD = (
    # Without an encoder it trains in seconds, and is near the best on many data.
    {**_POOLED, "encoder": "none", "learning_rate": 7e-3},
    _RECURRENT,
    {**_POOLED, "encoder": "gru", "max_length": 128},
    {**_RECURRENT, **_ADVERSARIAL},
)

# One character says little by itself; the linear baseline reads groups of three as well.
_PHRASES = {
    **_POOLED,
    "hashed_ngrams": 3,
    "encoder": PHRASES,
    f"encoder.{PHRASES}.width": 3,
    f"encoder.{PHRASES}.filters": 128,
    f"encoder.{PHRASES}.then": "bigru",
}
OF_CHARACTERS = (
    {**KNOWN_GOOD[0], "hashed_ngrams": 3},
    _PHRASES,
    {**_POOLED, "hashed_ngrams": 3, "encoder": "gru", "max_length": 128},
    {**_PHRASES, **_ADVERSARIAL},
)


# A convolution in front, or the states of all steps together: series have no words that decide.
OF_SERIES = (
    {"head": "pooling", "head.pooling.score": "additive", "head.pooling.fusion": "pools"},
    {
        **_POOLED,
        "encoder": PHRASES,
        f"encoder.{PHRASES}.width": 5,
        f"encoder.{PHRASES}.filters": 128,
        f"encoder.{PHRASES}.then": "bigru",
    },
    {"encoder": "lstm", "head": "last"},
)


def known_good(space: SearchSpace) -> tuple[dict, ...]:
    """Returns points that did well on other data, the best first."""
    encoder = space.get("encoder")
    if not isinstance(encoder, Part):  # A model of the user's own: only its defaults are known.
        return ({},)
    if "vocabulary_size" not in space:
        return OF_SERIES
    points = OF_CHARACTERS if PHRASES in encoder.names() else KNOWN_GOOD
    offered = getattr(space.get("adversarial_weight"), "values", ())
    # Where it is held at 0, the point would be that without it once more.
    return tuple(each for each in points if not ExtraLosses.of(each) or 1.0 in offered)


def affordable(
    points: Iterable[dict], space: SearchSpace, texts: int, seconds: float | None
) -> list[dict]:
    """Returns the points that are worth their time: adversarial training may take too much.

    Args:
        points: dicts of name to value.
        space: whose defaults the other values take.
        texts: int, training texts.
        seconds: float, the time of the search; None for any.
    """
    defaults = space.defaults()
    tokens = texts * defaults.get("max_length", 0) * defaults.get("epochs", 1)
    enough = seconds is None or tokens / ADVERSARIAL_TOKENS <= ADVERSARIAL_SHARE * seconds
    return [each for each in points if enough or not ExtraLosses.of(each)]


def with_regions(points: Iterable[dict], hypermodel: SpaceHyperModel) -> list[dict]:
    """Returns the points; where word vectors of regions were learnt, every second one has regions.

    So an average finds models of both kinds, which differ more than two of the same kind. With
    adversarial training, which the best members have, both kinds are tried.

    Args:
        points: dicts of name to value.
        hypermodel: of the search; if it is ours, it has these vectors.
    """
    points = list(points)
    if getattr(hypermodel, "region_vectors", None) is None:
        return points
    size = {"region_size": REGION_SIZES[1]}
    first = [each if number % 2 else {**each, **size} for number, each in enumerate(points)]
    both = [{**each, **size} for each in points[1::2] if ExtraLosses.of(each)]
    return first + both


def no_first_points(tuner: str) -> SpaceError:
    """Makes the error of a warm start with an oracle that takes no first points."""
    return SpaceError(
        f"Tuner '{tuner}' chooses all values itself, so warm_start has no effect. Leave it "
        "out, or take another tuner."
    )


def oracle_of(
    plan: Plan,
    hypermodel: SpaceHyperModel,
    earlier: Iterable = (),
    first_points: Sequence[dict] | None = None,
) -> keras_tuner.Oracle:
    """Makes the oracle of a plan; if it takes first points, it gets ones that did well elsewhere.

    Args:
        plan: the run's plan.
        hypermodel: the hypermodel whose space is searched.
        earlier: paths of run folders, whose best values are tried before all others.
        first_points: values by name to try after these; if not given, those of `known_good`.

    Raises:
        RunError, SpaceError: a folder is not a run folder, or its values do not fit the space.
    """
    hyperparameters = hypermodel.hyperparameters()
    options = {"hyperparameters": hyperparameters, "max_trials": plan.max_trials}
    goal = objective_of(f"{direction(plan.objective)}:val_{plan.goal}")
    make = oracles[plan.tuner]
    if has_parameter(plan.tuner, "max_epochs"):
        options["max_epochs"] = plan.epochs if plan.fidelity == "epochs" else PARTS
    if has_parameter(plan.tuner, "first_points"):
        if first_points is None:
            space, texts = hypermodel.space, hypermodel.training_texts or 0
            few = FOR_FEW if texts < FEW_TEXTS else {}
            known = affordable(known_good(space), space, texts, plan.max_time)
            first_points = [{**few, **point} for point in with_regions(known, hypermodel)]
        earlier_points = warm_start(earlier, goal, space=hyperparameters)
        options["first_points"] = [*earlier_points, *first_points]
    elif earlier:
        raise no_first_points(plan.tuner)
    return make(objective=goal, seed=plan.seed, **options)

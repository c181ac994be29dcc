"""Selects an ensemble of trained models and builds it as one Keras model.

found = select_members(probabilities, labels, objective="accuracy", most=5)
model = ensemble_model([models[index] for index in found.members], found.weights)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.rating import Rating
from attn_tuner.layers.probability_average import ProbabilityAverage
from attn_tuner.layers.types import Tensor
from attn_tuner.metrics import columns_of, sign_of

MIXTURES = (1, 2, 4, 9, 29)  # Weights of a companion to try, against 1 for each model.
ROUNDS = 30  # Selection steps; weights are multiples of about 1 / 30.


@dataclass(frozen=True)
class Selection:
    """The members of an ensemble.

    Args:
        members: indices of the selected models, the greatest weight first.
        weights: weight of each member, above 0, summing to 1.
        score: float, score of the average on the texts that selected it; a log loss is taken at the
            best temperature.
        single: int, index of the best single model.
        single_score: float, its score on the same texts.
    """

    members: tuple[int, ...]
    weights: tuple[float, ...]
    score: float
    single: int
    single_score: float

    @property
    def gain(self) -> float:
        """Difference from the score of the best single model."""
        return abs(self.score - self.single_score)


def select_members(
    probabilities: Sequence[np.ndarray],
    labels: np.ndarray,
    objective: str = "accuracy",
    most: int = 5,
    rounds: int = ROUNDS,
    start: int = 2,
    bags: int = 10,
    share: float = 0.5,
    seed: int = 0,
    companions: int = 0,
    levels: Sequence[float] = (),
) -> Selection:
    """Selects members greedily with replacement: next the one that helps the average most.

        P_n = (n - 1)/n P_(n-1) + 1/n p_k,   k = argmax_k score(P_n)

    Selection stops when neither the objective nor, at an equal objective, the log loss improves
    (the squared error for numbers). Log losses are compared at each average's best temperature, as
    calibration will set it. Two guards reduce overfitting to the validation texts: selection starts
    from the best `start` models, if together they are no worse than the best alone; and it is
    repeated on random subsets of the models (bagging), whose counts are added. If the ensemble is
    not better than the best single model, that model is returned.

    Args:
        probabilities: for each model its predictions, as `metrics.measure` takes them.
        labels: the labels, as `metrics.measure` takes them.
        objective: str, key of `metrics.OBJECTIVES`.
        most: int, number of different models at most, companions not counted.
        rounds: int, selection steps at most.
        start: int, number of models that selection starts with.
        bags: int, number of random subsets; 0 for one pass over all models.
        share: float, share of the models in each subset.
        seed: int, for the subsets.
        companions: int, how many models at the end of the list may join others but are never
            selected alone, nor are the single model that an ensemble has to beat.
        levels: of the quantiles that are forecast.

    Raises:
        SpaceError: there is no model, or their shapes or the labels do not fit together.

    Reference:
        Caruana et al. 2004, sections 2.1-2.3. https://doi.org/10.1145/1015330.1015432
    """
    library = _library(probabilities, labels)
    rate = Rating(np.asarray(labels), objective, levels)
    sign = sign_of(objective)
    alone = [rate(each) for each in library]
    order = sorted(range(len(library)), key=lambda index: (alone[index], -index), reverse=True)
    own = len(library) - companions
    greedy = _Greedy(library, rate, rounds, start, max(1, most), own)
    best = next(index for index in order if index < own)
    single = _one_hot(best, len(library))
    ways = [single, greedy.pick(order), greedy.pruned(_bagged(greedy, order, bags, share, seed))]
    if companions:
        friend = next(index for index in order if index >= own)
        ways += [
            _one_hot(index, len(library)) + parts * _one_hot(friend, len(library))
            for index in order
            if index < own
            for parts in MIXTURES
        ]
    ways = [way for way in ways if way[:own].any()]
    # Ties go to the simpler way, which stands first.
    rated = [rate(_average(way, library)) for way in ways]
    counts = ways[max(range(len(ways)), key=lambda way: (rated[way], -way))]
    members = sorted(np.flatnonzero(counts).tolist(), key=lambda index: (-counts[index], index))
    return Selection(
        members=tuple(members),
        weights=tuple(float(counts[index] / counts.sum()) for index in members),
        score=sign * max(rated)[0],
        single=best,
        single_score=sign * alone[best][0],
    )


def combine_members(probabilities: Sequence[np.ndarray], selection: Selection) -> np.ndarray:
    """Averages the predictions of the selected models, `(texts, columns)`.

    Args:
        probabilities: predictions of all models.
        selection: the members and their weights.
    """
    chosen = [np.asarray(probabilities[index], "float64") for index in selection.members]
    return np.tensordot(selection.weights, np.stack(chosen), axes=1)


def ensemble_generalizes(
    probabilities: Sequence[np.ndarray],
    labels: np.ndarray,
    objective: str = "accuracy",
    most: int = 5,
    folds: int = 4,
    seed: int = 0,
    companions: int = 0,
    levels: Sequence[float] = (),
) -> bool:
    """Returns whether an ensemble beats the best single model in cross-validation.

    Each fold is predicted by the ensemble and by the single model that the other folds select. The
    gain of `select_members` on the texts that it sees is too optimistic.

    Args:
        probabilities, labels, objective, most, companions, levels: as in `select_members`.
        folds: int, number of folds.
        seed: int, for the folds.
    """
    library, labels = _library(probabilities, labels), np.asarray(labels)
    if len(labels) < 2 * folds:
        return False
    places = np.random.default_rng(seed).permutation(len(labels))
    together, alone = np.zeros_like(library[0]), np.zeros_like(library[0])
    for held in np.array_split(places, folds):
        rest = np.setdiff1d(places, held)
        seen = [each[rest] for each in library]
        options = {"bags": 3, "companions": companions, "levels": levels}
        found = select_members(seen, labels[rest], objective, most, **options)
        together[held] = combine_members([each[held] for each in library], found)
        alone[held] = library[found.single][held]
    rate = Rating(labels, objective, levels)
    return rate(together) > rate(alone)


def ensemble_model(
    models: Sequence[keras.Model],
    weights: Sequence[float],
    kind: str = "class",
    name: str = "ensemble",
    logarithms: bool = False,
) -> keras.Model:
    """Builds one flat Functional model that averages the predictions of several.

        p = sum_k w_k p_k,   or of logarithms, see `ProbabilityAverage`

    The members are copied layer by layer onto the same input; layer `x` of the second becomes
    `member_2_x`. So `attention_model` finds all heads, and every exporter works. Each member
    truncates texts itself, with its own `TokenLimits`.

    Args:
        models: Functional models with inputs and one output of the same shapes.
        weights: weight of each, at least 0 and not all 0; normalized to sum to 1.
        kind, logarithms: as in `ProbabilityAverage`.
        name: str, name of the model.

    Raises:
        SpaceError: there are no models, or as many weights, or their shapes differ.
    """
    models, shares = list(models), np.asarray(weights, "float64")
    if not models or shares.shape != (len(models),):
        raise SpaceError(
            f"An ensemble needs one weight for each model; got {len(models)} models and weights "
            f"of shape {shares.shape}."
        )
    shapes = {(_described(each.inputs), each.output_shape) for each in models}
    if len(shapes) > 1:
        raise SpaceError(
            f"The members of an ensemble must share input and output shapes; got {sorted(shapes)}."
        )
    inputs = [
        keras.Input(each.shape[1:], dtype=each.dtype, name=each.name) for each in models[0].inputs
    ]
    outputs = [_copied(model, inputs, f"member_{place}") for place, model in enumerate(models, 1)]
    weights = tuple((shares / shares.sum()).tolist())
    average = ProbabilityAverage(weights, kind=kind, logarithms=logarithms, name="probabilities")
    given = inputs if inputs[1:] else inputs[0]
    return keras.Model(given, average(outputs), name=name)


def _described(inputs: Sequence[Tensor]) -> tuple:
    """Returns shape and type of each input."""
    return tuple((tuple(each.shape), each.dtype) for each in inputs)


def _copied(model: keras.Model, inputs: list[Tensor], prefix: str) -> Tensor:
    """Returns the output of a copy of `model` on `inputs`; layer names get the prefix."""

    def renamed(layer: keras.layers.Layer) -> keras.layers.Layer:
        return type(layer).from_config({**layer.get_config(), "name": f"{prefix}_{layer.name}"})

    given = inputs if isinstance(model.input, list) else inputs[0]
    copy = keras.models.clone_model(model, input_tensors=given, clone_function=renamed)
    copy.set_weights(model.get_weights())
    return copy.output


@dataclass(frozen=True)
class _Greedy:
    """Forward selection; counts say how often each model was selected.

    Of the models before `own` at most `most` are selected, of the companions behind it any.
    """

    library: list[np.ndarray]
    rate: Rating
    rounds: int
    start: int
    most: int
    own: int

    def pick(self, order: Sequence[int]) -> np.ndarray:
        """Selects among the models in `order`, the best first; returns the counts."""
        counts = self._begin(order)
        total = sum(counts[index] * self.library[index] for index in np.flatnonzero(counts))
        best = self.rate(total / counts.sum())
        while counts.sum() < self.rounds:
            full = np.count_nonzero(counts[: self.own]) >= self.most
            allowed = [index for index in order if counts[index] or index >= self.own or not full]
            size = counts.sum() + 1
            found = self.rate.best([(total + self.library[index]) / size for index in allowed])
            if found[1] <= best:
                break
            place, best = found
            counts[allowed[place]] += 1
            total = total + self.library[allowed[place]]
        return counts

    def pruned(self, counts: np.ndarray) -> np.ndarray:
        """Keeps only the `most` models with the greatest counts, and companions."""
        kept = np.argsort(-counts[: self.own], kind="stable")[: self.most]
        places = np.arange(len(counts))
        return np.where(np.isin(places, kept) | (places >= self.own), counts, 0)

    def _begin(self, order: Sequence[int]) -> np.ndarray:
        first = self._allowed(order)[: max(1, min(self.start, self.rounds))]
        together = sum(_one_hot(index, len(self.library)) for index in first)
        alone = _one_hot(first[0], len(self.library))
        rated = [self.rate(_average(counts, self.library)) for counts in (together, alone)]
        return together if rated[0] >= rated[1] else alone

    def _allowed(self, order: Sequence[int]) -> list[int]:
        """Returns the first `most` models of the order, with the companions between them."""
        models = [index for index in order if index < self.own][: self.most]
        return [index for index in order if index >= self.own or index in models]


def _bagged(
    greedy: _Greedy, order: Sequence[int], bags: int, share: float, seed: int
) -> np.ndarray:
    """Adds the counts of selections among random subsets of the models."""
    generator = np.random.default_rng(seed)
    counts = greedy.pick(order)
    size = max(1, round(share * len(order)))
    found = {}  # Few models have few different subsets.
    for _ in range(bags):
        drawn = set(generator.choice(order, size, replace=False).tolist())
        some = tuple(index for index in order if index in drawn)
        if some not in found:
            found[some] = greedy.pick(some)
        counts = counts + found[some]
    return counts


def _library(probabilities: Sequence[np.ndarray], labels: np.ndarray) -> list[np.ndarray]:
    """Brings the predictions to one form, and checks that they belong together."""
    library = [columns_of(labels, each) for each in probabilities]
    shapes = {each.shape for each in library}
    if len(shapes) != 1 or next(iter(shapes))[0] != len(labels) or not len(labels):
        raise SpaceError(
            f"An ensemble is chosen from models that answered the same texts; got probabilities "
            f"of shapes {sorted(shapes)} and {len(labels)} labels."
        )
    return library


def _average(counts: np.ndarray, library: list[np.ndarray]) -> np.ndarray:
    chosen = np.flatnonzero(counts)
    return sum(counts[index] * library[index] for index in chosen) / counts.sum()


def _one_hot(index: int, size: int) -> np.ndarray:
    return np.bincount([index], minlength=size)

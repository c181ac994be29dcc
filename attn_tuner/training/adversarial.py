"""Adversarial and virtual adversarial training on embedded words, and entropy minimisation.

terms = ExtraLosses(adversarial_weight=1.0, adversarial_norm=2.0)
model = RegularizedModel(ids, answers)
model.regularize(PerturbedLosses(terms, ids, [words, mask], answers, "binary_crossentropy"))
model.compile("adam", "binary_crossentropy")

The losses are added by `compute_loss`, while the model trains. They need the gradient of a function
that the loss itself calls, which TensorFlow, PyTorch and JAX offer each in a public function.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.types import Tensor
from attn_tuner.training.perturbed_words import ModelPart, PerturbedWords

FIRST_NORM = 0.1  # Of the random step at which virtual adversarial training takes its gradient.
# One of so many texts of a batch is moved for adversarial training: the gain is the same as with
# all of them, in two thirds of the time.
PERTURBED = 2
_LEAST = 1e-7  # Probabilities from here to 1 minus it have a logarithm.


@dataclass(frozen=True)
class ExtraLosses:
    """What is added to the loss of a model while it trains, by the names of the dimensions.

        L + a L_adv + v L_vadv + e H

    Args:
        adversarial_weight: float, a; 0 for no adversarial training.
        adversarial_norm: float, norm of its perturbation.
        virtual_weight: float, v; 0 for no virtual adversarial training.
        virtual_norm: float, norm of its perturbation.
        entropy_weight: float, e; 0 for no entropy minimisation.
    """

    adversarial_weight: float = 0.0
    adversarial_norm: float = 1.0
    virtual_weight: float = 0.0
    virtual_norm: float = 1.0
    entropy_weight: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "ExtraLosses":
        """Reads the values of a model, by path; what they lack takes its default here."""
        return cls(**{each.name: values[each.name] for each in fields(cls) if each.name in values})

    @property
    def read_labels(self) -> bool:
        """Whether any of them needs labels."""
        return self.adversarial_weight > 0

    @property
    def read_unlabelled(self) -> bool:
        """Whether any of them learns from texts without labels."""
        return self.virtual_weight > 0 or self.entropy_weight > 0

    def __bool__(self) -> bool:
        return self.read_labels or self.read_unlabelled


class PerturbedLosses:
    """Computes the extra losses of a batch.

    Adversarial training changes the embedded words e of texts so that their loss l rises most,
    and adds the loss of the changed texts; it needs labels, and counts sample weights:

        r      = n s u / ||u||,   u = s dl(y, f(e)) / de
        L_adv  = 1/|S| sum over i in S of w_i l(y_i, f(e_i + r_i))

    S is one of every `PERTURBED` texts of the batch, from the first. f is the model behind the
    embedded words, n the norm, and s the standard deviation of each column over the words of S. So
    ||r / s|| = n for the words of a text together: n is in units of words that are normalised to
    variance 1, as in the paper, and a model gains nothing from longer vectors. Padding is not
    changed, nor are the vectors of hashed n-grams.

    Virtual adversarial training changes a text so that the answer p changes most, by one power
    iteration from a random d, and reads no labels:

        r      = n s u / ||u||,   u = s dKL(p || f(e + s d)) / d(s d),   ||d|| = FIRST_NORM
        L_vadv = 1/B sum_i KL(p_i || f(e_i + r_i)),   p = f(e), a constant

    Entropy minimisation makes answers definite:

        H      = - 1/B sum_i sum_c f_c(e_i) log f_c(e_i)

    For several labels KL and H are summed over the labels. Slopes and p are computed without
    dropout. r is a constant of the gradient. L_adv adds two passes forward and two back over
    S to a step, L_vadv three forward and two back over the batch.

    Args:
        terms: the weights and norms.
        inputs: symbolic inputs of the model, or one.
        boundary: symbolic tensors on which all else depends: words `(batch, steps, width)`, their
            mask `(batch, steps)`, and any others, which are not changed.
        answers: symbolic output of the model: probabilities `(batch, columns)`, or numbers.
        loss: as `loss_object` takes it.
        kind: "class", "labels" or "number", what is answered.
        loss_weight: float, factor of the loss.
        seed: int, for the random steps; None leaves it to Keras.

    Raises:
        SpaceError: the loss is unknown, or a regression is to read texts without labels.

    Reference:
        Miyato et al. 2017, section 3, https://arxiv.org/abs/1605.07725; Sachan et al. 2019, for
        all three together, https://arxiv.org/abs/2009.04007; Grandvalet & Bengio 2004, for H,
        https://proceedings.neurips.cc/paper/2004/hash/96f2b50b5d3613adf9c27049b2a888c7-Abstract.html
    """

    def __init__(
        self,
        terms: ExtraLosses,
        inputs: Any,
        boundary: Sequence[Tensor],
        answers: Tensor,
        loss: Any,
        kind: str = "class",
        loss_weight: float = 1.0,
        seed: int | None = None,
    ):
        if kind == "number" and terms.read_unlabelled:
            raise SpaceError(
                "virtual_weight and entropy_weight compare classes, and a regression has none. "
                "Leave both at 0; adversarial_weight works for numbers too."
            )
        self.terms = terms
        self.loss = loss_object(loss)
        self.loss_weight = loss_weight
        self.one_of_many = kind == "class" and answers.shape[-1] > 1
        self.seed = keras.random.SeedGenerator(seed)
        self._read = ModelPart(keras.tree.flatten(inputs), list(boundary))
        self._rest = ModelPart(list(boundary), answers)

    def __call__(self, x: Any, y: Tensor, answers: Tensor, weights: Tensor | None) -> Tensor:
        """Returns the weighted sum of the extra losses, a scalar.

        Args:
            x: input of the model, a batch.
            y: its labels.
            answers: what the model gave for it.
            weights: of the texts, `(batch,)`, or None.
        """
        terms, total = self.terms, 0.0
        if terms.entropy_weight:
            total += terms.entropy_weight * ops.mean(self._entropy(answers))
        if terms.adversarial_weight:
            some = [_spread(each) for each in (x, y, weights)]
            total += terms.adversarial_weight * self._adversarial(self._text(some[0]), *some[1:])
        if terms.virtual_weight:
            total += terms.virtual_weight * self._virtual(self._text(x))
        return total

    def _text(self, x: Any) -> PerturbedWords:
        words, mask, *others = self._read(keras.tree.flatten(x), training=True)
        return PerturbedWords(self._rest, words, mask, others)

    def _adversarial(self, text: PerturbedWords, y: Tensor, weights: Tensor | None) -> Tensor:
        def loss_at(shift: Tensor) -> Tensor:
            return self.loss(y, text.answers(shift), weights)

        slopes = text.slopes(loss_at, ops.zeros_like(text.deviations * text.present))
        shift = text.shift(slopes, self.terms.adversarial_norm)
        return self.loss_weight * self.loss(y, text.answers(shift, training=True), weights)

    def _virtual(self, text: PerturbedWords) -> Tensor:
        nothing = ops.zeros_like(text.deviations * text.present)
        clean = ops.stop_gradient(text.answers(nothing))

        def apart(shift: Tensor) -> Tensor:
            return ops.sum(self._divergence(clean, text.answers(shift)))

        drawn = keras.random.normal(ops.shape(nothing), seed=self.seed)
        slopes = text.slopes(apart, text.shift(drawn, FIRST_NORM))
        shift = text.shift(slopes, self.terms.virtual_norm)
        return ops.mean(self._divergence(clean, text.answers(shift, training=True)))

    def _divergence(self, one: Tensor, other: Tensor) -> Tensor:
        """Returns KL(one || other) of each text."""
        p, q = self._distributions(one), self._distributions(other)
        return ops.sum(p * (ops.log(p) - ops.log(q)), axis=(1, 2))

    def _entropy(self, answers: Tensor) -> Tensor:
        p = self._distributions(answers)
        return -ops.sum(p * ops.log(p), axis=(1, 2))

    def _distributions(self, answers: Tensor) -> Tensor:
        """Returns probabilities (batch, labels, values of the label)."""
        if self.one_of_many:
            both = answers[:, None, :]
        else:
            both = ops.stack([1.0 - answers, answers], axis=-1)
        return ops.clip(both, _LEAST, 1.0 - _LEAST)


@keras.saving.register_keras_serializable(package="attn_tuner")
class RegularizedModel(keras.Model):
    """A Functional model that adds losses to its own while it trains.

    It is saved without them: a loaded one is like any Functional model.
    """

    extra: PerturbedLosses | None = None

    def regularize(self, extra: PerturbedLosses) -> None:
        """Sets the losses that are added."""
        self.extra = extra
        self.extra_seed = extra.seed  # So that Keras finds it, and a resume point holds it.

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        own = super().compute_loss(x, y, y_pred, sample_weight, training)
        if self.extra is None or not training:
            return own
        return own + ops.cast(self.extra(x, y, y_pred, sample_weight), own.dtype)


def _spread(batch: Any) -> Any:
    """Returns one text of every `PERTURBED` in a batch, from its first to its last."""
    rows = slice(None, None, PERTURBED)
    return keras.tree.map_structure(lambda each: None if each is None else each[rows], batch)


def plain(model: keras.Model) -> keras.Model:
    """Returns a model of the same layers without extra losses, for an export."""
    if not isinstance(model, RegularizedModel):
        return model
    return keras.Model(model.input, model.output, name=model.name)


class FunctionLoss(keras.losses.Loss):
    """The mean over the texts of what a function gives for each, as Keras compiles one."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.function = function

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        if y_pred.shape[-1] == 1 and len(y_true.shape) < len(y_pred.shape):
            y_true = y_true[..., None]  # Else each truth would meet every answer of the batch.
        return self.function(y_true, y_pred)


def loss_object(loss: Any) -> keras.losses.Loss:
    """Returns a loss as an object.

    Args:
        loss: an object, a function of truths and answers, or the name of either in
            `keras.losses`, such as "binary_crossentropy".

    Raises:
        SpaceError: it is none of these.
    """
    if isinstance(loss, str):
        with contextlib.suppress(ValueError):
            loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        return loss
    if callable(loss) and not isinstance(loss, type):
        return FunctionLoss(loss)
    raise SpaceError(
        f"Adversarial training needs a loss; got {loss!r}. Give a function, or an object such as "
        "keras.losses.BinaryCrossentropy()."
    )

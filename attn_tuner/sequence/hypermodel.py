"""A point of the search space becomes a compiled sequence model."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner

from attn_tuner.errors import SpaceError
from attn_tuner.sequence.losses import ExactMatch, TokenAccuracy, TokenCrossentropy
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.space import default_sequence_space
from attn_tuner.space import Part, SearchSpace, assemble
from attn_tuner.space.kerastuner import value_of
from attn_tuner.space.space_hypermodel import SpaceHyperModel, checked_space
from attn_tuner.training.fit_data import in_memory
from attn_tuner.training.row_adamw import RowAdamW
from attn_tuner.training.schedules import rate_for, warmed_cosine

NAME = "sequence_model"


class SequenceHyperModel(SpaceHyperModel):
    """Encoder and decoder with searched attention, for any KerasTuner tuner.

        vocabularies = PairVocabularies.build(sources, targets)
        x, y = vocabularies.arrays(sources, targets)
        hypermodel = SequenceHyperModel(len(vocabularies.source), len(vocabularies.target))
        objective = keras_tuner.Objective("val_exact_match", "max")
        tuner = keras_tuner.RandomSearch(hypermodel, objective, max_trials=10)
        tuner.search(x, y, validation_data=vocabularies.arrays(...), epochs=10)

    A model takes `{"source": ids, "copied": ids, "target": ids}` and is trained by teacher forcing;
    see `SequenceModel`. Its metrics are "token_accuracy" and "exact_match".

    Args:
        source_size: ids of the source vocabulary.
        target_size: ids of the target vocabulary.
        space: what to search; see `default_sequence_space`.
        training_texts: pairs of an epoch. Known, and with `epochs` in the space, the learning rate
            rises and falls over the whole training; else it is constant.
        seed: start of the weights and of dropout; None leaves them to Keras.
        name, tunable: as in `keras_tuner.HyperModel`.

    Raises:
        SpaceError: the space lacks a dimension of the model.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        *,
        space: SearchSpace | None = None,
        training_texts: int | None = None,
        seed: int | None = None,
        name: str = NAME,
        tunable: bool = True,
    ):
        super().__init__(name=name, tunable=tunable)
        self.source_size, self.target_size = int(source_size), int(target_size)
        self.space = checked_space(space, default_sequence_space())
        self.training_texts = training_texts
        self.seed = seed

    def model(self, values: Mapping[str, Any]) -> SequenceModel:
        """A compiled model of these values, by path; absent ones take their default."""
        values = {**self.space.defaults(), **values}
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        model = SequenceModel(
            self.source_size,
            self.target_size,
            embedding_dim=values["embedding_dim"],
            encoder=self._part("encoder", values),
            attention=self._part("attention", values),
            cell=values["decoder_cell"],
            layers=values["decoder_layers"],
            units=values["decoder_units"],
            input_feeding=values["input_feeding"],
            dropout=values["dropout"],
            scheduled_sampling=values["scheduled_sampling"],
            coverage_loss=values["coverage_loss"],
            copy=values["copy"],
            sampled_softmax=values["sampled_softmax"],
            name=self.name,
        )
        model.compile(
            RowAdamW(self._rate(values), weight_decay=values["weight_decay"], clipnorm=1.0),
            TokenCrossentropy(values["label_smoothing"]),
            metrics=[TokenAccuracy(), ExactMatch()],
            # XLA compiles anew for every length of batch, which costs more than it saves on text.
            jit_compile="auto" if keras.backend.backend() == "jax" else False,
        )
        # A checkpoint's optimiser state is skipped by Keras unless the optimiser has its variables.
        model.optimizer.build(model.trainable_variables)
        return model

    def _part(self, name: str, values: Mapping[str, Any]) -> keras.layers.Layer:
        part = self.space[name]
        if not isinstance(part, Part):
            raise SpaceError(f"'{name}' is {part!r}. It should be a Part.")
        return assemble(part, name, values)

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any
    ) -> Any:
        """`model.fit` with the batch size of `hp`, where the caller names none and data has none.

        `epochs` is filled in likewise if the space was extended with it.

        Raises:
            SpaceError: there are weights of classes, which a text does not have.
        """
        if kwargs.get("class_weight") is not None:
            raise SpaceError(
                "class_weight= weighs classes, and a target here is a row of tokens. Give "
                "sample_weight=, one number for each pair."
            )
        data = args[0] if args else kwargs.get("x")
        arrays = list(data.values()) if isinstance(data, Mapping) else [data]
        if len(args) < 3 and all(in_memory(each) for each in arrays):
            kwargs.setdefault("batch_size", int(value_of(hp, "batch_size", 64)))
        if "epochs" in self.space and len(args) < 4:
            kwargs.setdefault("epochs", int(value_of(hp, "epochs", 1)))
        return model.fit(*args, **kwargs)

    def _rate(self, values: Mapping[str, Any]) -> Any:
        peak = rate_for(values["batch_size"], values["learning_rate"])
        if self.training_texts is None or "epochs" not in values:
            return peak
        batches = -(-self.training_texts // values["batch_size"])
        return warmed_cosine(peak, batches * values["epochs"], last=0.05)

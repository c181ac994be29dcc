"""The decoder: a recurrent cell that asks the states of an encoder at every step."""

from typing import Any

import keras
from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.masking import average, first_only, last_only
from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.block import Block, cleared
from attn_tuner.layers.initializers import RoundedOrthogonal
from attn_tuner.layers.types import Member, Shape, Tensor

CELLS = {"gru": keras.layers.GRUCell, "lstm": keras.layers.LSTMCell}
STATES_OF_CELL = {"gru": 1, "lstm": 2}


class AttentionDecoder(Block):
    """Turns embedded target tokens into one vector a step, with attention to the source.

    Where the attention asks before the cell (Bahdanau et al. 2015):

        c_i = attend(s_{i-1});  s_i = cell([y_{i-1}; c_i], s_{i-1})

    Where it asks after the cell (Luong et al. 2015):

        s_i = cell(y_{i-1}, s_{i-1});  c_i = attend(s_i)

    Either way the vector is t_i = tanh(W [c_i; s_i]). With input feeding the cell also reads
    t_{i-1}. The first state is tanh(V [h_1; h_T]), both ends of the source, so that it knows the
    whole source whichever way the encoder reads.

        prepared = decoder.prepare(states, mask)             once for a source
        carried = decoder.begin(prepared)                    before the first step
        vector, alignment, carried = decoder.step(y, carried, prepared)

    `prepared` and `carried` are tuples of tensors whose first axis is the batch.

    Args:
        units: features of a state of the decoder, and of its vector.
        cell: "gru" or "lstm".
        layers: number of cells, each reading the state of the one below.
        attention: one of `decoder_attentions`.
        input_feeding: whether the cell reads the vector of the last step.

    Reference:
        Bahdanau et al. 2015, A.2.2. https://arxiv.org/abs/1409.0473 ;
        Luong et al. 2015, eq. 5 and section 3.3 (input feeding). https://aclanthology.org/D15-1166
    """

    def __init__(
        self,
        units: int = 128,
        cell: str = "gru",
        layers: int = 1,
        attention: Member = "additive",
        input_feeding: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        if cell not in CELLS:
            raise SpaceError(f"cell is {cell!r}. It should be one of {', '.join(CELLS)}.")
        self.units = size("units", units)
        self.cell = cell
        self.layers = size("layers", layers)
        self.attention = self.member(decoder_attentions, attention)
        self.input_feeding = bool(input_feeding)
        self.cells = [self._cell() for _ in range(self.layers)]

    def _cell(self) -> keras.layers.Layer:
        return CELLS[self.cell](
            self.units, recurrent_initializer=RoundedOrthogonal(), dtype=self.dtype_policy
        )

    def build(self, embedded_shape: Shape, states_shape: Shape) -> None:
        features = states_shape[-1]
        kept = self.layers * STATES_OF_CELL[self.cell]
        self.first_state = self._dense(kept * self.units, 2 * features, "first_state")
        self.to_width = None
        if self.attention.equal_widths and features != self.units:
            self.to_width = self._dense(self.units, features, "to_width", activation=None)
            features = self.units
        self.attention.build((None, self.units), (*states_shape[:-1], features))
        context = self.attention.features_out(features)
        read = embedded_shape[-1] + self.input_feeding * self.units
        read += self.attention.before_cell * context
        for place, cell in enumerate(self.cells):
            cell.build((None, self.units if place else read))
        self.combine = self._dense(self.units, context + self.units, "combine")

    def _dense(
        self, units: int, given: int, name: str, activation: str | None = "tanh"
    ) -> keras.layers.Dense:
        policy = self.policy_of(name)
        layer = keras.layers.Dense(units, activation=activation, dtype=policy, name=name)
        layer.build((None, given))
        return layer

    def prepare(self, states: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
        """Returns what is computed once for a source: the first state, and that of the attention.

        Args:
            states: (batch, steps, features).
            mask: bool, (batch, steps), or None.
        """
        if mask is None:
            mask = ops.ones(ops.shape(states)[:2], "bool")
        states = cleared(states, mask)
        ends = [average(end(mask)[:, None, :], states)[:, 0] for end in (first_only, last_only)]
        first = self.first_state(ops.concatenate(ends, axis=-1))
        wide = states if self.to_width is None else self.to_width(states)
        return (first, *self.attention.prepare(wide, mask))

    def begin(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Returns what is carried into the first step, in float32."""
        first, *source = prepared
        states = ops.split(first, self.layers * STATES_OF_CELL[self.cell], axis=-1)
        fed = [ops.zeros_like(states[0])] if self.input_feeding else []
        carried = [*states, *fed, *self.attention.start(tuple(source))]
        return tuple(ops.cast(each, "float32") for each in carried)

    def step(
        self, embedded: Tensor, carried: tuple[Tensor, ...], prepared: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Returns the vector (batch, units), the alignment (batch, hops, steps), and what is
        carried into the next step.

        Args:
            embedded: (batch, features), the embedded token before.
            carried: what the last step returned, or `begin`.
            prepared: what `prepare` returned.
        """
        source = tuple(prepared[1:])
        kept = self.layers * STATES_OF_CELL[self.cell]
        states = [ops.cast(each, self.compute_dtype) for each in carried[:kept]]
        fed = [ops.cast(each, self.compute_dtype) for each in carried[kept:][: self.input_feeding]]
        progress = tuple(carried[kept + self.input_feeding :])
        read = [embedded, *fed]
        if self.attention.before_cell:
            top = states[-STATES_OF_CELL[self.cell]]
            context, alignment, progress = self.attention.step(top, source, progress)
            top, states = self._through_cells([*read, context], states)
        else:
            top, states = self._through_cells(read, states)
            context, alignment, progress = self.attention.step(top, source, progress)
        vector = self.combine(ops.concatenate([context, top], axis=-1))
        following = [*states, *([vector] if self.input_feeding else []), *progress]
        return vector, alignment, tuple(ops.cast(each, "float32") for each in following)

    def _through_cells(
        self, read: list[Tensor], states: list[Tensor]
    ) -> tuple[Tensor, list[Tensor]]:
        """Returns the state of the highest cell, and those of all."""
        count, following = STATES_OF_CELL[self.cell], []
        given = ops.concatenate(read, axis=-1) if len(read) > 1 else read[0]
        for place, cell in enumerate(self.cells):
            given, found = cell(given, states[place * count : (place + 1) * count])
            following += found
        return given, following

    def call(
        self,
        embedded: Tensor,
        states: Tensor,
        mask: Tensor | None = None,
        return_alignment: bool = False,
    ) -> Any:
        """Returns the vectors (batch, target steps, units) of a known target.

        Args:
            embedded: (batch, target steps, features), the target behind the start mark.
            states: (batch, steps, features), those of the source.
            mask: bool, (batch, steps) of the source, or None.
            return_alignment: whether to return the alignment as well, (batch, target steps, steps)
                in float32, the mean over the hops.
        """
        prepared = self.prepare(states, mask)
        loop = keras.layers.RNN(
            _Step(self, prepared, return_alignment), return_sequences=True, dtype="float32"
        )
        found = loop(embedded, initial_state=list(self.begin(prepared)))
        if not return_alignment:
            return found
        return ops.cast(found[..., : self.units], self.compute_dtype), found[..., self.units :]

    def compute_mask(self, embedded: Tensor, previous_mask: Tensor | None = None) -> None:
        """Returns None: the loss knows padding by the ids."""

    def compute_output_shape(self, embedded_shape: Shape, states_shape: Shape) -> Shape:
        return (*embedded_shape[:-1], self.units)

    def compute_output_spec(
        self,
        embedded: Tensor,
        states: Tensor,
        mask: Tensor | None = None,
        return_alignment: bool = False,
    ) -> Any:
        shape = self.compute_output_shape(embedded.shape, states.shape)
        vectors = keras.KerasTensor(shape, self.compute_dtype)
        if not return_alignment:
            return vectors
        return vectors, keras.KerasTensor((*shape[:-1], states.shape[1]), "float32")


class _Step(keras.layers.Layer):
    """A step of a decoder as a cell of `keras.layers.RNN`, which has the loop of every backend.

    It is in float32, and so is what the loop carries: bfloat16 counts steps up to 256 only.

    Args:
        decoder: `AttentionDecoder`.
        prepared: what it prepared for the source.
        aligned: whether the alignment stands behind the features of a vector.
    """

    def __init__(self, decoder: AttentionDecoder, prepared: tuple[Tensor, ...], aligned: bool):
        super().__init__(dtype="float32")
        self.decoder, self.prepared, self.aligned = decoder, prepared, aligned
        self.state_size = self.output_size = decoder.units

    def build(self, embedded_shape: Shape) -> None:
        pass

    def call(self, embedded: Tensor, states: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        embedded = ops.cast(embedded, self.decoder.compute_dtype)
        vector, alignment, carried = self.decoder.step(embedded, tuple(states), self.prepared)
        if self.aligned:
            parts = [ops.cast(vector, "float32"), ops.mean(alignment, axis=1)]
            vector = ops.concatenate(parts, axis=-1)
        return vector, list(carried)

"""The default search space of a sequence model."""

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.encoding import encoders
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace

ENCODERS = ("bigru", "bilstm", "gru", "lstm")


def default_sequence_space() -> SearchSpace:
    """Returns the default space of `SequenceHyperModel`; its defaults make one good model."""
    return SearchSpace(
        embedding_dim=Int(32, 128, step=32, default=64),
        encoder=Part(encoders, among=ENCODERS, default="bigru"),
        attention=Part(decoder_attentions, default="additive"),
        decoder_cell=Choice(("gru", "lstm")),
        decoder_layers=Int(1, 2, default=1),
        decoder_units=Int(32, 256, step=32, default=128),
        input_feeding=Choice((False, True)),
        dropout=Float(0.0, 0.5, step=0.1, default=0.1),
        scheduled_sampling=Choice((0.0, 0.1, 0.25)),
        coverage_loss=Choice((0.0, 1.0)),
        copy=Choice((False, True)),
        sampled_softmax=Choice((0,)),  # Where the vocabulary is large, give numbers.
        label_smoothing=Float(0.0, 0.2, step=0.05, default=0.0),
        learning_rate=Float(3e-4, 1e-2, log=True, default=3e-3),
        weight_decay=Float(1e-6, 1e-1, log=True, default=1e-4),
        batch_size=Choice((32, 64, 128), default=64),
    )

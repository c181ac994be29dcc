"""Explains texts: predictions of a bundle with the weights of its attention heads."""

from collections.abc import Iterable, Sequence

import keras
import numpy as np

from attn_tuner.attention import Head
from attn_tuner.attention.placed_weights import placed_weights
from attn_tuner.explaining.explanation import Explanation
from attn_tuner.exporting.bundle import Bundle, pad_ids
from attn_tuner.inputs.kinds import require_words
from attn_tuner.inputs.truncation import truncate
from attn_tuner.text.token_ids import UNKNOWN

BATCH = 64


def explain(bundle: Bundle, texts: str | Sequence[str]) -> list[Explanation]:
    """Predicts each text and returns the attention weights of its tokens.

    Args:
        bundle: an `exporting.Bundle`.
        texts: one text or several, in any form that `bundle.inputs` reads.

    Raises:
        DataError: one of them is not a text.
    """
    return Explainer(bundle)(texts)


class Explainer:
    """Explains texts in many calls: `Explainer(bundle)(texts)`.

    Args:
        bundle: an `exporting.Bundle`; without an attention head there are no weights.
    """

    def __init__(self, bundle: Bundle):
        require_words(bundle.input, "explain()", "Use predict().")
        self.bundle = bundle
        cut_before = (bundle.max_length, bundle.truncation)
        self.rows, self._outputs = _with_attention(bundle.model, cut_before)

    def __call__(self, texts: str | Sequence[str]) -> list[Explanation]:
        """Explains one text or several; see `explain`."""
        given = self.bundle.inputs(texts, "explain()")
        rows = self.bundle.ids(given) if given else []
        answers = self.answers(rows, self.bundle.beside(given) if given else None)
        named = [self.bundle.described(each) for each in given]
        return [self._explanation(*each) for each in zip(named, rows, *answers, strict=True)]

    def answers(
        self, rows: Sequence[Sequence[int]], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Predicts token ids.

        Args:
            rows: for each text its ids, as `bundle.ids` returns them.
            beside: what the model reads beside the ids, as `bundle.beside` returns it.

        Returns:
            Probabilities `(texts, classes)`, and for each text its weights `(rows, tokens)`.
        """
        probabilities = np.zeros((len(rows), self.bundle.width), "float32")
        weights = [np.zeros((0, 0))] * len(rows)
        for chosen in batches_by_length(rows):
            ids = pad_ids([rows[each] for each in chosen], self.bundle.steps)
            batch = ids if beside is None else [ids, beside[chosen]]
            given = self._outputs.predict_on_batch(batch)
            given = {name: keras.ops.convert_to_numpy(each) for name, each in given.items()}
            probabilities[chosen] = self.bundle.columns(given.pop("probabilities"))
            for place, each in enumerate(chosen):
                parts = [part[place, :, : len(rows[each])] for part in given.values()]
                weights[each] = np.concatenate([np.zeros((0, len(rows[each]))), *parts])
        return probabilities, weights

    def _explanation(self, text, ids, probabilities, weights):
        tokens, spans = _tokens(self.bundle, text)
        named = self.bundle.classes or ("value",)
        words = len(self.bundle.vectorizer.vocabulary)
        places = truncate(list(range(len(tokens))), self.bundle.max_length, self.bundle.truncation)
        return Explanation(
            text=text,
            label=self.bundle.label(probabilities),
            probabilities=dict(zip(named, map(float, probabilities), strict=True)),
            tokens=tuple(tokens[place] for place in places),
            spans=tuple(spans[place] for place in places),
            known=tuple(UNKNOWN < each < words for each in ids),
            rows=self.rows,
            weights=weights,
            left_out=len(tokens) - len(places),
            **self._doubt(probabilities),
        )

    def _doubt(self, probabilities):
        """Returns what the model says of its doubt of one row, as fields of an `Explanation`."""
        conformal, known, found = self.bundle.conformal, self.bundle.known, {}
        if conformal is not None and self.bundle.kind == "number":
            found["interval"] = conformal.interval(float(probabilities[0]))
        elif conformal is not None:
            found["set"] = conformal.names(probabilities, self.bundle.classes)
        if known is not None:
            found["is_known"] = bool(known.known(probabilities[None])[0])
        return found


def predict_ids(bundle: Bundle, rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Predicts token ids, of which some may have been left out.

    Args:
        bundle: the model.
        rows: for each text its ids.

    Returns:
        Probabilities `(texts, classes)`.
    """
    result = np.zeros((len(rows), bundle.width), "float32")
    for chosen in batches_by_length(rows):
        ids = pad_ids([rows[each] for each in chosen], bundle.steps)
        given = keras.ops.convert_to_numpy(bundle.model.predict_on_batch(ids))
        result[chosen] = bundle.columns(given)
    return result


def batches_by_length(rows: Sequence[Sequence[int]], size: int = BATCH) -> Iterable[np.ndarray]:
    """Groups rows of similar length.

    Args:
        rows: for each text its ids.
        size: int, rows in a batch.

    Returns:
        For each batch the indices of its rows.
    """
    order = np.argsort([len(ids) for ids in rows], kind="stable")
    return (order[start : start + size] for start in range(0, len(order), size))


def _with_attention(model, cut_before):
    """Returns names of the weight rows, and a model that outputs weights and probabilities."""
    outputs = {"probabilities": model.outputs[0]}
    rows = []
    if any(isinstance(layer, Head) for layer in model.layers):
        for name, weights in placed_weights(model, cut_before).items():
            hops = weights.shape[1]
            rows += [name] if hops == 1 else [f"{name}, hop {hop + 1}" for hop in range(hops)]
            outputs[f"weights {name}"] = weights
    return tuple(rows), keras.Model(model.inputs, outputs)


def _tokens(bundle, text):
    """Returns all tokens of a text and their character spans."""
    vectorizer = bundle.vectorizer
    if hasattr(vectorizer, "spans"):
        return list(vectorizer.tokens(text)), [tuple(span) for span in vectorizer.spans(text)]
    # A Keras TextVectorization gives no spans, and no token but the entry of its vocabulary.
    every, _ = vectorizer.encode([text])
    return [vectorizer.vocabulary[each] for each in every], [(-1, -1)] * len(every)

"""One text, the answer to it, and how much attention each of its tokens got."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Explanation:
    """What the model answered to one text, and where it looked.

    Shown as HTML in a notebook, in colours by `rich.print`, as data by `as_dict`.

    Args:
        text: as it was given.
        label: name of the most probable class; the labels of the text joined; or the number.
        probabilities: class or label to probability; of a regression "value" to the number.
        tokens: those the model read, in order: the text limit keeps no others.
        spans: `(start, end)` of each token in `text`, in characters; `(-1, -1)` where the
            vectorizer cannot say.
        known: whether each token is in the vocabulary.
        rows: a name for each row of weights: the head, and the hop where it has several.
        weights: `(rows, tokens)`; each row sums to 1 for most heads.
        left_out: tokens of the text beyond the limit.
    """

    text: str
    label: str
    probabilities: dict[str, float]
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    known: tuple[bool, ...]
    rows: tuple[str, ...]
    weights: np.ndarray
    left_out: int = 0

    @property
    def probability(self) -> float:
        """Of the label; where there are several or none, of the most probable one."""
        return self.probabilities.get(self.label, max(self.probabilities.values()))

    @property
    def attention(self) -> np.ndarray:
        """One weight per token, `(tokens,)`: the mean of the rows, which sums to 1.

        All zeros where the model has no attention.
        """
        if not len(self.weights):
            return np.zeros(len(self.tokens))
        mean = self.weights.mean(axis=0, dtype="float64")
        total = mean.sum()
        return mean / total if total > 0 else mean

    def most_attended(self, count: int = 5) -> list[tuple[str, float]]:
        """The tokens with the greatest weights, as they stand in the text, greatest first."""
        attention = self.attention
        order = np.argsort(-attention, kind="stable")[:count]
        return [(self.written(place), float(attention[place])) for place in order]

    def written(self, place: int) -> str:
        """The token at `place` as the text has it; as the vectorizer has it where it must."""
        start, end = self.spans[place]
        return self.text[start:end] if 0 <= start < end else self.tokens[place]

    def as_dict(self) -> dict:
        """The whole as JSON can hold it."""
        attention = self.attention
        tokens = [
            {
                "token": token,
                "start": start,
                "end": end,
                "known": known,
                "weight": float(attention[place]),
                "weights": [float(each) for each in self.weights[:, place]],
            }
            for place, (token, (start, end), known) in enumerate(
                zip(self.tokens, self.spans, self.known, strict=True)
            )
        ]
        return {
            "text": self.text,
            "label": self.label,
            "probability": self.probability,
            "probabilities": self.probabilities,
            "rows": list(self.rows),
            "tokens": tokens,
            "left_out": self.left_out,
        }

    def html(self) -> str:
        """See `rendering.to_html`."""
        from attn_tuner.explaining.rendering import to_html

        return to_html(self)

    def _repr_html_(self):
        return self.html()

    def __rich__(self):
        from attn_tuner.explaining.rendering import to_rich

        return to_rich(self)

    def __str__(self):
        words = ", ".join(f"{word} {weight:.0%}" for word, weight in self.most_attended())
        return f"{self.label} ({self.probability:.1%}); most attended: {words or 'nothing'}"

"""One text, its prediction, and the attention weight of each of its tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Group

from attn_tuner.explaining.rendering import to_html, to_rich


@dataclass(frozen=True, eq=False)
class Explanation:
    """The prediction for one text with its attention weights.

    A notebook shows it as HTML and `rich.print` in colours; `as_dict` returns it as data.

    Args:
        text: str, as it was given.
        label: str, name of the most probable class; of a text with several labels all of them,
            joined; of a regression the number.
        probabilities: class or label to probability; of a regression "value" to the number.
        tokens: the tokens that the model read, in order; those beyond the length limit are missing.
        spans: (start, end) of each token in `text`, in characters; (-1, -1) where the vectorizer
            does not give them.
        known: for each token, whether the vocabulary has it.
        rows: a name for each row of weights: the head, and the hop where it has several.
        weights: `(rows, tokens)` float; each row sums to 1 for most heads.
        left_out: int, number of tokens beyond the length limit.
        set: names of the classes in the prediction set, of a model that has such sets.
        interval: lower and upper end of the number, of a model that has intervals; else None.
        is_known: False where the text is probably none of the classes, of a model that tells; else
            None.
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
    set: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    is_known: bool | None = None

    @property
    def probability(self) -> float:
        """Probability of the label; of several labels or none, the greatest probability."""
        return self.probabilities.get(self.label, max(self.probabilities.values()))

    @property
    def attention(self) -> np.ndarray:
        """One weight for each token, `(tokens,)`: the mean of the rows, normalized to sum to 1.

        All zeros where the model has no attention.
        """
        if not len(self.weights):
            return np.zeros(len(self.tokens))
        mean = self.weights.mean(axis=0, dtype="float64")
        total = mean.sum()
        return mean / total if total > 0 else mean

    def most_attended(self, count: int = 5) -> list[tuple[str, float]]:
        """Returns the tokens with the greatest weights, greatest first.

        Args:
            count: int, number of tokens.

        Returns:
            Pairs (token as the text has it, weight).
        """
        attention = self.attention
        order = np.argsort(-attention, kind="stable")[:count]
        return [(self.token_text(index), float(attention[index])) for index in order]

    def token_text(self, index: int) -> str:
        """Returns a token as the text has it, or as the vectorizer has it where spans are missing.

        Args:
            index: int, position among the tokens.
        """
        start, end = self.spans[index]
        return self.text[start:end] if 0 <= start < end else self.tokens[index]

    def segments(
        self, weights: Sequence[float] | np.ndarray | None = None
    ) -> Iterator[tuple[str, float | None]]:
        """Cuts the text into tokens and what lies between them.

        Joined, the segments are the text. Without spans they are the tokens, with a space between.

        Args:
            weights: `(tokens,)` float; if not given, `attention`.

        Yields:
            Pairs (segment, weight); the weight is None between tokens.
        """
        weights = self.attention if weights is None else weights
        if any(start < 0 for start, _ in self.spans):
            for token, weight in zip(self.tokens, weights, strict=True):
                yield token, float(weight)
                yield " ", None
            return
        position = 0
        for (start, end), weight in zip(self.spans, weights, strict=True):
            if start < position or end <= start:
                continue  # A character that became several tokens is shown with the first.
            if start > position:
                yield self.text[position:start], None
            yield self.text[start:end], float(weight)
            position = end
        if position < len(self.text):
            yield self.text[position:], None

    def as_dict(self) -> dict:
        """Returns everything in types that JSON has."""
        attention = self.attention
        tokens = [
            {
                "token": token,
                "start": start,
                "end": end,
                "known": known,
                "weight": float(attention[index]),
                "weights": [float(each) for each in self.weights[:, index]],
            }
            for index, (token, (start, end), known) in enumerate(
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
            **self.doubt(),
        }

    def doubt(self) -> dict:
        """Returns prediction set, interval and whether the text is known, as the model has them."""
        found = {"set": list(self.set) or None, "interval": self.interval, "known": self.is_known}
        return {name: each for name, each in found.items() if each is not None}

    def html(self) -> str:
        """Returns a self-contained fragment of HTML; see `rendering.to_html`."""
        return to_html(self)

    def _repr_html_(self) -> str:
        return self.html()

    def __rich__(self) -> Group:
        return to_rich(self)

    def __str__(self) -> str:
        words = ", ".join(f"{word} {weight:.0%}" for word, weight in self.most_attended())
        return f"{self.label} ({self.probability:.1%}); most attended: {words or 'nothing'}"


class Explanations(list[Explanation]):
    """A list of explanations, shown one below the other: as HTML in a notebook, else in colours."""

    def _repr_html_(self) -> str:
        return "".join(map(to_html, self))

    def __rich__(self) -> Group:
        return Group(*map(to_rich, self))

    def __str__(self) -> str:
        return "\n".join(map(str, self))

"""Examples of what a model writes, and how well it does by the length of the source."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from attn_tuner.sequence_search.pair_dataset import Spans
from attn_tuner.sequence_search.text_metrics import measure_texts, similarity

SHOWN = 3  # Examples of a kind.
MOST_TOKENS = 60  # Of a side, in an alignment that is kept.
GROUPS = 4  # Of lengths.
KINDS = ("best", "median", "worst")


@dataclass(frozen=True)
class Example:
    """A pair, and what the model wrote.

    Args:
        kind: one of `KINDS`.
        source, wanted, written: the texts.
        similarity: of the last two, from 0 to 1.
    """

    kind: str
    source: str
    wanted: str
    written: str
    similarity: float


def choose_examples(
    sources: Sequence[str], wanted: Sequence[str], written: Sequence[str]
) -> list[dict]:
    """Returns the pairs that the model wrote best, in the middle and worst, as JSON.

    Args:
        sources, wanted, written: texts, in one order.
    """
    alike = np.array([similarity(*pair) for pair in zip(written, wanted, strict=True)])
    order = [int(row) for row in np.argsort(-alike, kind="stable")]
    middle = max(0, len(order) // 2 - SHOWN // 2)
    chosen = zip(
        KINDS,
        (order[:SHOWN], order[middle : middle + SHOWN], order[::-1][:SHOWN]),
        strict=True,
    )
    return [
        asdict(Example(kind, sources[row], wanted[row], written[row], float(alike[row])))
        for kind, rows in chosen
        for row in rows
    ]


def with_alignments(examples: Sequence[dict], found: dict[str, np.ndarray]) -> list[dict]:
    """Adds to each example its alignment: tokens of both sides, and the weights between them.

    Args:
        examples: from `choose_examples`.
        found: of their sources, as `Translator.explain` gives it, as arrays.
    """
    rows = []
    for number, example in enumerate(examples):
        sides = [
            [token.decode("utf-8") for token in found[name][number] if token][:MOST_TOKENS]
            for name in ("source_tokens", "target_tokens")
        ]
        weights = found["alignment"][number, : len(sides[1]), : len(sides[0])]
        alignment = {
            "source_tokens": sides[0],
            "target_tokens": sides[1],
            "weights": np.round(weights.astype(float), 4).tolist(),
        }
        rows.append({**example, "alignment": alignment})
    return rows


def by_length(
    lengths: Sequence[int] | np.ndarray,
    wanted: Sequence[str],
    written: Mapping[str, Sequence[str]],
    objective: str = "",
) -> list[dict]:
    """Measures texts by the length of their source, in groups of about equal size, as JSON.

    Args:
        lengths: tokens of each source.
        wanted: the targets.
        written: by name of a model or baseline, what it wrote.
        objective: of the search; see `measure_texts`.

    Returns:
        For each group `from` and `to` (tokens), `pairs`, and by name the metrics.
    """
    sizes = np.asarray(lengths)
    edges = np.unique(np.quantile(sizes, np.linspace(0, 1, GROUPS + 1)).astype(int))
    group = np.clip(np.searchsorted(edges[1:], sizes), 0, max(0, len(edges) - 2))
    rows = []
    for number in np.unique(group):
        own = np.flatnonzero(group == number).tolist()
        texts = [wanted[row] for row in own]
        metrics = {
            name: measure_texts([each[row] for row in own], texts, objective)
            for name, each in written.items()
        }
        rows.append(
            {
                "from": int(sizes[own].min()),
                "to": int(sizes[own].max()),
                "pairs": len(own),
                "metrics": metrics,
            }
        )
    return rows


def mass_on_spans(alignment: np.ndarray, spans: Sequence[Spans], marks: int = 1) -> float:
    """Returns the share of the alignment that lies on what decides each part of the target.

    Args:
        alignment: (pairs, target steps, source steps), of characters.
        spans: of each pair.
        marks: tokens before the first character of a source.
    """
    shares = []
    for rows, known in zip(alignment, spans, strict=True):
        for (first, last), (start, end) in known.items():
            own = rows[first:last]
            on_span = own[:, start + marks : end + marks].sum()
            shares.append(float(on_span / max(float(own.sum()), 1e-9)))
    return float(np.mean(shares))

"""Puts a learning curve into lines for a terminal."""

from collections.abc import Mapping, Sequence

from attn_tuner.labelling.estimate import LEVEL, Estimate
from attn_tuner.system.terminal import to_single_line

_WIDTH = 8  # Of the word before a line.
_LONGEST_NAME = 40  # Characters shown of a class.
_FARTHEST = 2.0  # Times the texts labelled by now, as far as forecasts were measured.


def measured_lines(
    name: str, texts: int, sizes: Sequence[int], accuracies: Sequence[float]
) -> list[str]:
    """Says how accurate linear models were that learnt from growing parts of the texts."""
    cells = [
        (f"{size:,}", f"{accuracy:.1f}") for size, accuracy in zip(sizes, accuracies, strict=True)
    ]
    width = max(len(cell) for pair in cells for cell in pair) + 2
    learnt, right = zip(*cells, strict=True)
    return [
        _line("Data", f"{to_single_line(name)}: {texts:,} labelled texts"),
        _line("Curve", f"texts learnt from{_row(learnt, width)}"),
        _line("", f"accuracy in %    {_row(right, width)}"),
    ]


def gain_lines(estimates: Mapping[int, tuple[Estimate, Estimate]], texts: int) -> list[str]:
    """Says what further texts would gain, and the accuracy they would lead to.

    Args:
        estimates: further texts to the gain and the accuracy.
        texts: int, those labelled by now.
    """
    lines = []
    for more, (gain, accuracy) in estimates.items():
        far = "; farther than forecasts were measured" if texts + more > _FARTHEST * texts else ""
        said = f"{more:,} more labelled texts: {said_gain(gain)}, to {accuracy.points:.1f} %{far}"
        lines.append(_line("" if lines else "More", said))
    return lines


def class_lines(gains: Mapping[str, Estimate], more: int, show: int) -> list[str]:
    """Says which classes would gain most; nothing where no class has a curve of its own."""
    ranked = sorted(gains.items(), key=lambda item: -item[1].points)[:show]
    if not ranked:
        return []
    lines = [_line("Classes", f"of their texts recognised, with {more:,} more of all classes")]
    for name, gain in ranked:
        cut = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
        lines.append(_line("", f"'{to_single_line(cut)}': {said_gain(gain)}"))
    hidden = len(gains) - len(ranked)
    return [*lines, _line("", f"and {hidden:,} more")] if hidden else lines


def search_lines(search: str) -> list[str]:
    """Says what another hour of the search would gain; nothing where no run was given."""
    return [_line("Search", search)] if search else []


def said_gain(gain: Estimate) -> str:
    """Says a gain with its interval: "+1.2 points (80 % interval +0.8 to +1.6)"."""
    return f"{gain.points:+.1f} points ({LEVEL:.0%} interval {gain.low:+.1f} to {gain.high:+.1f})"


def _row(cells: Sequence[str], width: int) -> str:
    return "".join(f"{cell:>{width}}" for cell in cells)


def _line(label: str, said: str) -> str:
    return f"{label:<{_WIDTH}}{said}"

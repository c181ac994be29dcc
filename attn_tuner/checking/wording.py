"""Puts the findings of a check into lines for a terminal."""

from collections.abc import Mapping, Sequence

from attn_tuner.checking.label_errors import LabelError
from attn_tuner.system.terminal import to_single_line

WIDTH = 8  # Of the word before a line.
_LONGEST_TEXT, _LONGEST_NAME = 100, 40  # Characters shown of a text, and of a class.


def size_line(name: str, sizes: Mapping[str, int], classes: Sequence[str]) -> str:
    """Says how many texts there are."""
    parts = ", ".join(f"{role} {count:,}" for role, count in sizes.items())
    return _line("Data", f"{name}: {sum(sizes.values()):,} texts ({parts}), {len(classes)} classes")


def label_lines(errors: Sequence[LabelError], judged: int, show: int) -> list[str]:
    """Says how many labels are probably wrong, and which are the most suspicious."""
    if not judged:
        said = "not judged: each class needs at least 3 texts, in 3 groups if there are groups"
        return [_line("Labels", said)]
    if not errors:
        return [_line("Labels", f"none of {judged:,} looks wrong")]
    share = len(errors) / judged
    lines = [_line("Labels", f"{len(errors):,} of {judged:,} ({share:.1%}) contradict their texts")]
    for each in errors[:show]:
        words = f"; words: {', '.join(map(_quoted, each.words))}" if each.words else ""
        lines += [
            _line(
                "",
                f"{each.place}: given {named(each.label)}, rather {named(each.suggested)} "
                f"({each.probability:.0%}){words}",
            ),
            _line("", f"    {shortened(each.text)}"),
        ]
    return lines + more_line(len(errors), show)


def more_line(found: int, show: int) -> list[str]:
    """Says how many findings are not shown, if there are any."""
    return [_line("", f"and {found - show:,} more")] if found > show else []


def named(name: str) -> str:
    """Returns the name of a class in quotes, shortened, on one line."""
    return _quoted(name)


def shortened(text: str) -> str:
    """Returns the beginning of a text on one line, without commands to a terminal."""
    begun = " ".join(text[: 8 * _LONGEST_TEXT].split())
    cut = begun[:_LONGEST_TEXT]
    return to_single_line(cut) + ("..." if len(begun) > len(cut) else "")


def _quoted(name: str) -> str:
    cut = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return f"'{to_single_line(cut)}'"


def _line(label: str, said: str) -> str:
    return f"{label:<{WIDTH}}{said}"

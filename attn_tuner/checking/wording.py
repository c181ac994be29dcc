"""Puts the findings of a check into lines for a terminal."""

from collections import Counter
from collections.abc import Mapping, Sequence

from attn_tuner.checking.confused import ConfusedClasses
from attn_tuner.checking.copies import Copies
from attn_tuner.checking.gain import Gain
from attn_tuner.checking.label_errors import LabelError
from attn_tuner.checking.leaks import Leak
from attn_tuner.checking.odd_texts import OddText
from attn_tuner.system.terminal import to_single_line

WIDTH = 8  # Of the word before a line.
_LONGEST_TEXT, _LONGEST_NAME = 100, 40  # Characters shown of a text, and of a class.
_PLACES = 6  # Of a group of copies that are named.


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
        words = f"; words: {', '.join(map(quoted, each.words))}" if each.words else ""
        lines += [
            _line(
                "",
                f"{each.place}: given {quoted(each.label)}, rather {quoted(each.suggested)} "
                f"({each.probability:.0%}){words}",
            ),
            _line("", f"    {shortened(each.text)}"),
        ]
    return lines + more_line(len(errors), show)


def gain_lines(gain: Gain | None) -> list[str]:
    """Says what the suspicious labels cost; nothing where that was not estimated."""
    if gain is None:
        return []
    said = (
        f"leaving these {gain.labels:,} labels out changes the accuracy of a linear model on other "
        f"texts by {gain.points:+.1f} points, \u00b1 {gain.margin:.1f} (95 % interval)"
    )
    lines = [_line("Gain", said)]
    if gain.points + gain.margin < 0:
        lines.append(
            _line("", "so most of them are right: correct those alone that you find wrong")
        )
    return lines


def confused_lines(confused: Sequence[ConfusedClasses], show: int) -> list[str]:
    """Says which classes are confused with each other; nothing where none are."""
    if not confused:
        return []
    lines = [_line("Classes", f"{_count(len(confused), 'pair')} confused with each other")]
    for each in confused[:show]:
        one, other = map(quoted, each.classes)
        there, back = each.texts
        said = (
            f"{one} taken for {other} {there:,} times, and back {back:,}: {each.share:.0%} of both"
        )
        lines.append(_line("", said))
    return lines + more_line(len(confused), show)


def leak_lines(leaks: Sequence[Leak], show: int) -> list[str]:
    """Says which n-grams give a class away; nothing where none do."""
    if not leaks:
        return []
    lines = [_line("Leaks", "words that give a class away: does a new text have them?")]
    for each in leaks[:show]:
        lines.append(
            _line(
                "",
                f"{quoted(each.words)} is in {each.coverage:.0%} of {quoted(each.label)}, and "
                f"{each.elsewhere:,} of the {each.texts:,} texts with it are of other classes",
            )
        )
    return lines + more_line(len(leaks), show)


def copies_lines(copies: Sequence[Copies], show: int) -> list[str]:
    """Says how many texts are copies, in how many parts and with how many labels."""
    if not copies:
        return [_line("Copies", "none")]
    crossing, contradicting = (
        [each for each in copies if each.crosses],
        [each for each in copies if each.contradicts],
    )
    texts = sum(len(each.places) for each in copies)
    lines = [
        _line(
            "Copies",
            f"{texts:,} texts are nearly the same as another, in {_count(len(copies), 'group')}; "
            f"{len(crossing):,} over several parts, {len(contradicting):,} with different labels",
        )
    ]
    shown = [*contradicting, *(each for each in crossing if not each.contradicts)]
    for each in shown[:show]:
        places = ", ".join(map(str, each.places[:_PLACES]))
        rest = ", ..." if each.places[_PLACES:] else ""
        facts = [" or ".join(map(quoted, each.labels[:_PLACES]))]
        facts += [" and ".join(each.parts)] if each.crosses else []
        lines += [
            _line("", f"{places}{rest} ({'; '.join(facts)})"),
            _line("", f"    {shortened(each.text)}"),
        ]
    return lines + more_line(len(shown), show)


def odd_lines(odd: Sequence[OddText], show: int) -> list[str]:
    """Says which texts are unlike the others; nothing where none are."""
    if not odd:
        return []
    counts = Counter(each.reason for each in odd)
    said = ", ".join(f"{count:,} {reason}" for reason, count in counts.items())
    lines = [_line("Texts", f"unlike the others: {said}")]
    for each in odd[:show]:
        lines.append(_line("", f"{each.place}: {each.reason}: {shortened(each.text)}"))
    return lines + more_line(len(odd), show)


def more_line(found: int, show: int) -> list[str]:
    """Says how many findings are not shown, if there are any."""
    return [_line("", f"and {found - show:,} more")] if found > show else []


def shortened(text: str) -> str:
    """Returns the beginning of a text on one line, without commands to a terminal."""
    begun = " ".join(text[: 8 * _LONGEST_TEXT].split())
    cut = begun[:_LONGEST_TEXT]
    return to_single_line(cut) + ("..." if len(begun) > len(cut) else "")


def quoted(name: str) -> str:
    """Returns the name of a class, or a few words, in quotes: shortened, on one line."""
    cut = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
    return f"'{to_single_line(cut)}'"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _line(label: str, said: str) -> str:
    return f"{label:<{WIDTH}}{said}"

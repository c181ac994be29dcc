"""Generates the dates corpus: dates as people write them, and the same in ISO 8601.

    "Mittwoch, 3. März 2021"   ->   "2021-03-03"

Five languages and 23 forms. Every text has one reading: between full stops and spaces the day
comes before the month, between slashes the month before the day, and a year of two digits lies
from 1950 to 2049. Which characters of the source decide each part of the target is known, so the
alignment of a model can be checked against the truth.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

PARTS = {"year": (0, 4), "month": (5, 7), "day": (8, 10)}  # Their places in the target.
SIZES = {"train": 6_000, "validation": 500, "test": 1_000}
_FIRST_YEAR, _LAST_YEAR = 1950, 2049

_LANGUAGES = {
    "en": (
        "January February March April May June July August September October November December",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        (
            "{day} {month} {year}",
            "{month} {day}, {year}",
            "{weekday}, {day} {month} {year}",
            "{day} {short} {year}",
            "{short} {day}, {year}",
            "the {ordinal} of {month} {year}",
            "{weekday}, {month} {ordinal}, {year}",
        ),
    ),
    "de": (
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
        ("{day}. {month} {year}", "{weekday}, {day}. {month} {year}", "den {day}. {month} {year}"),
    ),
    "fr": (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        ("{day} {month} {year}", "le {day} {month} {year}", "{weekday} {day} {month} {year}"),
    ),
    "es": (
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
        ("{day} de {month} de {year}", "{weekday}, {day} de {month} de {year}"),
    ),
    "nl": (
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        ("{day} {month} {year}", "{weekday} {day} {month} {year}"),
    ),
}
_NUMBERS = (
    "{day}.{number}.{year}",
    "{day}.{number}.{two_digits}",
    "{number}/{day}/{year}",
    "{number}/{day}/{two_digits}",
    "{day} {number} {year}",
    "{year}-{number}-{day}",
)
_PART_OF = {
    "year": "year",
    "two_digits": "year",
    "month": "month",
    "short": "month",
    "number": "month",
    "day": "day",
    "ordinal": "day",
}


@dataclass(frozen=True)
class DatePair:
    """One generated pair.

    Args:
        source: the date as somebody writes it.
        target: the same in ISO 8601, `"2021-03-03"`.
        spans: "year", "month" and "day" to the characters of the source that decide that part of
            the target, `(start, end)`; where they stand in the target says `PARTS`.
    """

    source: str
    target: str
    spans: dict[str, tuple[int, int]]


def date_pairs(count: int, seed: int = 0) -> list[DatePair]:
    """Generates `count` pairs with different sources; deterministic for a seed."""
    random, made = Random(seed), {}
    while len(made) < count:
        pair = _pair(random)
        made.setdefault(pair.source, pair)
    return list(made.values())


def dates_corpus(seed: int = 0) -> dict[str, list[DatePair]]:
    """Generates the corpus by part: "train", "validation" and "test", no source in two of them."""
    every = iter(date_pairs(sum(SIZES.values()), seed))
    return {role: [next(every) for _ in range(size)] for role, size in SIZES.items()}


def _pair(random: Random) -> DatePair:
    year, month = random.randint(_FIRST_YEAR, _LAST_YEAR), random.randint(1, 12)
    when = date(year, month, random.randint(1, monthrange(year, month)[1]))
    if random.random() < 0.3:
        pattern, words = random.choice(_NUMBERS), _numbers(when, random.random() < 0.5)
    else:
        months, weekdays, patterns = _LANGUAGES[random.choice(tuple(_LANGUAGES))]
        pattern = random.choice(patterns)
        words = _words(when, months.split(), weekdays.split())
    source, spans = "", {}
    for text, name in _pieces(pattern):
        written = words[name] if name else text
        if name in _PART_OF:
            spans[_PART_OF[name]] = (len(source), len(source) + len(written))
        source += written
    return DatePair(source, when.isoformat(), spans)


def _pieces(pattern: str) -> Iterator[tuple[str, str]]:
    """The text and the names of a pattern in turn: one of the two is empty."""
    for piece in pattern.split("{"):
        name, closed, text = piece.rpartition("}")
        if closed:
            yield "", name
        yield text, ""


def _numbers(when: date, padded: bool) -> dict[str, str]:
    width = 2 if padded else 1
    return {
        "day": f"{when.day:0{width}}",
        "number": f"{when.month:0{width}}",
        "year": str(when.year),
        "two_digits": f"{when.year % 100:02}",
    }


def _words(when: date, months: list[str], weekdays: list[str]) -> dict[str, str]:
    month = months[when.month - 1]
    return {
        "day": str(when.day),
        "ordinal": f"{when.day}{_ending(when.day)}",
        "month": month,
        "short": month[:3],
        "weekday": weekdays[when.weekday()],
        "year": str(when.year),
    }


def _ending(day: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return "th" if 10 < day < 14 else endings.get(day % 10, "th")

"""Generates the orders corpus: short orders as people write them, and a line that sums them up.

    "Good morning, we still need 12 green folders. Please send them to Nora Bauer in Lisbon by
    Friday. Thank you!"   ->   "12 green folders, Nora Bauer, Lisbon, Friday"

Greetings, remarks and the order of the parts vary; a remark may name another day or number, which
does not belong in the line. What has no day ends in "any day".
"""

from dataclasses import dataclass
from random import Random

SIZES = {"train": 4_000, "validation": 300, "test": 600}
ANY_DAY = "any day"

_COLOURS = ("green", "blue", "red", "white", "black", "yellow")
_THINGS = ("folders", "lamps", "chairs", "notebooks", "cups", "pens", "shelves", "keyboards")
_FIRST = ("Nora", "Paul", "Aisha", "Jonas", "Lucia", "Omar", "Ingrid", "Mateo")
_LAST = ("Bauer", "Costa", "Lindholm", "Okafor", "Novak", "Moreau", "Tanaka", "Rossi")
_TOWNS = ("Lisbon", "Gdansk", "Lyon", "Porto", "Ghent", "Turin", "Bergen", "Graz")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_GREETINGS = ("Good morning,", "Hello,", "Dear team,", "Hi,", "")
_THANKS = ("Thank you!", "Many thanks.", "Kind regards.", "")
_WANTS = (
    "we need {what}.",
    "we still need {what}.",
    "could you send us {what}?",
    "please add {what} to our order.",
    "I would like to order {what}.",
)
_WHERE = (
    "Please send them to {who} in {town}{when}.",
    "They go to {who} in our {town} office{when}.",
    "{who} in {town} expects them{when}.",
    "Deliver to {town}, for {who}{when}.",
)
_WHEN = (" by {day}", " on {day}", " before {day} evening", " no later than {day}")
_REMARKS = (
    "Last time {number} were missing.",
    "The office is closed on {day}.",
    "We liked the {colour} ones a lot.",
    "{who} has left the company.",
    "Your invoice {number} has been paid.",
    "",
)


@dataclass(frozen=True)
class OrderPair:
    """One generated pair.

    Args:
        source: the order as somebody writes it.
        target: the line that sums it up, `"12 green folders, Nora Bauer, Lisbon, Friday"`.
    """

    source: str
    target: str


def orders_corpus(seed: int = 0) -> dict[str, list[OrderPair]]:
    """Generates the corpus by part: "train", "validation" and "test", no source in two of them."""
    random, made = Random(seed), {}
    while len(made) < sum(SIZES.values()):
        pair = _pair(random)
        made.setdefault(pair.source, pair)
    every = iter(made.values())
    return {role: [next(every) for _ in range(size)] for role, size in SIZES.items()}


def _pair(random: Random) -> OrderPair:
    what = f"{random.randint(2, 99)} {random.choice(_COLOURS)} {random.choice(_THINGS)}"
    who = f"{random.choice(_FIRST)} {random.choice(_LAST)}"
    town, day = random.choice(_TOWNS), random.choice(_DAYS)
    dated = random.random() < 0.8
    when = random.choice(_WHEN).format(day=day) if dated else ""
    remark = random.choice(_REMARKS).format(
        number=random.randint(2, 99),
        day=random.choice(_DAYS),
        colour=random.choice(_COLOURS),
        who=random.choice(_FIRST),
    )
    wanted = random.choice(_WANTS).format(what=what)
    where = random.choice(_WHERE).format(who=who, town=town, when=when)
    greeting = random.choice(_GREETINGS)
    opening = f"{greeting} {wanted}" if greeting else wanted[0].upper() + wanted[1:]
    middle = [where, remark]
    random.shuffle(middle)
    parts = (opening, *middle, random.choice(_THANKS))
    source = " ".join(filter(None, parts))
    return OrderPair(source, f"{what}, {who}, {town}, {day if dated else ANY_DAY}")

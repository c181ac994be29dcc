"""Generates the demo corpus: film and hotel reviews whose class has a known cause.

One sentence of each review, at a random place, is the writer's own verdict, and it alone decides
the class. Opinions of other people use the same words and often say the opposite; verdicts and
opinions may be negated. So word counts say little, while who is judging and whether a "not"
precedes the judgement decide. Attention can be checked against the words that decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

CLASSES = ("negative", "positive")
SIZES = {"train": 2_400, "validation": 400, "test": 800}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GOOD = _words(
    "wonderful charming superb delightful excellent brilliant lovely gripping memorable splendid "
    "marvellous pleasant impressive touching perfect"
)
_BAD = _words(
    "awful dreary dismal tedious dreadful clumsy horrid boring forgettable shabby miserable "
    "annoying disappointing tiresome terrible"
)
_WRITER = ("I", "I", "I", "we", "my wife and I", "I myself")
_OTHERS = (
    "my brother",
    "our neighbour",
    "the critic",
    "everyone else",
    "her sister",
    "the man next to us",
    "a friend of ours",
)
_TIMES = ("in the end", "afterwards", "on the whole", "that evening", "as always", "this time")
_OPINIONS = (
    "{time} {who} {really} found {thing} {word}",
    "{who} {really} found {thing} {word} {time}",
    "{time} {who} {really} thought that {thing} was {word}",
    "{who} {really} considered {thing} to be {word}",
)
_REALLY = ("really", "honestly", "certainly", "always")
_TOPICS = {
    "film": {
        "things": ("the film", "the story", "the ending", "the acting", "the music", "it all"),
        "facts": (
            "the film runs for two hours and ten minutes",
            "it was shot in a small town in the north",
            "the story begins on a train and ends at the sea",
            "the director also wrote the script with a friend",
            "there are only four actors in the whole picture",
            "the camera stays close to the face of the captain",
            "a second part has been announced for next winter",
            "the cinema was half full on that evening",
            "most of it takes place in one kitchen",
            "the book was published some thirty years ago",
            "it opens with a long walk through the rain",
            "the tickets cost nine dollars each",
        ),
    },
    "hotel": {
        "things": ("the hotel", "the room", "the breakfast", "the service", "the view", "our stay"),
        "facts": (
            "the hotel stands behind the old station",
            "breakfast is served from seven until ten",
            "our room was on the third floor by the stairs",
            "there is a lamp and a chair beside each window",
            "the bus to the harbour leaves every half hour",
            "a night with parking comes to eighty dollars",
            "the desk is open day and night",
            "they painted the hall in green some years ago",
            "the beach lies ten minutes away on foot",
            "we arrived on a monday with two large bags",
            "each floor has a kitchen for the guests",
            "the garden was closed because of the season",
        ),
    },
}


@dataclass(frozen=True)
class Review:
    """One generated review.

    Args:
        text: str.
        label: int, index into `CLASSES`.
        evidence: character spans `(start, end)` of the deciding words: the judging word of the
            verdict, preceded by the "not" if there is one.
        verdict: character span of the deciding sentence.
    """

    text: str
    label: int
    evidence: tuple[tuple[int, int], ...]
    verdict: tuple[int, int]


def reviews(count: int, seed: int = 0) -> list[Review]:
    """Generates `count` different reviews, half of them positive; deterministic for a seed."""
    random = Random(seed)
    made = {}
    while len(made) < count:
        review = _review(random, label=len(made) % 2)
        made.setdefault(review.text, review)
    return list(made.values())


def corpus(seed: int = 0) -> dict[str, list[Review]]:
    """Generates the `demo` data set by part: "train", "validation" and "test"."""
    every = iter(reviews(sum(SIZES.values()), seed))
    return {role: [next(every) for _ in range(size)] for role, size in SIZES.items()}


def is_praise(word: str) -> bool:
    """Checks whether a judging word of the corpus is positive when it is not negated."""
    return word in _GOOD


def is_own_opinion(sentence: str) -> bool:
    """Checks whether a sentence of the corpus states the writer's own opinion."""
    words = sentence.replace(".", "")
    return "I" in words or "we" in words or "We" in words


def tokens_within(
    token_spans: Iterable[tuple[int, int]], spans: Iterable[tuple[int, int]]
) -> list[int]:
    """Returns the indices of tokens that overlap any of the character spans.

    Args:
        token_spans: `(start, end)` of each token, from `Vectorizer.spans`.
        spans: `(start, end)` pairs: `Review.evidence` or `[Review.verdict]`.
    """
    return [
        index
        for index, (start, end) in enumerate(token_spans)
        if any(start < last and first < end for first, last in spans)
    ]


def _review(random: Random, label: int) -> Review:
    topic = _TOPICS[random.choice(tuple(_TOPICS))]
    verdict = _opinion(random, topic, random.choice(_WRITER), label)
    sentences = [(fact, ()) for fact in random.sample(topic["facts"], random.randint(3, 5))]
    for who in random.sample(_OTHERS, random.choice((1, 1, 2))):
        opposed = 1 - label if random.random() < 0.5 else label
        sentence, _ = _opinion(random, topic, who, opposed)
        sentences.append((sentence, ()))
    random.shuffle(sentences)
    sentences.insert(random.randint(0, len(sentences)), verdict)
    text, evidence, whole = "", (), (0, 0)
    for sentence, words in sentences:
        start = len(text) + 1 if text else 0
        text += (" " if text else "") + sentence[0].upper() + sentence[1:] + "."
        if words:
            evidence = tuple((start + first, start + last) for first, last in words)
            whole = (start, len(text))
    return Review(text, label, evidence, whole)


def _opinion(random: Random, topic, who: str, label: int):
    """Generates a sentence that judges as `label` says, and the spans of its deciding words."""
    negated = random.random() < 0.2
    word = random.choice(_GOOD if label != negated else _BAD)
    thing = random.choice(topic["things"])
    time = random.choice(_TIMES)
    pattern = random.choice(_OPINIONS)
    denied = "did not " if negated else ""
    if negated:
        pattern = pattern.replace("{really} found", "did not find")
        pattern = pattern.replace("{really} thought", "did not think")
        pattern = pattern.replace("{really} considered", "did not consider")
    sentence = pattern.format(
        time=time, who=who, really=random.choice(_REALLY), thing=thing, word=word
    )
    start = sentence.rindex(word)
    spans = [(start, start + len(word))]
    if denied:
        no = sentence.index(denied) + len("did ")
        spans.insert(0, (no, no + len("not")))
    return sentence, tuple(spans)

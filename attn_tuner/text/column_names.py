"""Usual names of the columns of texts and of labels, the most usual first."""

TEXT_NAMES = (
    "text",
    "texts",
    "review",
    "reviews",
    "sentence",
    "content",
    "comment",
    "document",
    "body",
    "message",
    "tweet",
    "post",
    "question",
    "utterance",
    "sms",
)
LABEL_NAMES = (
    "label",
    "labels",
    "class",
    "classes",
    "category",
    "target",
    "sentiment",
    "intent",
    "topic",
    "polarity",
    "stars",
    "rating",
    "y",
)
SPLIT_NAMES = ("split", "partition", "subset")

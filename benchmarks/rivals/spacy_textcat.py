"""A blank spaCy pipeline with a text categoriser: the bag of words, then the default ensemble.

The bag of words has at most a third of the time, the ensemble what is left; each ends earlier when
`PATIENCE` steps brought nothing, as in `spacy train`. The better of the two on the validation texts
answers. Rates, dropout and batches are those of `spacy init config`.

Reference:
    https://spacy.io/api/architectures#textcat
"""

import random
import time

import spacy
from exchange import Answers, Task, answer
from spacy.training import Example
from spacy.training.batchers import minibatch_by_words
from spacy.training.loop import train_while_improving
from thinc.api import Adam, compounding, fix_random_seed

ARCHITECTURES = {
    "bag of words": {
        "@architectures": "spacy.TextCatBOW.v3",
        "exclusive_classes": True,
        "ngram_size": 1,
        "no_output_layer": False,
        "length": 262144,
    },
    "ensemble": {},  # The default.
}
SHARES = {"bag of words": 1 / 3, "ensemble": 1.0}  # Of the time that is left.
EVALUATE, PATIENCE = 200, 1_600  # Steps.
DROPOUT = 0.1


def examples_of(nlp, texts, labels, classes):
    """Returns texts as spaCy's examples."""
    none = dict.fromkeys(map(str, range(classes)), 0.0)
    return [
        Example.from_dict(nlp.make_doc(text), {"cats": {**none, str(label): 1.0}})
        for text, label in zip(texts, labels, strict=True)
    ]


def classes_of(docs):
    """Returns the class of each classified text."""
    return [int(max(doc.cats, key=doc.cats.get)) for doc in docs]


def trained(task: Task, vocab, train, docs, name: str, until: float):
    """Trains one architecture; returns the pipeline with its best weights and their accuracy."""
    nlp, labels = spacy.blank(task.language, vocab=vocab), task.validation[1]
    model = ARCHITECTURES[name]
    nlp.add_pipe("textcat", config={"model": model} if model else {})
    nlp.initialize(lambda: train)
    # One rate and one decay, as `spacy init config` sets them.
    optimizer = Adam(0.001, L2=0.01, grad_clip=1.0, L2_is_weight_decay=True)
    textcat = nlp.get_pipe("textcat")

    def batches():
        shuffle = random.Random(task.seed)
        sizes, epoch = compounding(100, 1000, 1.001), 0
        while True:
            shuffle.shuffle(train)
            for batch in minibatch_by_words(train, size=sizes, tolerance=0.2):
                yield epoch, batch
            epoch += 1

    def evaluate():
        with textcat.model.use_params(optimizer.averages):
            found = classes_of(textcat.pipe(doc.copy() for doc in docs))
        accuracy = sum(one == other for one, other in zip(found, labels, strict=True)) / len(labels)
        return accuracy, {"accuracy": accuracy}

    best, kept = -1.0, b""
    steps = train_while_improving(
        nlp,
        optimizer,
        batches(),
        evaluate,
        dropout=DROPOUT,
        eval_frequency=EVALUATE,
        patience=PATIENCE,
        max_steps=0,
        accumulate_gradient=1,
        exclude=[],
        annotating_components=[],
        before_update=None,
    )
    for _, told, is_best in steps:
        if is_best:
            best = told["score"]
            with textcat.model.use_params(optimizer.averages):
                kept = textcat.to_bytes()
        if time.monotonic() > until:
            break
    last = evaluate()[0]
    if last > best:
        best = last
        with textcat.model.use_params(optimizer.averages):
            kept = textcat.to_bytes()
    textcat.from_bytes(kept)
    return nlp, best


def fit(task: Task) -> Answers:
    """Trains each architecture and takes the better one on the validation texts."""
    fix_random_seed(task.seed)
    end, found = time.monotonic() + task.seconds, {}
    reader = spacy.blank(task.language)
    train = examples_of(reader, *task.train, task.classes)
    docs = [reader.make_doc(text) for text in task.validation[0]]
    for name, share in SHARES.items():
        now = time.monotonic()
        found[name] = trained(task, reader.vocab, train, docs, name, now + share * (end - now))
    chosen = max(found, key=lambda name: found[name][1])
    nlp = found[chosen][0]
    classes = [classes_of(nlp.pipe(texts)) for texts in (task.validation[0], task.test)]
    return Answers(*classes, ["spacy", "thinc"], f"chose the {chosen}")


if __name__ == "__main__":
    answer(fit)

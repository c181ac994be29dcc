"""fastText with its own search for hyperparameters: `autotuneDuration` is the whole time.

Texts are in small letters with spaces about punctuation, as in fastText's tutorial; between the
characters of a language without spaces there are spaces.

Reference:
    Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification".
    https://aclanthology.org/E17-2068
"""

import re
import tempfile
from pathlib import Path

import fasttext
from exchange import Answers, Task, answer, spaced

PUNCTUATION = re.compile(r"([.!?,;:'\"/()])")


def prepared(text: str, language: str) -> str:
    """Returns a text as fastText should read it, in one line."""
    return " ".join(PUNCTUATION.sub(r" \1 ", spaced(text, language).lower()).split())


def fit(task: Task) -> Answers:
    """Lets fastText choose by the validation texts."""

    def classes(texts):
        found, _ = model.predict([prepared(text, task.language) for text in texts])
        return [int(labels[0].removeprefix("__label__")) for labels in found]

    with tempfile.TemporaryDirectory() as folder:
        files = {"train": task.train, "validation": task.validation}
        for role, (texts, labels) in files.items():
            lines = (
                f"__label__{label} {prepared(text, task.language)}\n"
                for text, label in zip(texts, labels, strict=True)
            )
            (Path(folder) / role).write_text("".join(lines), encoding="utf-8")
        model = fasttext.train_supervised(
            input=f"{folder}/train",
            autotuneValidationFile=f"{folder}/validation",
            autotuneDuration=int(task.seconds),
            thread=task.threads,
            seed=task.seed,
            verbose=0,
        )
    return Answers(classes(task.validation[0]), classes(task.test), ["fasttext-numpy2-wheel"])


if __name__ == "__main__":
    answer(fit)

"""FLAML's search over its own learners, on TF-IDF of n-grams; `time_budget` is the whole time.

N-grams of 1 to 2 words, or of 1 to 3 characters where words are not separated; those in a single
text are left out.

Reference:
    Wang et al. 2021, "FLAML: A Fast and Lightweight AutoML Library".
    https://arxiv.org/abs/1911.04706
"""

import time

import numpy as np
from exchange import WITHOUT_SPACES, Answers, Task, answer
from flaml import AutoML
from sklearn.feature_extraction.text import TfidfVectorizer


def fit(task: Task) -> Answers:
    """Searches with the validation texts as the held-out part."""
    began = time.monotonic()
    reading = {"analyzer": "word", "ngram_range": (1, 2)}
    if task.language in WITHOUT_SPACES:
        reading = {"analyzer": "char", "ngram_range": (1, 3)}
    vectorizer = TfidfVectorizer(**reading, min_df=2, sublinear_tf=True, dtype=np.float32)
    x = vectorizer.fit_transform(task.train[0])
    x_validation = vectorizer.transform(task.validation[0])
    model = AutoML()
    model.fit(
        X_train=x,
        y_train=np.array(task.train[1]),
        X_val=x_validation,
        y_val=np.array(task.validation[1]),
        task="classification",
        metric="accuracy",
        time_budget=task.seconds - (time.monotonic() - began),
        n_jobs=task.threads,
        seed=task.seed,
        verbose=0,
    )
    classes = [
        model.predict(each).astype(int).tolist()
        for each in (x_validation, vectorizer.transform(task.test))
    ]
    facts = f"chose {model.best_estimator}"
    return Answers(*classes, ["flaml", "scikit-learn", "lightgbm", "xgboost"], facts)


if __name__ == "__main__":
    answer(fit)

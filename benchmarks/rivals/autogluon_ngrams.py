"""AutoGluon's stack of tabular learners on its own n-grams of the text column.

Languages without spaces have a space between characters, since AutoGluon counts words.

Reference:
    Erickson et al. 2020, "AutoGluon-Tabular". https://arxiv.org/abs/2003.06505
"""

import tempfile

import pandas as pd
from autogluon.tabular import TabularPredictor
from exchange import Answers, Task, answer, spaced


def fit(task: Task) -> Answers:
    """Fits with AutoGluon's defaults; the validation texts are its `tuning_data`."""

    def table(texts, labels=None):
        columns = {"text": [spaced(text, task.language) for text in texts]}
        return pd.DataFrame(columns if labels is None else {**columns, "label": labels})

    with tempfile.TemporaryDirectory() as folder:
        model = TabularPredictor("label", eval_metric="accuracy", path=folder, verbosity=0)
        model.fit(
            table(*task.train),
            tuning_data=table(*task.validation),
            time_limit=task.seconds,
            num_cpus=task.threads,
            num_gpus=0,
        )
        classes = [
            model.predict(table(texts)).astype(int).tolist()
            for texts in (task.validation[0], task.test)
        ]
        return Answers(*classes, ["autogluon.tabular", "lightgbm"], f"chose {model.model_best}")


if __name__ == "__main__":
    answer(fit)

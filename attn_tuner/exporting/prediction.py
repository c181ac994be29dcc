"""Names the answers of a model: one prediction per text."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape

import numpy as np

from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.metrics import quantiles_of
from attn_tuner.system.terminal import escape_controls
from attn_tuner.tasks import Task, labels_of

MAX_ROWS = 50  # Of the table that a notebook shows.


@dataclass(frozen=True)
class Prediction:
    """The prediction for one text or series.

    Args:
        text: str, as it was given; of a series its length and its first step.
        label: str, name of the most probable class; for several labels all of them, joined; for a
            regression the number, for a forecast the numbers, joined.
        probability: float, probability of that class or of the most probable label; None for a
            regression.
        probabilities: class or label to probability; empty for a regression.
        labels: the predicted labels, where a text may have several.
        value: float, the number, for a regression; else None.
        values: the numbers of a forecast, one a step; of quantiles the medians.
        quantiles: for each step of a forecast of quantiles those of `levels`.
        levels: of the quantiles, such as 0.1, 0.5 and 0.9.
        set: names of the classes in the prediction set, of a model that has such sets.
        interval: lower and upper end of the number, of a model that has intervals; else None.
        known: False where the text is probably none of the classes, of a model that tells; else
            None.
    """

    text: str
    label: str
    probability: float | None
    probabilities: dict
    labels: tuple[str, ...] = ()
    value: float | None = None
    set: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    known: bool | None = None
    values: tuple[float, ...] = ()
    quantiles: tuple[tuple[float, ...], ...] = ()
    levels: tuple[float, ...] = ()

    def as_dict(self) -> dict:
        """Returns the fields as a dict."""
        return asdict(self)


class Predictions(list[Prediction]):
    """A list of predictions that a notebook shows as a table, with everything escaped."""

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{_html(each.text[:200])}</td>"
            f"<td style='text-align:left'>{_html(each.label)}</td>"
            f"<td>{'' if each.probability is None else f'{each.probability:.1%}'}</td></tr>"
            for each in self[:MAX_ROWS]
        )
        more = f"<p>and {len(self) - MAX_ROWS:,} more</p>" if len(self) > MAX_ROWS else ""
        heads = "".join(f"<th>{name}</th>" for name in ("text", "label", "probability"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}"


def predictions(
    texts: Sequence[str],
    answers: np.ndarray,
    task: Task,
    classes: Sequence[str],
    conformal: Conformal | None = None,
    known: KnownTexts | None = None,
) -> Predictions:
    """Names each row of a model's answers.

    Args:
        texts: list of str.
        answers: `(texts, classes)` probabilities, or `(texts, 1)` numbers of a regression, or
            `(series, numbers)` of a forecast.
        task: of the model.
        classes: names by column; empty for a regression.
        conformal: the prediction sets or intervals of the model, if it has them.
        known: what tells texts that are none of the classes, if the model has it.
    """
    return Predictions(
        _prediction(text, row, task, classes, conformal, known)
        for text, row in zip(texts, answers, strict=True)
    )


def _prediction(
    text: str,
    row: np.ndarray,
    task: Task,
    classes: Sequence[str],
    conformal: Conformal | None,
    known: KnownTexts | None,
) -> Prediction:
    label = task.label(row, classes)
    if task.several:
        steps = quantiles_of(row[None], task.levels)[0].tolist() if task.levels else ()
        several = {"quantiles": tuple(map(tuple, steps)), "levels": task.levels}
        values = tuple(map(float, task.points(row)))
        return Prediction(text, label, None, {}, values=values, **several)
    if task.kind == "number":
        value = float(row[0])
        ends = conformal and conformal.interval(value)
        return Prediction(text, label, None, {}, value=value, interval=ends)
    named = dict(zip(classes, map(float, row), strict=True))
    labels = tuple(labels_of(row, classes)) if task.kind == "labels" else ()
    in_set = conformal.names(row, classes) if conformal else ()
    is_known = bool(known.known(row[None])[0]) if known else None
    return Prediction(text, label, float(row.max()), named, labels, set=in_set, known=is_known)


def _html(text: str) -> str:
    return escape(escape_controls(text))

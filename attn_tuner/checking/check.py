"""check(): what is probably wrong with labelled texts, before any search."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

from attn_tuner.checking.checked_texts import CheckedTexts
from attn_tuner.checking.confused import find_confused
from attn_tuner.checking.copies import find_copies
from attn_tuner.checking.data_check import DataCheck
from attn_tuner.checking.gain import estimate_gain
from attn_tuner.checking.judgement import Judgement
from attn_tuner.checking.label_errors import find_label_errors
from attn_tuner.checking.leaks import find_leaks
from attn_tuner.checking.odd_texts import find_odd_texts
from attn_tuner.errors import DataError, need
from attn_tuner.series.series_data import refuse_series
from attn_tuner.settings.table import BY_NAME
from attn_tuner.text.dataset import TextDataset
from attn_tuner.text.loading import load

_FOR_SERIES = "attn_tuner.search() says of series which values are missing or constant."


def check(
    data: Any,
    *,
    text: Any = None,
    label: Any = None,
    group: Any = None,
    time: Any = None,
    validation: Any = None,
    test: Any = None,
    min_per_class: int | None = None,
    rare_classes: str = "drop",
    corrections: str | PathLike | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
    seed: int = 0,
    price: bool = True,
) -> DataCheck:
    """Checks labelled texts: labels, classes, copies, leaks and odd texts.

    Labels of the training and validation texts are judged by linear models that have not learnt
    from them, in seconds. Those of a test part that is given are not: labels mended by the opinion
    of a model make models that are like it look better. Rows without text or label are left out.

    Args:
        data, text, label, group, time, validation, test, min_per_class, rare_classes, corrections,
            encoding, header, word_index: as in `attn_tuner.search`, with one class per text.
        seed: int, for the folds.
        price: bool, whether to estimate what the suspicious labels cost, which takes about half
            of the time; see `gain.estimate_gain`.

    Raises:
        DataError: the data cannot be used; says why and what to do.
        MissingExtra: cleanlab or datasketch is not installed.
    """
    options = {name: value for name, value in locals().items() if name not in ("data", "price")}
    refuse_series(data, word_index, "check()", _FOR_SERIES)
    for module in ("cleanlab.count", "datasketch"):  # Before the data are read.
        need(module, "check")
    options = {name: BY_NAME[name].check(name, value) for name, value in options.items()}
    if not isinstance(data, TextDataset):
        data = load(data, drop_missing=True, **options)
    elif any(options[name] is not None for name in ("group", "time", "corrections")):
        raise DataError(
            "A TextDataset has been read and divided. Leave out group=, time= and corrections=."
        )
    checked = CheckedTexts.of(data)
    judgement = Judgement.of(checked.judged(), options["seed"])
    found: dict[str, Any] = (
        {} if judgement is None else _of_labels(judgement, options["seed"], price)
    )
    return DataCheck(
        name=data.name,
        classes=data.classes,
        sizes={role: int((checked.roles == role).sum()) for role in data.parts()},
        notes=data.notes,
        copies=find_copies(checked),
        odd_texts=find_odd_texts(checked),
        **found,
    )


def _of_labels(judgement: Judgement, seed: int, price: bool) -> dict[str, Any]:
    """Returns the findings that rest on the judgement of labels, as fields of `DataCheck`."""
    checked, scored = judgement.checked, judgement.scored

    def words_of(index: int, column: int) -> str:
        return dict(judgement.ngrams_of(index)).get(column, "")

    errors = find_label_errors(judgement)
    return {
        "judged": len(scored),
        "label_errors": errors,
        "gain": estimate_gain(judgement.committee, len(errors), seed, checked.groups, checked.times)
        if price
        else None,
        "confused": find_confused(
            judgement.probabilities[scored], checked.labels[scored], checked.classes
        ),
        "leaks": find_leaks(judgement.rows, checked.labels, checked.classes, words_of),
    }

"""check(): what is probably wrong with labelled texts, before any search."""

from collections.abc import Mapping
from typing import Any

from attn_tuner.checking.checked_texts import CheckedTexts
from attn_tuner.checking.data_check import DataCheck
from attn_tuner.checking.judgement import Judgement
from attn_tuner.checking.label_errors import find_label_errors
from attn_tuner.errors import DataError, need
from attn_tuner.settings.table import BY_NAME
from attn_tuner.text.dataset import TextDataset
from attn_tuner.text.loading import load


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
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
    seed: int = 0,
) -> DataCheck:
    """Checks labelled texts: which labels are probably wrong.

    Labels of the training and validation texts are judged by linear models that have not learnt
    from them, in seconds. Those of a test part that is given are not: labels mended by the opinion
    of a model make models that are like it look better. Rows without text or label are left out.

    Args:
        data, text, label, group, time, validation, test, min_per_class, rare_classes, encoding,
            header, word_index: as in `attn_tuner.search`, with one class per text.
        seed: int, for the folds.

    Raises:
        DataError: the data cannot be used; says why and what to do.
        MissingExtra: cleanlab is not installed.
    """
    options = {name: value for name, value in locals().items() if name != "data"}
    need("cleanlab.filter", "check")  # Before the data are read.
    options = {name: BY_NAME[name].check(name, value) for name, value in options.items()}
    if not isinstance(data, TextDataset):
        data = load(data, drop_missing=True, **options)
    elif options["group"] is not None or options["time"] is not None:
        raise DataError("A TextDataset is divided already. Leave group= and time= out.")
    checked = CheckedTexts.of(data)
    judgement = Judgement.of(checked.judged(), options["seed"])
    errors = () if judgement is None else find_label_errors(judgement)
    judged = 0 if judgement is None else len(judgement.scored)
    sizes = {role: int((checked.roles == role).sum()) for role in data.parts()}
    return DataCheck(data.name, data.classes, sizes, judged, errors, data.notes)

"""Takes the columns beside the texts out of a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.columns.cells import TEXT, rows_of
from attn_tuner.text.nested_columns import check_known, is_known, values_of


def check_features(
    name: str, columns: Mapping, features: Sequence[str], taken: Mapping[Any, str]
) -> None:
    """Raises DataError unless all columns are there, and are not read as something else.

    Args:
        name: str, of the table in messages.
        columns: of the table, by name.
        features: names of the columns beside the text.
        taken: what other columns are read as, by name: "text", "label".
    """
    for each in features:
        check_known(name, columns, each)
        if each in taken:
            raise DataError(
                f"Column '{each}' of {name} is the {taken[each]}, so it cannot be among features "
                "too. Leave it out of features."
            )
    if TEXT in features:
        raise DataError(
            f"features names a column '{TEXT}', which is what models call the text itself. Rename "
            "that column."
        )


def taken_rows(name: str, role: str, columns: Mapping, features: Sequence[str]) -> list[dict]:
    """Returns the values of the columns beside the texts of a part, a dictionary for each row.

    Raises:
        DataError: the part lacks a column.
    """
    missing = next((each for each in features if not is_known(columns, each)), None)
    if missing is not None:
        raise DataError(
            f"The {role} part of {name} has no column '{missing}', which features names. Give the "
            "same columns in all parts."
        )
    return rows_of({each: values_of(columns, each) for each in features})

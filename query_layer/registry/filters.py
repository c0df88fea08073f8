"""Filters: parameters of a list that become conditions on columns of its view, as data.

Scope: the kinds of filters and their declarations; not here: parsing a value
(``query_layer.read.parameters``) or SQL (``query_layer.read.statements``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Test = Literal["equal", "any_of", "contains", "at_least", "below", "within", "unless"]
ACTOR_ID = "f0[0-9]{1,18}"
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"
MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
WORD = r"[A-Za-z0-9_.:/-]{1,200}"
_SEARCHED = r"[^\x00-\x1f]{1,100}"


@dataclass(frozen=True)
class Filter:
    """One parameter and the condition that it sets.

    Attributes:
        name: Of the parameter.
        test: How value and columns are compared: ``equal``; ``any_of``, the column is one of the
            values; ``contains``, a substring of any of the columns, in any case; ``at_least`` and
            ``below``, the two ends of a half-open range; ``within``, an instant inside the column's
            ranges; ``unless``, true lifts the condition that the column is true.
        columns: Columns compared; several only for ``contains``.
        description: For the documentation.
        pattern: Form of a text value; null where the column's kind settles it.
        choices: Closed list of values; empty for an open one.
        default: Value that holds where the parameter is absent; null: no condition then.
        example: A good value as in the address; empty: that of the column.
    """

    name: str
    test: Test
    columns: tuple[str, ...]
    description: str
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    default: Any = None
    example: str = ""


def equal(
    column: str,
    pattern: str | None = None,
    *,
    name: str = "",
    description: str = "",
    example: str = "",
) -> Filter:
    """Declare that a column has a value; of a boolean column: a flag."""
    text = description or f"Only rows with this `{column}`."
    return Filter(name or column, "equal", (column,), text, pattern=pattern, example=example)


def one_of(column: str, *choices: str, name: str = "", description: str = "") -> Filter:
    """Declare that a column has one of a closed list of values."""
    text = description or f"Only rows with this `{column}`."
    return Filter(name or column, "equal", (column,), text, choices=choices, example=choices[0])


def any_of(column: str, *choices: str, default: tuple[str, ...]) -> Filter:
    """Declare that a column has one of a closed list of values, some of them by default."""
    text = f"Only rows with this `{column}`. Default: {' and '.join(default)}."
    return Filter(
        column, "any_of", (column,), text, choices=choices, default=default, example=choices[0]
    )


def contains(*columns: str, name: str = "filter") -> Filter:
    """Declare that one of some columns has a text inside it, in upper or lower case."""
    listed = ", ".join(f"`{column}`" for column in columns)
    text = f"Only rows with this text inside one of {listed}; upper and lower case are the same."
    return Filter(name, "contains", columns, text, pattern=_SEARCHED, example="f0")


def between(column: str, *, names: tuple[str, str] = ("from", "to")) -> tuple[Filter, Filter]:
    """Declare a half-open range [from, to) of a column."""
    first, last = names
    return (
        Filter(first, "at_least", (column,), f"Only rows with `{column}` at or after this."),
        Filter(
            last,
            "below",
            (column,),
            f"Only rows with `{column}` before this; the range is half-open.",
        ),
    )


def within(column: str, *, name: str) -> Filter:
    """Declare that the ranges of a column hold the first instant of a day, UTC."""
    text = f"Only rows whose `{column}` holds 00:00 UTC of this day."
    return Filter(name, "within", (column,), text, example="2026-11-02")


def unless(name: str, column: str, description: str) -> Filter:
    """Declare that only rows with a true column are listed, unless the parameter is true."""
    return Filter(name, "unless", (column,), description, default=False, example="true")

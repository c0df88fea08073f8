"""Filter values: from a declared filter to its parameter, and from values to conditions.

Scope: what one filter accepts and what it means for the rows; not here: how the parameters of a
list work together (``query_layer.read.list_query``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from query_layer.read.parameters import (
    Parameter,
    choice_parameter,
    date_parameter,
    flag_parameter,
    instant_parameter,
    integer_parameter,
    text_parameter,
)
from query_layer.registry.asset import Asset
from query_layer.registry.column import Column
from query_layer.registry.filters import UUID, WORD, Filter, Test


@dataclass(frozen=True)
class Condition:
    """A condition of a statement; its value is bound.

    Attributes:
        test: As in ``Filter``.
        columns: Columns of the view.
        cast: Type to which the value is cast, so that a number of any size may be compared.
        value: What it is compared with.
    """

    test: Test
    columns: tuple[str, ...]
    cast: str
    value: Any

    @property
    def form(self) -> tuple[Test, tuple[str, ...], str]:
        """What the text of a statement depends on."""
        return (self.test, self.columns, self.cast)


def filter_parameter(asset: Asset, declared: Filter) -> Parameter:
    """Return the parameter of a filter."""
    name, text = declared.name, declared.description
    if declared.choices:
        return choice_parameter(name, declared.choices, text)
    if declared.test == "within":
        return date_parameter(name, "day", text)
    if declared.test == "unless":
        return flag_parameter(name, text)
    if declared.test == "contains":
        return text_parameter(name, declared.pattern or WORD, text, declared.example)
    return _parameter_of_kind(asset.column(declared.columns[0]), declared)


def _parameter_of_kind(column: Column, declared: Filter) -> Parameter:
    name, text = declared.name, declared.description
    if column.kind == "boolean":
        return flag_parameter(name, text)
    if column.kind in ("integer", "bytes"):
        return integer_parameter(name, 0, None, text)
    if column.kind == "date":
        return date_parameter(name, "day", text)
    if column.kind == "timestamp":
        return instant_parameter(name, text)
    default = UUID if column.kind == "uuid" else WORD
    example = declared.example or str(column.example)
    return text_parameter(name, declared.pattern or default, text, example)


def conditions_of(
    asset: Asset, filters: Sequence[Filter], values: Mapping[str, Any]
) -> tuple[Condition, ...]:
    """Return the conditions that the values of the filters' parameters set, defaults included."""
    found = []
    for declared in filters:
        value = values.get(declared.name, declared.default)
        if value is None or (declared.test == "unless" and value):
            continue
        found.append(condition(asset, declared.test, declared.columns, value))
    return tuple(found)


def condition(asset: Asset, test: Test, columns: tuple[str, ...], value: Any) -> Condition:
    """Return one condition with its value as it is bound."""
    if test == "contains":
        return Condition(test, columns, "", f"%{_escaped(value)}%")
    if test == "any_of":
        value = [value] if isinstance(value, str) else list(value)
        return Condition(test, columns, "text[]", value)
    if test == "unless":
        return Condition("equal", columns, "", True)
    is_number = asset.column(columns[0]).kind in ("integer", "bytes")
    return Condition(test, columns, "bigint" if is_number else "", value)


def reversed_ranges(filters: Sequence[Filter], values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a problem for every range whose end is before its start."""
    starts = {f.columns: f.name for f in filters if f.test == "at_least"}
    problems = []
    for end in (f for f in filters if f.test == "below"):
        start = starts.get(end.columns, "")
        low, high = values.get(start), values.get(end.name)
        if low is not None and high is not None and high < low:
            problems.append({"parameter": end.name, "reason": f"is before {start}"})
    return problems


def _escaped(text: str) -> str:
    """Return a text that a LIKE pattern takes literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def column_value(column: Column, text: str) -> Any:
    """Return a path parameter, whose form was checked, in the type of its column."""
    return int(text) if column.kind in ("integer", "bytes") else text

"""Statements of compat routes: from a statement file to the rows of a page in JSON's own types.

The types of a file's columns are read once per route; the outer select turns them into what the
live platform sends. Sorting follows its rule: nulls first in ascending order, text that is an
integer as integers, other text in any case. Scope: SQL text and arguments; not here: running it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from query_layer.compat.parameters import CompatQuery
from query_layer.read.parameters import validation_error

_PLACEHOLDER = re.compile(r"(?<![:\w]):([A-Za-z]\w*)")
_INSTANT = re.compile(r"\binstant\(([^()]+)\)")
_FORM = '\'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\''
_AS_TEXT = ("int8", "numeric")
_NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
_JSON = ("json", "jsonb")


@dataclass(frozen=True)
class Field:
    """A column of a statement.

    Attributes:
        name: Of the field.
        type: Postgres's name of its type.
    """

    name: str
    type: str

    @property
    def is_json(self) -> bool:
        """Whether its text is JSON already."""
        return self.type in _JSON

    @property
    def expression(self) -> str:
        """SQL for its value as JSON has it."""
        column = f'r."{self.name}"'
        if self.type in _AS_TEXT:
            column = f"{column}::text"
        elif self.type == "timestamptz":
            column = f"to_char({column} at time zone 'UTC', {_FORM})"
        elif self.type == "date":
            column = f"to_char({column}::timestamp, {_FORM})"
        return f'{column} as "{self.name}"'

    def order(self, direction: str) -> str:
        """Return SQL that sorts by it, with a leading rank where its values are of two sorts."""
        nulls = "nulls first" if direction == "asc" else "nulls last"
        column = f'r."{self.name}"'
        if self.type == "text":
            number = f"case when {column} ~ '^-?[0-9]+$' then {column}::numeric end"
            return (
                f"{column} is not null {direction}, ({number}) is null {direction}, "
                f'{number} {direction}, lower({column}) collate "C" {direction}'
            )
        if self.type in _NUMBERS or self.type in ("bool", "timestamptz", "date", "jsonb"):
            return f"{column} {direction} {nulls}"
        return f"{column}::text {direction} {nulls}"


def bound(
    text: str, values: Mapping[str, Any], now: datetime, first: int = 1
) -> tuple[str, list[Any]]:
    """Return a statement with numbered placeholders, and its arguments.

    Args:
        text: With ``:name`` for each value and ``instant(column)`` for the text of an instant.
        values: By name.
        now: Value of ``:now``.
        first: Number of the first placeholder.
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found.group(1), first + len(numbers))}"

    text = _INSTANT.sub(rf"to_char(\1 at time zone 'UTC', {_FORM})", text)
    # Strings hold no placeholders: every second piece between quotes is one.
    pieces = text.split("'")
    pieces[::2] = [_PLACEHOLDER.sub(number, piece) for piece in pieces[::2]]
    known = {**values, "now": now}
    return "'".join(pieces), [known[name] for name in numbers]


def rows_statement(
    query: CompatQuery, fields: Sequence[Field], now: datetime, limit: int | None
) -> tuple[str, list[Any]]:
    """Return SQL and arguments for the rows of a page, at most ``limit`` of them.

    Raises:
        ApiError: VALIDATION_FAILED for a sort by no field of the rows.
    """
    text, arguments = bound(query.route.rows_text, query.values, now)
    shown = [field for field in fields if field.name not in query.route.hidden]
    columns = ", ".join(field.expression for field in shown)
    number = len(arguments)
    sql = (
        f"select {columns}\nfrom (\n{text}\n) r\norder by {_order(query, fields)}\n"
        f"limit ${number + 1}::bigint offset ${number + 2}::bigint"
    )
    return sql, [*arguments, limit, query.offset]


def count_statement(query: CompatQuery, now: datetime) -> tuple[str, list[Any]]:
    """Return SQL and arguments for the number of rows of all pages."""
    text, arguments = bound(query.route.rows_text, query.values, now)
    return f"select count(*) from (\n{text}\n) r", arguments


def _order(query: CompatQuery, fields: Sequence[Field]) -> str:
    by_name = {field.name: field for field in fields}
    sortable = [field.name for field in fields if field.name not in query.route.hidden]
    # The keys of the order are never null, so that an index can give their order.
    keys = [
        f'r."{name.removeprefix("-")}" {"desc" if name.startswith("-") else "asc"}'
        for name in query.route.order
    ]
    if query.sort is None:
        return ", ".join(keys)
    if query.sort not in sortable:
        raise validation_error(
            [
                {
                    "parameter": "sort",
                    "reason": "is not a field of the rows",
                    "allowed": ", ".join(sortable),
                }
            ]
        )
    direction = "desc" if query.descending else "asc"
    first = query.route.order[0]
    if query.sort == first.removeprefix("-") and by_name[query.sort].type != "text":
        return ", ".join(f'r."{name.removeprefix("-")}" {direction}' for name in query.route.order)
    return ", ".join([by_name[query.sort].order(direction), *keys])

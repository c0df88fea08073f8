"""Export columns: the SQL that gives each column of a file, so that Postgres writes the rows.

The values are those of the pages: the same instants, numbers and nulls. Scope: one column in one
form of file; not here: the statement (``query_layer.read.statements``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from query_layer.registry.column import Column, Kind, quoted_name

Form = Literal["csv", "ndjson", "parquet", "arrow"]
FORMS: tuple[Form, ...] = ("csv", "ndjson", "parquet", "arrow")
# A spreadsheet takes a cell that starts so for a formula (query_layer.md §5.4); OWASP adds the
# carriage return.
_FORMULA = "('=', '+', '-', '@', e'\\t', e'\\r')"
_GUARDED = ("text", "json", "texts", "ranges")
_INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def column_expressions(columns: Sequence[Column], form: Form) -> list[str]:
    """Return the select list of a file."""
    return [f"{_expression(column, form)} as {quoted_name(column.name)}" for column in columns]


def _expression(column: Column, form: Form) -> str:
    name = quoted_name(column.name)
    if form == "ndjson":
        return _json(column.kind, name)
    text = _text(column.kind, name)
    if form == "csv" and column.kind in _GUARDED:
        return f"case when left({text}, 1) in {_FORMULA} then '''' || {text} else {text} end"
    return text


def _text(kind: Kind, name: str) -> str:
    """Return a column as it is in a comma-separated file."""
    if kind == "json":
        return f"{name}::jsonb::text"
    if kind in ("texts", "numbers"):
        return f"to_json({name})::text"
    if kind in ("boolean", "ranges"):
        return f"{name}::text"
    return _plain(kind, name)


def _json(kind: Kind, name: str) -> str:
    """Return a column as it is in an object of JSON; what a double cannot hold is a string."""
    if kind == "json":
        return f"{name}::jsonb"
    if kind in ("bytes", "decimal", "ranges"):
        return f"{name}::text"
    return _plain(kind, name)


def _plain(kind: Kind, name: str) -> str:
    if kind == "date":
        return f"to_char({name}, 'YYYY-MM-DD')"
    if kind == "timestamp":
        instant = f"to_char({name} at time zone 'UTC', '{_INSTANT}')"
        return f"replace({instant}, '.000000Z', 'Z')"
    if kind == "ratio":  # JSON has no number for these
        return f"nullif(nullif(nullif({name}, 'NaN'), 'Infinity'), '-Infinity')"
    return name

"""Statements: the files of ``sql/``, and the list statement filled from the registry.

Identifiers come from the registry alone, which checks their form; every value is bound. Scope:
turning a parsed list query into SQL text and arguments; not here: running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from query_layer.registry import Asset

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> str:
    """Return the text of ``sql/<name>.sql`` without its comment lines."""
    lines = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


@dataclass
class _Arguments:
    values: list[Any] = field(default_factory=list)

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


@dataclass(frozen=True)
class RowWindow:
    """Which rows of a view, in which order.

    Attributes:
        equal: Column and value pairs that must all hold.
        order: Columns of a total order, all ascending or all descending.
        descending: The direction of all of them.
        after: Values of the order columns after which the rows begin; null: the first row.
        limit: Most rows.
        offset: Rows to skip first.
    """

    equal: Sequence[tuple[str, Any]]
    order: Sequence[str]
    descending: bool
    after: Sequence[Any] | None
    limit: int
    offset: int


def list_statement(
    asset: Asset, columns: Sequence[str], window: RowWindow
) -> tuple[str, list[Any]]:
    """Return SQL and arguments for the rows of one page."""
    arguments = _Arguments()
    conditions = _conditions(window.equal, arguments)
    if window.after is not None:
        placeholders = ", ".join(arguments.bind(value) for value in window.after)
        sign = "<" if window.descending else ">"
        conditions.append(f"({', '.join(window.order)}) {sign} ({placeholders})")
    direction = " desc" if window.descending else ""
    text = statement("list_rows").format(
        columns=", ".join(columns),
        view=asset.view,
        condition=" and ".join(conditions) or "true",
        order=", ".join(column + direction for column in window.order),
        limit=arguments.bind(window.limit),
        offset=arguments.bind(window.offset),
    )
    return text, arguments.values


def count_statement(asset: Asset, equal: Sequence[tuple[str, Any]]) -> tuple[str, list[Any]]:
    """Return SQL and arguments that count the rows of all pages."""
    arguments = _Arguments()
    condition = " and ".join(_conditions(equal, arguments)) or "true"
    return statement("count_rows").format(view=asset.view, condition=condition), arguments.values


def newest_partition_statement(asset: Asset) -> str:
    """Return SQL for the newest partition that has rows."""
    assert asset.partition is not None
    return statement("newest_partition").format(column=asset.partition.column, view=asset.view)


def _conditions(equal: Sequence[tuple[str, Any]], arguments: _Arguments) -> list[str]:
    return [f"{column} = {arguments.bind(value)}" for column, value in equal]

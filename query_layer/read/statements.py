"""Statements: the files of ``sql/``, and those that are filled from the registry.

Identifiers come from the registry alone, which checks their form; every value is bound. The text of
a list depends on the form of the request only, so it is built once per form. Scope: turning a
parsed list query into SQL text and arguments; not here: running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from query_layer.read.filter_values import Condition
from query_layer.registry.asset import Asset
from query_layer.registry.column import quoted_name
from query_layer.registry.route import Parent

_FOLDER = Path(__file__).parent / "sql"
_FORMS = 4_096  # texts kept: routes times the combinations of parameters that clients use
_COMPARED = {
    "equal": "{column} = {value}",
    "any_of": "{column} = any({value})",
    "contains": "{column} ilike {value}",
    "at_least": "{column} >= {value}",
    "below": "{column} < {value}",
    "within": "{column} @> ({value}::date::timestamp at time zone 'UTC')",
}
_Forms = tuple[tuple[str, tuple[str, ...], str], ...]


@cache
def statement(name: str) -> str:
    """Return the text of ``sql/<name>.sql`` without its comment lines."""
    lines = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("--"))


@dataclass(frozen=True)
class RowWindow:
    """Which rows of a view, in which order.

    Attributes:
        conditions: All must hold.
        order: Columns of a total order, all ascending or all descending; only the first may hold
            nulls, which come first in the ascending order.
        descending: The direction of all of them.
        after: Values of the order columns after which the rows begin; null: the first row.
        limit: Most rows.
        offset: Rows to skip first.
    """

    conditions: Sequence[Condition]
    order: tuple[str, ...]
    descending: bool
    after: Sequence[Any] | None
    limit: int
    offset: int


def list_statement(
    asset: Asset, columns: tuple[str, ...], window: RowWindow
) -> tuple[str, list[Any]]:
    """Return SQL and arguments for the rows of one page."""
    after = window.after
    starts_at_null = after is not None and after[0] is None
    text = _list_text(
        asset,
        columns,
        tuple(c.form for c in window.conditions),
        window.order,
        window.descending,
        after is not None,
        starts_at_null,
    )
    values = [c.value for c in window.conditions]
    if after is not None:
        values += after[1:] if starts_at_null else after
    return text, [*values, window.limit, window.offset]


@lru_cache(maxsize=_FORMS)
def _list_text(
    asset: Asset,
    columns: tuple[str, ...],
    forms: _Forms,
    order: tuple[str, ...],
    descending: bool,
    continues: bool,
    starts_at_null: bool,
) -> str:
    first = asset.column(order[0])
    conditions = _conditions(forms)
    number = len(forms)
    if continues:
        compared = order[1:] if starts_at_null else order
        conditions.append(_after(compared, number, descending, first.name, starts_at_null))
        if not starts_at_null and first.nullable and descending:
            conditions[-1] = f"({conditions[-1]} or {quoted_name(first.name)} is null)"
        number += len(compared)
    return statement("list_rows").format(
        columns=", ".join(asset.column(name).expression for name in columns),
        view=asset.view,
        condition=" and ".join(conditions) or "true",
        order=_ordered(order, descending, first.nullable),
        limit=f"${number + 1}",
        offset=f"${number + 2}",
    )


def _after(
    compared: tuple[str, ...], bound: int, descending: bool, first: str, starts_at_null: bool
) -> str:
    """Return the condition of the rows that follow a position.

    Rows whose first column is null precede all others in the ascending order.
    """
    sign = "<" if descending else ">"
    names = ", ".join(quoted_name(name) for name in compared)
    values = ", ".join(f"${bound + n + 1}" for n in range(len(compared)))
    rows = f"({names}) {sign} ({values})"
    if not starts_at_null:
        return rows
    is_null = f"{quoted_name(first)} is null"
    among_nulls = f"({is_null} and {rows})" if compared else "false"
    return among_nulls if descending else f"({among_nulls} or not {is_null})"


def _ordered(order: tuple[str, ...], descending: bool, is_nullable: bool) -> str:
    direction = " desc" if descending else ""
    nulls = (" nulls last" if descending else " nulls first") if is_nullable else ""
    first, *rest = (quoted_name(name) + direction for name in order)
    return ", ".join([first + nulls, *rest])


def _conditions(forms: _Forms) -> list[str]:
    return [_compared(*form, number) for number, form in enumerate(forms, start=1)]


def _compared(test: str, columns: tuple[str, ...], cast: str, number: int) -> str:
    value = f"${number}::{cast}" if cast else f"${number}"
    texts = [_COMPARED[test].format(column=quoted_name(c), value=value) for c in columns]
    return texts[0] if len(texts) == 1 else f"({' or '.join(texts)})"


def count_statement(asset: Asset, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """Return SQL and arguments that count the rows of all pages."""
    condition = " and ".join(_conditions(tuple(c.form for c in conditions))) or "true"
    text = statement("count_rows").format(view=asset.view, condition=condition)
    return text, [c.value for c in conditions]


def export_statement(
    asset: Asset,
    expressions: Sequence[str],
    conditions: Sequence[Condition],
    order: Sequence[str],
) -> tuple[str, list[Any]]:
    """Return SQL and arguments for all rows that fulfil conditions, in a total order."""
    text = statement("export_rows").format(
        columns=", ".join(expressions),
        view=asset.view,
        condition=" and ".join(_conditions(tuple(c.form for c in conditions))) or "true",
        order=", ".join(f"r.{quoted_name(name)}" for name in order),
    )
    return text, [c.value for c in conditions]


def capped_count_statement(
    asset: Asset, conditions: Sequence[Condition], most: int
) -> tuple[str, list[Any]]:
    """Return SQL and arguments that count rows, but no further than one over ``most``."""
    condition = " and ".join(_conditions(tuple(c.form for c in conditions))) or "true"
    limit = f"${len(conditions) + 1}"
    text = statement("count_capped").format(view=asset.view, condition=condition, limit=limit)
    return text, [*(c.value for c in conditions), most + 1]


def newest_partition_statement(asset: Asset) -> str:
    """Return SQL for the newest partition that has rows."""
    assert asset.partition is not None
    column = quoted_name(asset.partition.column)
    return statement("newest_partition").format(column=column, view=asset.view)


def parent_statement(parent: Parent) -> str:
    """Return SQL for whether a parent is there; the path parameters are bound in its order."""
    conditions = [
        f"{quoted_name(column)}::text = ${number}"
        for number, (column, _) in enumerate(parent.columns, start=1)
    ]
    return statement("parent_exists").format(view=parent.view, condition=" and ".join(conditions))

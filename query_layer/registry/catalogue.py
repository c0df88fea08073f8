"""The catalogue: columns, keys and texts of the views, and entries built from it.

``cdp manifest`` compiles ``catalogue.json`` out of the dbt manifest. Scope: reading that file, and
the short form of an entry; not here: the entries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from query_layer.registry.asset import Asset, Partition
from query_layer.registry.column import Column, column_of
from query_layer.registry.filters import ACTOR_ID, SLUG, UUID, WORD, Filter, between, equal

CATALOGUE = Path(__file__).parents[1] / "catalogue.json"
_CADENCES: Mapping[str, Any] = {"week": "week", "date": "day"}
_ACTORS = ("allocator", "client", "provider", "other_client")


def served(
    view: str,
    *,
    scope: str,
    job: str,
    filters: Iterable[Filter | tuple[Filter, ...]] = (),
    sorts: tuple[str, ...] = (),
    order: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    is_series: bool = False,
    counts_exactly: bool = True,
    is_row_scoped: bool = False,
    staff_columns: frozenset[str] = frozenset(),
) -> Asset:
    """Return the entry of a view of ``api_v1``; what is not given follows from the catalogue.

    A view whose key has a week or a date is partitioned by it; every other key column is a filter
    and a sort.

    Args:
        view: Name without the schema.
        scope: Required scope.
        job: Dagster job that builds it.
        filters: Beside those of the key; one of an own name replaces that of the key.
        sorts: Columns beside the key's; the default order first, with ``-`` for descending.
        order: Columns of the key in another order than the catalogue's.
        columns: Columns to show first, in this order, before all others.
        is_series: List the rows of all partitions, although the key has a day.
        counts_exactly: ``count=exact`` is allowed.
        is_row_scoped: Row security shows each caller other rows.
        staff_columns: Columns that a partner is not shown.
    """
    content = _catalogue()[f"api_v1.{view}"]
    keys = order or tuple(content["key"])
    shown = _columns(content["columns"], keys, columns)
    partition = None if is_series else _partition(keys, shown)
    within = tuple(key for key in keys if partition is None or key != partition.column)
    given = [f for item in filters for f in (item if isinstance(item, tuple) else (item,))]
    if partition is None and not any(f.name == "from" for f in given):
        given += _range_of_days(keys, shown)
    return Asset(
        key=content["asset"],
        reads=tuple(content["reads"]),
        view=f"api_v1.{view}",
        description=content["description"],
        columns=shown,
        partition=partition,
        key_columns=within,
        sorts=_sorts(sorts, within or keys, shown),
        filters=(*_key_filters(within, shown, given), *given),
        scope=scope,
        job=job,
        counts_exactly=counts_exactly,
        is_row_scoped=is_row_scoped,
        staff_columns=staff_columns,
    )


def views() -> tuple[str, ...]:
    """Return the names of all views of the catalogue."""
    return tuple(name.partition(".")[2] for name in _catalogue())


@cache
def _catalogue() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return content


def _columns(
    described: Iterable[Mapping[str, Any]], keys: tuple[str, ...], first: tuple[str, ...]
) -> tuple[Column, ...]:
    columns = {column["name"]: column_of(column) for column in described}
    columns |= {key: replace(columns[key], nullable=False) for key in keys}
    rest = [name for name in columns if name not in first]
    return tuple(columns[name] for name in (*first, *rest))


def _partition(keys: tuple[str, ...], columns: tuple[Column, ...]) -> Partition | None:
    days = {column.name for column in columns if column.kind == "date"}
    for name, cadence in _CADENCES.items():
        if name in keys and name in days:
            return Partition(name, cadence)
    return None


def _range_of_days(keys: tuple[str, ...], columns: tuple[Column, ...]) -> tuple[Filter, ...]:
    """Return the range of the first key column that is a day."""
    days = [column.name for column in columns if column.kind == "date" and column.name in keys]
    return between(days[0]) if days else ()


def _sorts(
    given: tuple[str, ...], keys: tuple[str, ...], columns: tuple[Column, ...]
) -> tuple[str, ...]:
    sortable = {column.name for column in columns if column.is_sortable}
    named = {sort.removeprefix("-") for sort in given}
    return (*given, *(key for key in keys if key not in named and key in sortable))


def _key_filters(
    keys: tuple[str, ...], columns: tuple[Column, ...], given: Iterable[Filter]
) -> tuple[Filter, ...]:
    by_name = {column.name: column for column in columns}
    taken = {f.name for f in given} | {c for f in given for c in f.columns if f.test == "equal"}
    wanted = [by_name[key] for key in keys if key not in taken]
    return tuple(
        equal(column.name, _pattern(column), example=str(column.example))
        for column in wanted
        if column.kind in ("text", "uuid", "integer", "boolean")
    )


def _pattern(column: Column) -> str | None:
    if column.kind == "uuid":
        return UUID
    if column.kind != "text":
        return None
    if column.name in _ACTORS:
        return ACTOR_ID
    return SLUG if column.name == "chain_id" else WORD

"""Pages and rows: from a validated query to the envelope of its response, in one snapshot.

Scope: reading rows and describing the page; not here: parsing (``query_layer.read.list_query``) or
caching (``query_layer.http.list_handler``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from query_layer.errors import ApiError, Code
from query_layer.http.encoding import row_shaper
from query_layer.read.database import Reader
from query_layer.read.filter_values import Condition, condition
from query_layer.read.list_query import ListQuery
from query_layer.read.paging import Cursor, CursorSigner, restore
from query_layer.read.statements import (
    RowWindow,
    count_statement,
    list_statement,
    newest_partition_statement,
    parent_statement,
    statement,
)
from query_layer.read.versions import AssetStatus
from query_layer.registry.asset import Asset

_SHAPERS = 1_024  # functions kept: one per route and choice of columns


async def load_response(
    reader: Reader, query: ListQuery, status: AssetStatus, signer: CursorSigner, now: datetime
) -> dict[str, Any]:
    """Return the envelope of one page, or of one row.

    Args:
        reader: A transaction of one snapshot, in which ``status`` was read too.
        query: The validated query.
        status: Status of what is read.
        signer: Writes the cursor of the next page.
        now: The clock by which staleness is decided.

    Raises:
        ApiError: PARTITION_NOT_MATERIALIZED where the partition was never built,
            RESOURCE_NOT_FOUND where the row or what the address names is not there for the caller.
    """
    asset = query.route.asset
    if not query.route.proves_parents:
        await _require_parents(reader, query)
    partition = await chosen_partition(reader, query)
    conditions = query.conditions
    if partition is not None:
        conditions = (of_partition(asset, partition), *conditions)
    order = query.order
    surplus = tuple(name for name in order if name not in query.columns)
    window = RowWindow(
        conditions=conditions,
        order=order,
        descending=query.descending,
        after=_after(query, order),
        limit=query.limit + 1,
        offset=query.offset,
    )
    text, arguments = list_statement(asset, (*query.columns, *surplus), window)
    rows = await reader.fetch(text, *arguments)
    if not rows:
        await _explain_absence(reader, query, partition)
    shape = _shaper(asset, query.columns, surplus)
    meta = status.meta(now) | {"partition": partition}
    if query.route.single:
        return {"data": shape(rows[0]), "error": None, "meta": meta}
    meta["page"] = page = _page(query, order, rows, partition, status, signer)
    if query.exact_count:
        count_text, count_arguments = count_statement(asset, conditions)
        page["total"] = await reader.fetchval(count_text, *count_arguments)
    return {"data": [shape(row) for row in rows[: query.limit]], "error": None, "meta": meta}


@lru_cache(maxsize=_SHAPERS)
def _shaper(
    asset: Asset, columns: tuple[str, ...], surplus: tuple[str, ...]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return row_shaper([asset.column(name) for name in columns], surplus)


async def chosen_partition(reader: Reader, query: ListQuery) -> date | None:
    """Return the partition of a query; null: rows of all, or of a range.

    Raises:
        ApiError: PARTITION_NOT_MATERIALIZED: none is named and none was built.
    """
    if query.is_range or query.partition is not None:
        return query.partition
    asset = query.route.asset
    newest: date | None = await reader.fetchval(newest_partition_statement(asset))
    if newest is None:
        raise _not_materialized(asset, None)
    return newest


async def _explain_absence(reader: Reader, query: ListQuery, partition: date | None) -> None:
    """Raise where no row means that the address names nothing; else the list is just empty."""
    if partition is not None:
        await require_built(reader, query.route.asset, partition)
    if query.route.single:
        raise not_found()
    await _require_parents(reader, query)


async def _require_parents(reader: Reader, query: ListQuery) -> None:
    path = dict(query.path)
    for parent in query.route.parents:
        values = [path[name] for _, name in parent.columns]
        if not await reader.fetchval(parent_statement(parent), *values):
            raise not_found()


def not_found() -> ApiError:
    """Return RESOURCE_NOT_FOUND: one text for what is absent and for what is another's."""
    return ApiError(Code.RESOURCE_NOT_FOUND, "There is nothing at this address.")


async def require_built(reader: Reader, asset: Asset, partition: date) -> None:
    """Raise unless the partition was built: an empty partition is a valid response."""
    key = partition.isoformat()
    is_built = await reader.fetchval(statement("partition_built"), asset.key, key)
    if not is_built:
        # Rows without a status: a filter may have matched nothing.
        text, arguments = count_statement(asset, [of_partition(asset, partition)])
        if not await reader.fetchval(text, *arguments):
            raise _not_materialized(asset, key)


def of_partition(asset: Asset, partition: date) -> Condition:
    """Return the condition of one partition's rows."""
    assert asset.partition is not None
    return condition(asset, "equal", (asset.partition.column,), partition)


def _after(query: ListQuery, order: Sequence[str]) -> list[Any] | None:
    if query.cursor is None:
        return None
    return restore(query.cursor.after, [query.route.asset.column(name).kind for name in order])


def _not_materialized(asset: Asset, partition: str | None) -> ApiError:
    which = f"The partition {partition}" if partition else "No partition"
    ending = "has not been built" if partition else "has been built yet"
    return ApiError(
        Code.PARTITION_NOT_MATERIALIZED,
        f"{which} of {asset.key} {ending}.",
        {"asset": asset.key, "partition": partition, "job": asset.job},
    )


def _page(
    query: ListQuery,
    order: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    partition: date | None,
    status: AssetStatus,
    signer: CursorSigner,
) -> dict[str, Any]:
    has_more = len(rows) > query.limit
    next_cursor = None
    if has_more:
        last = rows[query.limit - 1]
        next_cursor = signer.write(
            Cursor(
                binding=query.binding(partition),
                partition=partition.isoformat() if partition else None,
                version=status.version,
                after=[last[name] for name in order],
            )
        )
    return {
        "limit": query.limit,
        "offset": query.offset,
        "has_more": has_more,
        "next_cursor": next_cursor,
        "version_changed": query.cursor is not None and query.cursor.version != status.version,
    }

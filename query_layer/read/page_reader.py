"""List pages: from a validated query to the envelope of one page, in one snapshot.

Scope: reading rows and describing the page; not here: parsing (``query_layer.read.list_query``) or
caching (``query_layer.http.list_handler``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from query_layer.errors import ApiError, Code
from query_layer.http.encoding import row_shaper
from query_layer.read.database import Reader
from query_layer.read.list_query import ListQuery
from query_layer.read.paging import Cursor, CursorSigner, restore
from query_layer.read.statements import (
    RowWindow,
    count_statement,
    list_statement,
    newest_partition_statement,
    statement,
)
from query_layer.read.versions import AssetStatus
from query_layer.registry import Asset


async def load_page(
    reader: Reader, query: ListQuery, status: AssetStatus, signer: CursorSigner, now: datetime
) -> dict[str, Any]:
    """Return the envelope of one page.

    Args:
        reader: A transaction of one snapshot, in which ``status`` was read too.
        query: The validated query.
        status: Status of the asset.
        signer: Writes the cursor of the next page.
        now: The clock by which staleness is decided.

    Raises:
        ApiError: PARTITION_NOT_MATERIALIZED where the partition was never built.
    """
    asset = query.asset
    partition = await _partition(reader, query)
    equal = [*query.equal]
    if asset.partition is not None:
        equal.insert(0, (asset.partition.column, partition))
    order = asset.order(query.sort)
    window = RowWindow(
        equal=equal,
        order=order,
        descending=query.descending,
        after=_after(query, order),
        limit=query.limit + 1,
        offset=query.offset,
    )
    surplus = [name for name in order if name not in query.columns]
    text, arguments = list_statement(asset, [*query.columns, *surplus], window)
    rows = await reader.fetch(text, *arguments)
    if not rows and partition is not None:
        await _require_built(reader, asset, partition)
    page = _page(query, rows, partition, status, signer)
    if query.exact_count:
        count_text, count_arguments = count_statement(asset, equal)
        page["total"] = await reader.fetchval(count_text, *count_arguments)
    shape = row_shaper([asset.column(name) for name in query.columns], surplus)
    meta = status.meta(now) | {"partition": partition, "page": page}
    return {"data": [shape(row) for row in rows[: query.limit]], "error": None, "meta": meta}


async def _partition(reader: Reader, query: ListQuery) -> date | None:
    if query.asset.partition is None or query.partition is not None:
        return query.partition
    newest: date | None = await reader.fetchval(newest_partition_statement(query.asset))
    if newest is None:
        raise _not_materialized(query.asset, None)
    return newest


async def _require_built(reader: Reader, asset: Asset, partition: date) -> None:
    """Raise unless the partition was built: an empty partition is a valid response."""
    key = partition.isoformat()
    is_built = await reader.fetchval(statement("partition_built"), asset.key, key)
    if not is_built:
        # Rows without a status: a filter may have matched nothing.
        text, arguments = count_statement(asset, [(_column(asset), partition)])
        if not await reader.fetchval(text, *arguments):
            raise _not_materialized(asset, key)


def _after(query: ListQuery, order: Sequence[str]) -> list[Any] | None:
    if query.cursor is None:
        return None
    return restore(query.cursor.after, [query.asset.column(name).kind for name in order])


def _column(asset: Asset) -> str:
    assert asset.partition is not None
    return asset.partition.column


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
                after=[last[name] for name in query.asset.order(query.sort)],
            )
        )
    return {
        "limit": query.limit,
        "offset": query.offset,
        "has_more": has_more,
        "next_cursor": next_cursor,
        "version_changed": query.cursor is not None and query.cursor.version != status.version,
    }

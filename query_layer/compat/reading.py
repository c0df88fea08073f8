"""Reading: from a request to the bytes of its response, in one snapshot.

Scope: rows, counts and envelopes; not here: HTTP (``query_layer.compat.handler``).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from query_layer.compat.parameters import CompatQuery
from query_layer.compat.route import MAX_LIMIT
from query_layer.compat.statements import Field, bound, count_statement, rows_statement
from query_layer.errors import ApiError, Code
from query_layer.http.encoding import encode
from query_layer.read.page_reader import not_found

PIECE_ROWS = 1_000  # rows in memory at once while a long response is sent
_fields: dict[str, tuple[Field, ...]] = {}


async def fields_of(
    connection: Any, name: str, text: str, query: CompatQuery, now: datetime
) -> tuple[Field, ...]:
    """Return the columns of a statement, which Postgres describes once per process."""
    if name not in _fields:
        sql, _ = bound(text, query.values, now)
        described = (await connection.prepare(sql)).get_attributes()
        _fields[name] = tuple(Field(a.name, a.type.name) for a in described)
    return _fields[name]


async def load(connection: Any, query: CompatQuery, now: datetime) -> bytes | None:
    """Return the response, or null where it has more than ``PIECE_ROWS`` rows.

    Raises:
        ApiError: RESOURCE_NOT_FOUND where the address names no row; VALIDATION_FAILED for a sort by
            no field.
    """
    route = query.route
    head = await _head(connection, query, now)
    fields = await fields_of(connection, route.name, route.rows_text, query, now)
    most = 1 if route.is_single else min(query.limit or MAX_LIMIT, PIECE_ROWS + 1)
    sql, arguments = rows_statement(query, fields, now, most)
    rows = await connection.fetch(sql, *arguments)
    if route.is_single:
        if not rows:
            raise not_found()
        return encode({**head, **_shaped(rows, fields)[0]})
    if len(rows) > PIECE_ROWS:
        return None
    if route.is_paged:
        head = await _paged(connection, query, now, head, len(rows))
    body = _shaped(rows, fields)
    return encode({**head, route.rows_key: body} if route.rows_key else body)


async def pieces(connection: Any, query: CompatQuery, now: datetime) -> AsyncIterator[bytes]:
    """Yield the bytes of a long response; memory holds ``PIECE_ROWS`` rows.

    Raises:
        ApiError: EXPORT_TOO_LARGE, before the first piece, where there are more rows than the cap.
    """
    route = query.route
    head = await _head(connection, query, now)
    fields = await fields_of(connection, route.name, route.rows_text, query, now)
    if route.is_paged:
        head = await _paged(connection, query, now, head, None)
    sql, arguments = rows_statement(query, fields, now, query.limit)
    if query.limit is None:
        total = head.get("count")
        if total is None:
            total = await connection.fetchval(*_spread(count_statement(query, now)))
        if total > MAX_LIMIT:
            raise ApiError(
                Code.EXPORT_TOO_LARGE,
                f"The list has more than {MAX_LIMIT} rows; page with limit and page.",
                {"max_rows": MAX_LIMIT},
            )
    start = b"["
    if route.rows_key:
        start = encode({**head, route.rows_key: []})[:-2]
    yield start
    cursor = await connection.cursor(sql, *arguments)
    separator = b""
    while rows := await cursor.fetch(PIECE_ROWS):
        yield separator + encode(_shaped(rows, fields))[1:-1]
        separator = b","
    yield b"]}" if route.rows_key else b"]"


async def _head(connection: Any, query: CompatQuery, now: datetime) -> dict[str, Any]:
    text = query.route.head_text
    if text is None:
        return {}
    name = f"{query.route.name}.head"
    fields = await fields_of(connection, name, text, query, now)
    columns = ", ".join(field.expression for field in fields)
    sql, arguments = bound(text, query.values, now)
    rows = await connection.fetch(f"select {columns} from (\n{sql}\n) r", *arguments)
    if not rows:
        raise not_found()
    return _shaped(rows, fields)[0]


async def _paged(
    connection: Any,
    query: CompatQuery,
    now: datetime,
    head: Mapping[str, Any],
    found: int | None,
) -> dict[str, Any]:
    """Return the envelope of a page without its rows; ``found`` rows of it were read."""
    is_all = found is not None and query.offset == 0 and found < (query.limit or found + 1)
    total = found if is_all else await connection.fetchval(*_spread(count_statement(query, now)))
    pagination: dict[str, Any] = {}
    if query.limit is not None and total is not None:
        pages = -(-total // query.limit)
        pagination = {"limit": query.limit, "page": query.page, "pages": pages, "total": total}
    return {"pagination": pagination, "count": total, **head}


def _shaped(rows: Sequence[Mapping[str, Any]], fields: Sequence[Field]) -> list[dict[str, Any]]:
    shaped = [dict(row) for row in rows]
    stored = [f.name for f in fields if f.is_json and shaped and f.name in shaped[0]]
    for row in shaped if stored else ():
        for name in stored:
            if row[name] is not None:
                row[name] = msgspec.Raw(row[name].encode())
    return shaped


def _spread(statement: tuple[str, list[Any]]) -> tuple[Any, ...]:
    return (statement[0], *statement[1])

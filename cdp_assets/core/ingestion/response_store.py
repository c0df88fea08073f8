"""Raw responses of outside sources, stored before they are read, once per content.

Every domain stores them the same way: a response is committed as it was received, the same content
under the same key is one row, and a row has the time of receipt. A domain declares its table
(:class:`ResponseTable`); sources that are landed by day share one form of it.

Scope: storing responses and reading those of a day; not here: requests, or what a response means
(``resources.sources``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import LiteralString

import psycopg
from psycopg import sql

from resources.http.raw_response import RawResponse


@dataclass(frozen=True, kw_only=True)
class ResponseTable:
    """A table of raw responses.

    Attributes:
        name: Schema and table.
        id_column: Column that ``store`` returns.
        once_per: Columns of its unique key.
        received_again: Assignments to the stored row ``s`` when its content arrives again.
        columns: Field of the response by column.
        expressions: SQL around the value of a column, ``{}`` in its place.
    """

    name: tuple[str, str]
    id_column: str
    once_per: Sequence[str]
    received_again: LiteralString
    columns: Mapping[str, str]
    expressions: Mapping[str, LiteralString] = field(default_factory=dict)

    def store(
        self,
        connection: psycopg.Connection | psycopg.Cursor,
        response: RawResponse,
        own: Mapping[str, object],
    ) -> object:
        """Store a response.

        Args:
            connection: Not in a transaction that may be rolled back: evidence outlives a failure.
            response: As received.
            own: Values of further columns; those of the same name replace the response's.

        Returns:
            Its id; null where the stored row is unchanged.
        """
        values = {column: getattr(response, name) for column, name in self.columns.items()}
        values |= own
        row = connection.execute(self._statement(list(values)), list(values.values())).fetchone()
        return None if row is None else row[0]

    def _statement(self, columns: Sequence[str]) -> sql.Composed:
        names = sql.SQL(", ")
        return sql.SQL(
            "insert into {} as s ({}) values ({}) on conflict ({}) do update set {} returning {}"
        ).format(
            sql.Identifier(*self.name),
            names.join(map(sql.Identifier, columns)),
            names.join(
                sql.SQL(self.expressions.get(column, "{}")).format(sql.Placeholder())
                for column in columns
            ),
            names.join(map(sql.Identifier, self.once_per)),
            sql.SQL(self.received_again),
            sql.Identifier("s", self.id_column),
        )


def daily_responses(schema: str) -> ResponseTable:
    """Return the table of a source that is landed by day, ``<schema>.responses``.

    The same content may be rejected first and accepted later; once accepted, it stays complete.
    """
    return ResponseTable(
        name=(schema, "responses"),
        id_column="response_id",
        once_per=("day", "request_fingerprint", "response_hash"),
        received_again="""
            http_status = case
                when excluded.is_complete or not s.is_complete then excluded.http_status
                else s.http_status
            end,
            is_complete = s.is_complete or excluded.is_complete,
            fetched_at = case
                when excluded.is_complete or not s.is_complete
                    then greatest(s.fetched_at, excluded.fetched_at)
                else s.fetched_at
            end
        """,
        columns={
            name: name
            for name in (
                "request_fingerprint",
                "http_status",
                "is_complete",
                "fetched_at",
                "response_hash",
                "body",
            )
        },
    )


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """One complete response of a day, with the entities that its request was about."""

    response_id: int
    entities: list[str]
    response: RawResponse


def store_response(
    connection: psycopg.Connection,
    schema: str,
    day: date,
    entities: Sequence[str],
    response: RawResponse,
    *,
    with_body: bool = True,
) -> int:
    """Store a response in ``<schema>.responses`` and return its id.

    Args:
        connection: Not in a transaction that may be rolled back: evidence outlives a failed day.
        schema: ``raw_<source>``.
        day: UTC day that the response is an observation of.
        entities: Entities of the request, in its order.
        response: As received.
        with_body: False for content that can be fetched again by its CID.
    """
    own: dict[str, object] = {"day": day, "entities": list(entities)}
    if not with_body:
        own["body"] = None
    response_id = daily_responses(schema).store(connection, response, own)
    assert isinstance(response_id, int)
    return response_id


def stored_responses(
    connection: psycopg.Connection, schema: str, day: date, *, named: str = ""
) -> Iterator[StoredResponse]:
    """Return the complete responses of a day in the order received.

    Args:
        connection: Of the warehouse.
        schema: ``raw_<source>``.
        day: UTC day.
        named: Prefix of the names of their requests; empty: all of the source's.
    """
    rows = connection.execute(
        sql.SQL(
            """
            select response_id, entities, http_status, fetched_at, response_hash, body,
                request_fingerprint
            from {table}
            where day = %s and is_complete and body is not null
                and starts_with(request_fingerprint, %s)
            order by fetched_at, response_id
            """
        ).format(table=sql.Identifier(schema, "responses")),
        [day, named],
    )
    for response_id, entities, status, fetched_at, response_hash, body, fingerprint in rows:
        response = RawResponse(
            request_fingerprint=fingerprint,
            http_status=status,
            provider_version=None,
            fetched_at=fetched_at,
            body=bytes(body),
            response_hash=response_hash,
            is_complete=True,
        )
        yield StoredResponse(response_id, list(entities), response)

"""Raw answers of the provider sources, kept before anybody reads them (schemas ``raw_<source>``).

Belongs here: keeping an answer once per day, request and content, and reading kept ones back. Does
not: asking, or what an answer means (``resources.<source>``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from resources.http.raw_response import RawResponse


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

    The same content may come with a failure first and be accepted later: accepted once, it counts.

    Args:
        connection: Not in a transaction that may be rolled back: evidence outlives a failed day.
        schema: ``raw_<source>``.
        day: UTC day that the answer is an observation of.
        entities: Entities of the request, in its order.
        response: As received.
        with_body: False for content that its own CID fetches again.
    """
    row = connection.execute(
        sql.SQL(
            """
            insert into {table} (
                day, request_fingerprint, entities, http_status, is_complete, fetched_at,
                response_hash, body
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (day, request_fingerprint, response_hash) do update set
                http_status = case
                    when excluded.is_complete or not responses.is_complete then excluded.http_status
                    else responses.http_status
                end,
                is_complete = responses.is_complete or excluded.is_complete,
                fetched_at = case
                    when excluded.is_complete or not responses.is_complete
                        then greatest(responses.fetched_at, excluded.fetched_at)
                    else responses.fetched_at
                end
            returning response_id
            """
        ).format(table=sql.Identifier(schema, "responses")),
        [
            day,
            response.request_fingerprint,
            list(entities),
            response.http_status,
            response.is_complete,
            response.fetched_at,
            response.response_hash,
            response.body if with_body else None,
        ],
    ).fetchone()
    assert row is not None
    return int(row[0])


def stored_responses(
    connection: psycopg.Connection, schema: str, day: date, *, named: str = ""
) -> Iterator[StoredResponse]:
    """Return the complete responses of a day in the order received.

    Args:
        connection: Of the warehouse.
        schema: ``raw_<source>``.
        day: UTC day.
        named: What the names of their requests begin with; empty: all of the source's.
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

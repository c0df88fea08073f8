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

from resources.raw_answer import RawAnswer


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One complete answer of a day, with the entities that its request was about."""

    answer_id: int
    asked: list[str]
    answer: RawAnswer


def keep_answer(
    connection: psycopg.Connection,
    schema: str,
    day: date,
    asked: Sequence[str],
    answer: RawAnswer,
    *,
    with_body: bool = True,
) -> int:
    """Keep an answer in ``<schema>.answers`` and return its id.

    The same content may come with a failure first and as an answer later: accepted once, it counts.

    Args:
        connection: Not in a transaction that may be rolled back: evidence outlives a failed day.
        schema: ``raw_<source>``.
        day: UTC day that the answer is an observation of.
        asked: Entities of the request, in its order.
        answer: As received.
        with_body: False for content that its own CID fetches again.
    """
    row = connection.execute(
        sql.SQL(
            """
            insert into {table} (
                day, request_fingerprint, asked, http_status, is_complete, fetched_at,
                response_hash, body
            )
            values (%s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (day, request_fingerprint, response_hash) do update set
                http_status = case
                    when excluded.is_complete or not answers.is_complete then excluded.http_status
                    else answers.http_status
                end,
                is_complete = answers.is_complete or excluded.is_complete,
                fetched_at = case
                    when excluded.is_complete or not answers.is_complete
                        then greatest(answers.fetched_at, excluded.fetched_at)
                    else answers.fetched_at
                end
            returning answer_id
            """
        ).format(table=sql.Identifier(schema, "answers")),
        [
            day, answer.request_fingerprint, list(asked), answer.http_status, answer.is_complete,
            answer.fetched_at, answer.response_hash, answer.body if with_body else None,
        ],
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def kept_answers(
    connection: psycopg.Connection, schema: str, day: date, *, named: str = ""
) -> Iterator[KeptAnswer]:
    """Return the complete answers of a day in the order received.

    Args:
        connection: Of the warehouse.
        schema: ``raw_<source>``.
        day: UTC day.
        named: What the names of their questions begin with; empty: all of the source's.
    """
    rows = connection.execute(
        sql.SQL(
            """
            select answer_id, asked, http_status, fetched_at, response_hash, body,
                request_fingerprint
            from {table}
            where day = %s and is_complete and body is not null
                and starts_with(request_fingerprint, %s)
            order by fetched_at, answer_id
            """
        ).format(table=sql.Identifier(schema, "answers")),
        [day, named],
    )
    for answer_id, asked, status, fetched_at, response_hash, body, fingerprint in rows:
        answer = RawAnswer(
            request_fingerprint=fingerprint, http_status=status, provider_version=None,
            fetched_at=fetched_at, body=bytes(body), response_hash=response_hash, is_complete=True,
        )  # fmt: skip
        yield KeptAnswer(answer_id, list(asked), answer)

"""Landing of the URL finder: one observation per provider and UTC day (compliance §3.19).

The service tells the present only, so it is asked for the day of the clock and for no other; a past
day is made of the answers kept from it, or stays NOT_OBSERVED (spec README, "Observations").
Belongs here: keeping answers, reading kept answers, replacing a day. Does not: the protocol
(``resources.url_finder``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from cdp_assets.errors import BadSourceAnswer, CdpError
from resources.raw_answer import RawAnswer
from resources.url_finder import LARGEST_BULK, Retrievability, UrlFinder, read_bulk

_NAMED = 5


@dataclass(frozen=True)
class Observation:
    """One provider's figure and the kept answer that it was read from."""

    row: Retrievability
    answer_id: int


def providers_to_ask(connection: psycopg.Connection) -> list[str]:
    """Return every provider that the source knows, as prefixed ids in ascending order."""
    rows = connection.execute(
        "select 'f0' || provider_id from raw_dmob.unique_providers "
        "where provider_id ~ '^[0-9]+$' order by provider_id::bigint"
    )
    return [row[0] for row in rows]


def observe(
    connection: psycopg.Connection, finder: UrlFinder, day: date, providers: Sequence[str]
) -> list[Observation]:
    """Ask for all providers, keep every answer as received, and return what they say.

    Answers are committed one by one: what a source said is kept even when the day then fails.

    Raises:
        CdpError: A slice got no usable answer; nothing of the day was replaced.
    """
    observations: list[Observation] = []
    failures: list[CdpError] = []
    for first in range(0, len(providers), LARGEST_BULK):
        asked = providers[first : first + LARGEST_BULK]
        outcome = finder.ask_bulk(asked)
        kept = [keep_answer(connection, day, asked, answer) for answer in outcome.answers]
        if outcome.failure is not None:
            failures.append(outcome.failure)
            continue
        observations += [Observation(row, kept[-1]) for row in read_bulk(outcome.usable(), asked)]
    if failures:
        slices = -(-len(providers) // LARGEST_BULK)
        worst = failures[0]
        raise type(worst)(
            f"{len(failures)} of {slices} requests to the URL finder gave no usable answer; "
            f"the first: {worst.message}",
            key=f"{day:%Y-%m-%d}",
            hint="the day keeps the rows that it had; its answers are in raw_url_finder.answers",
        )
    return observations


def keep_answer(
    connection: psycopg.Connection, day: date, asked: Sequence[str], answer: RawAnswer
) -> int:
    """Keep an answer once per day, request and content; return its id.

    The same content may come with a failure first and as an answer later: accepted once, it counts.
    """
    row = connection.execute(
        """
        insert into raw_url_finder.answers (
            day, request_fingerprint, asked, http_status, is_complete, fetched_at, response_hash,
            body
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
        """,
        [
            day, answer.request_fingerprint, list(asked), answer.http_status, answer.is_complete,
            answer.fetched_at, answer.response_hash, answer.body,
        ],
    ).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def read_kept(connection: psycopg.Connection, day: date) -> list[Observation] | None:
    """Return what the kept answers of a day say, the latest per provider; null when none was kept.

    Raises:
        BadSourceAnswer: A kept answer that was complete can no longer be read.
    """
    rows = connection.execute(
        """
        select answer_id, asked, http_status, fetched_at, response_hash, body, request_fingerprint
        from raw_url_finder.answers
        where day = %s and is_complete
        order by fetched_at, response_hash
        """,
        [day],
    ).fetchall()
    if not rows:
        return None
    latest: dict[str, Observation] = {}
    for answer_id, asked, status, fetched_at, response_hash, body, fingerprint in rows:
        answer = RawAnswer(
            request_fingerprint=fingerprint, http_status=status, provider_version="",
            fetched_at=fetched_at, body=bytes(body), response_hash=response_hash, is_complete=True,
        )  # fmt: skip
        for seen in read_bulk(answer, asked):
            latest[seen.provider] = Observation(seen, answer_id)
    return [latest[provider] for provider in sorted(latest)]


def replace_day(cursor: psycopg.Cursor, day: date, observations: Sequence[Observation]) -> int:
    """Replace the rows of a day in the caller's transaction; return how many there were before.

    Raises:
        BadSourceAnswer: A provider stands in it twice.
    """
    providers = [seen.row.provider for seen in observations]
    if len(set(providers)) != len(providers):
        twice = sorted({p for p in providers if providers.count(p) > 1})[:_NAMED]
        raise BadSourceAnswer(f"providers observed twice: {', '.join(twice)}", key=f"{day}")
    deleted = cursor.execute(
        "delete from raw_url_finder.provider_retrievability where day = %s", [day]
    ).rowcount
    with cursor.copy(
        "copy raw_url_finder.provider_retrievability "
        "(day, provider, retrievability_percent, answer_id) from stdin"
    ) as sink:
        for seen in sorted(observations, key=lambda o: o.row.provider):
            sink.write_row(
                (day, seen.row.provider, seen.row.retrievability_percent, seen.answer_id)
            )
    return deleted

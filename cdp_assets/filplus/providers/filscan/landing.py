"""What Filscan shows of providers: one answer per provider and day, the table made of it (§2.2).

Belongs here: whom to ask, keeping answers, replacing a day. Does not: the protocol
(``resources.sources.filscan``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import psycopg
from psycopg import sql

from cdp_assets.core.ingestion.batch_requests import is_access_denied
from cdp_assets.core.ingestion.response_store import store_response, stored_responses
from cdp_assets.errors import TransientFailure
from resources.sources.filscan import COLUMNS, Filscan, Indicator, read_indicator

SCHEMA = "raw_filscan"


def day_of_kept(connection: psycopg.Connection, day: date) -> dict[str, Indicator] | None:
    """Return what the kept answers of a day show, the latest per provider; null without any."""
    found: dict[str, Indicator] = {}
    for kept in stored_responses(connection, SCHEMA, day):
        found[kept.entities[0]] = read_indicator(kept.response.body, kept.entities[0])
    return found or None


def fetch(
    connection: psycopg.Connection,
    filscan: Filscan,
    day: date,
    providers: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Ask for providers one by one and keep every answer; return who failed and why.

    Args:
        connection: In autocommit mode.
        filscan: Who is asked.
        day: UTC day of the clock.
        providers: In the order to ask in.
        previously_failed: Those that failed last time; no response for them says nothing about the
            service.

    Raises:
        PermanentFailure: The service refuses us (address, credential).
        TransientFailure: Not one question was answered.
    """
    failed: dict[str, str] = {}
    down: TransientFailure | None = None
    answered = set(providers) <= set(previously_failed)
    for provider in providers:
        outcome = filscan.account(provider)
        for answer in outcome.answers:
            store_response(connection, SCHEMA, day, [provider], answer)
        failure = outcome.failure
        if failure is not None:
            if is_access_denied(outcome):
                raise failure
            failed[provider] = failure.message
        if isinstance(failure, TransientFailure):
            down = down or failure  # later ones only say that nobody was asked
        else:
            answered = True
    if down is not None and not answered:
        raise down
    return failed


def replace_day(cursor: psycopg.Cursor, day: date, rows: Mapping[str, Indicator]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from filplus.provider_filscan_info where date = %s", [day])
    statement = sql.SQL("copy filplus.provider_filscan_info (date, provider, {}) from stdin")
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    with cursor.copy(statement.format(names)) as sink:
        for provider in sorted(rows):
            sink.write_row((day, provider, *(rows[provider][name] for name in COLUMNS)))

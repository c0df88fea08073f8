"""What Filscan shows of providers: one response per provider and day, and their table (§2.2).

Scope: which providers to fetch, storing responses, replacing a day; not here: the protocol
(``resources.sources.filscan``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import psycopg
from psycopg import sql

from cdp_assets.core.ingestion.batch_requests import is_access_denied
from cdp_assets.core.ingestion.daily_ingest import Day
from cdp_assets.core.ingestion.response_store import store_response, stored_responses
from cdp_assets.errors import TransientFailure
from cdp_assets.filplus.providers.known_providers import known_providers
from resources.http.http_client import HttpClient
from resources.sources.filscan import COLUMNS, Filscan, Indicator, read_indicator

SCHEMA = "raw_filscan"


def pending_providers(connection: psycopg.Connection, day: Day) -> list[str]:
    """Return the providers of the source without a stored response of the day."""
    found = rows_of_day(connection, day.date) or {}
    return [one for one in known_providers(connection) if one not in found]


def rows_of_day(connection: psycopg.Connection, day: date) -> dict[str, Indicator] | None:
    """Return what the stored responses of a day show, the latest per provider; null without any."""
    found: dict[str, Indicator] = {}
    for stored in stored_responses(connection, SCHEMA, day):
        found[stored.entities[0]] = read_indicator(stored.response.body, stored.entities[0])
    return found or None


def fetch(
    connection: psycopg.Connection,
    http: HttpClient,
    day: date,
    providers: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Fetch providers one by one and store every response; return which failed and why.

    Args:
        connection: In autocommit mode.
        http: Client of Filscan.
        day: UTC day of the clock.
        providers: In the order to fetch.
        previously_failed: Those that failed last time; no response for them says nothing about the
            service.

    Raises:
        PermanentFailure: The service denies access (address, credential).
        TransientFailure: Not one request got a response.
    """
    filscan = Filscan(http)
    failed: dict[str, str] = {}
    down: TransientFailure | None = None
    responded = set(providers) <= set(previously_failed)
    for provider in providers:
        outcome = filscan.account(provider)
        for response in outcome.responses:
            store_response(connection, SCHEMA, day, [provider], response)
        failure = outcome.failure
        if failure is not None:
            if is_access_denied(outcome):
                raise failure
            failed[provider] = failure.message
        if isinstance(failure, TransientFailure):
            down = down or failure  # later ones only say that no request was sent
        else:
            responded = True
    if down is not None and not responded:
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

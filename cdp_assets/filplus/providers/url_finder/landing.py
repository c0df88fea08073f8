"""Landing of the URL finder: one observation per provider and UTC day (compliance §3.19).

The service reports the present only, so it is requested for the day of the clock and for no other;
a past day is built from its stored responses, or stays NOT_OBSERVED (spec README, "Observations").
Scope: requests, reading stored responses, replacing a day; not here: the protocol
(``resources.sources.url_finder``), how responses are stored (``response_store``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import psycopg

from cdp_assets.core.ingestion.batch_requests import request_in_batches, store_responses
from cdp_assets.core.ingestion.response_store import stored_responses
from cdp_assets.errors import CdpError, PermanentFailure
from cdp_assets.filplus.providers.known_providers import known_providers
from cdp_assets.units import counted
from resources.http.http_client import HttpClient
from resources.sources.url_finder import BULK, LARGEST_BULK, Retrievability, UrlFinder, read_bulk

SCHEMA = "raw_url_finder"
UNKNOWN = "unknown_providers"
_ROWS_STAY = "the day's rows stay; its responses are in raw_url_finder.responses"


@dataclass(frozen=True)
class Observation:
    """One provider's value and the stored response that it was read from."""

    row: Retrievability
    response_id: int


def fetch(
    connection: psycopg.Connection,
    http: HttpClient,
    day: date,
    providers: Sequence[str],
    previously_failed: Collection[str] = (),
) -> dict[str, str]:
    """Fetch all providers and store every response; return which have no usable one and why.

    Responses are committed one by one: they stay stored even when the day then fails. A failure of
    those that failed last time is one of the source like any other: ``previously_failed`` is not
    looked at.

    Raises:
        CdpError: Not one request got a usable response, or the service denies access.
    """
    try:
        result = request_in_batches(
            providers, LARGEST_BULK, partial(_fetch_batch, connection, UrlFinder(http), day)
        )
    except PermanentFailure as refusal:
        raise _of_day(day, refusal, f"the URL finder denies access: {refusal.message}") from None
    first = result.first_failure
    if first is not None and not result.has_response:
        raise _of_day(
            day,
            first,
            f"{result.failed_batches} of {counted(result.batches, 'request')} to the "
            f"URL finder gave no usable response; the first: {first.message}",
        )
    return result.failed


def _of_day(day: date, failure: CdpError, message: str) -> CdpError:
    return type(failure)(message, key=f"{day:%Y-%m-%d}", hint=_ROWS_STAY)


def _fetch_batch(
    connection: psycopg.Connection, finder: UrlFinder, day: date, providers: Sequence[str]
) -> tuple[CdpError | None, dict[str, str]]:
    outcome = finder.fetch_bulk(providers)
    store_responses(connection, SCHEMA, day, providers, outcome)
    if outcome.failure is not None:
        return outcome.failure, {}
    return None, read_bulk(outcome.responses[-1], providers).unreadable


def rows_of_day(connection: psycopg.Connection, day: date) -> dict[str, Observation] | None:
    """Return what the stored responses of a day hold, the latest per provider; null without any.

    Where the latest entry cannot be read, the one before it counts.

    Raises:
        InvalidSourceResponse: A stored response that was complete can no longer be read.
    """
    latest: dict[str, Observation] = {}
    any_stored = False
    for stored in stored_responses(connection, SCHEMA, day, named=BULK):
        any_stored = True
        bulk = read_bulk(stored.response, stored.entities)
        for provider in stored.entities:
            if provider in bulk.found:
                latest[provider] = Observation(bulk.found[provider], stored.response_id)
            elif provider not in bulk.unreadable:
                latest.pop(provider, None)  # not known any more
    return dict(sorted(latest.items())) if any_stored else None


def replace_day(cursor: psycopg.Cursor, day: date, observations: Mapping[str, Observation]) -> None:
    """Replace the rows of a day in the caller's transaction."""
    cursor.execute("delete from raw_url_finder.provider_retrievability where day = %s", [day])
    with cursor.copy(
        "copy raw_url_finder.provider_retrievability "
        "(day, provider, retrievability_percent, response_id) from stdin"
    ) as sink:
        for provider, seen in observations.items():
            sink.write_row((day, provider, seen.row.retrievability_percent, seen.response_id))


def unknown_count(
    connection: psycopg.Connection, rows: Mapping[str, Observation], failed: Mapping[str, str]
) -> dict[str, int]:
    """Return how many known providers have neither a row nor a failure."""
    return {UNKNOWN: len(set(known_providers(connection)) - set(rows) - set(failed))}

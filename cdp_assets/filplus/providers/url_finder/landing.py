"""Landing of the URL finder: one observation per provider and UTC day (compliance §3.19).

The service tells the present only, so it is asked for the day of the clock and for no other; a past
day is made of the answers kept from it, or stays NOT_OBSERVED (spec README, "Observations").
Belongs here: asking, reading kept answers, replacing a day. Does not: the protocol
(``resources.sources.url_finder``), how answers are kept (``response_store``) or Dagster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import psycopg

from cdp_assets.core.ingestion.batch_requests import request_in_batches, store_responses
from cdp_assets.core.ingestion.response_store import stored_responses
from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS
from cdp_assets.units import counted
from resources.sources.url_finder import BULK, LARGEST_BULK, Retrievability, UrlFinder, read_bulk

SCHEMA = "raw_url_finder"
_NAMED = 5
_KEPT = "the day keeps the rows that it had; its answers are in raw_url_finder.responses"


@dataclass(frozen=True)
class Observation:
    """One provider's figure and the kept answer that it was read from."""

    row: Retrievability
    response_id: int


def providers_to_ask(connection: psycopg.Connection) -> list[str]:
    """Return every provider that the source knows, as prefixed ids in ascending order."""
    rows = connection.execute(
        f"select provider from ({KNOWN_PROVIDERS}) k "
        "order by substr(provider, 3)::numeric, provider"
    )
    return [row[0] for row in rows]


def fetch(
    connection: psycopg.Connection, finder: UrlFinder, day: date, providers: Sequence[str]
) -> dict[str, str]:
    """Ask for all providers and keep every answer; return who has no usable one and why.

    Answers are committed one by one: what a source said is kept even when the day then fails.

    Raises:
        CdpError: Not one request was answered, or the service refuses us.
    """
    try:
        asked = request_in_batches(
            providers, LARGEST_BULK, partial(_ask_slice, connection, finder, day)
        )
    except PermanentFailure as refusal:
        raise _of_day(day, refusal, f"the URL finder refuses us: {refusal.message}") from None
    first = asked.first_failure
    if first is not None and not asked.answered:
        raise _of_day(
            day,
            first,
            f"{asked.unanswered} of {counted(asked.batches, 'request')} to the URL "
            f"finder gave no usable answer; the first: {first.message}",
        )
    return asked.failed


def _of_day(day: date, failure: CdpError, message: str) -> CdpError:
    return type(failure)(message, key=f"{day:%Y-%m-%d}", hint=_KEPT)


def _ask_slice(
    connection: psycopg.Connection, finder: UrlFinder, day: date, providers: Sequence[str]
) -> tuple[CdpError | None, dict[str, str]]:
    outcome = finder.ask_bulk(providers)
    store_responses(connection, SCHEMA, day, providers, outcome)
    if outcome.failure is not None:
        return outcome.failure, {}
    return None, read_bulk(outcome.answers[-1], providers).unreadable


def read_kept(connection: psycopg.Connection, day: date) -> list[Observation] | None:
    """Return what the kept answers of a day say, the latest per provider; null when none was kept.

    Where the latest entry cannot be read, the one before it stands.

    Raises:
        InvalidSourceResponse: A kept answer that was complete can no longer be read.
    """
    latest: dict[str, Observation] = {}
    any_kept = False
    for kept in stored_responses(connection, SCHEMA, day, named=BULK):
        any_kept = True
        bulk = read_bulk(kept.response, kept.entities)
        for provider in kept.entities:
            if provider in bulk.found:
                latest[provider] = Observation(bulk.found[provider], kept.response_id)
            elif provider not in bulk.unreadable:
                latest.pop(provider, None)  # not known any more
    if not any_kept:
        return None
    return [latest[provider] for provider in sorted(latest)]


def replace_day(cursor: psycopg.Cursor, day: date, observations: Sequence[Observation]) -> int:
    """Replace the rows of a day in the caller's transaction; return how many there were before.

    Raises:
        InvalidSourceResponse: A provider stands in it twice.
    """
    providers = [seen.row.provider for seen in observations]
    if len(set(providers)) != len(providers):
        twice = sorted({p for p in providers if providers.count(p) > 1})[:_NAMED]
        raise InvalidSourceResponse(f"providers observed twice: {', '.join(twice)}", key=f"{day}")
    deleted = cursor.execute(
        "delete from raw_url_finder.provider_retrievability where day = %s", [day]
    ).rowcount
    with cursor.copy(
        "copy raw_url_finder.provider_retrievability "
        "(day, provider, retrievability_percent, response_id) from stdin"
    ) as sink:
        for seen in sorted(observations, key=lambda o: o.row.provider):
            sink.write_row(
                (day, seen.row.provider, seen.row.retrievability_percent, seen.response_id)
            )
    return deleted

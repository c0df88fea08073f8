"""Asset of FilSpark's daily retrievability, used where its source is configured (§3.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import psycopg

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, IngestAsset
from cdp_assets.core.ingestion.response_store import store_response, stored_responses
from cdp_assets.core.runs.partition_run import PartitionRun
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.settings import get_settings
from resources.postgres.warehouse import Warehouse
from resources.sources.filspark import READ_SECONDS, DailyRetrievals, FilSpark, read_day

RETRIEVABILITY = "filplus/provider_retrievability_daily"
SCHEMA = "raw_filspark"
CODE_VERSION = "1"
# A day whose response is absent or incomplete stays stale for so long after its end.
_RETRY_PERIOD = timedelta(days=2)
_SOURCE = Source(
    name="filspark",
    title="FilSpark",
    setting="filspark_api_url",
    read_seconds=READ_SECONDS,
    pauses=0,
)
_Rows = tuple[list[DailyRetrievals], dict[str, str]]


def ingest_day(run: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Return the rows of a day's stored responses; fetch a day that is over and incomplete."""
    found = _stored(connection, day.date)
    if _needs_fetch(found) and _fetch(connection, run.warehouse, day):
        found = _stored(connection, day.date)
    rows, unreadable = found or ([], {})
    name = day.date.isoformat()
    failed = dict(unreadable)
    if found is not None and not rows:
        failed[name] = "the response for the day holds no provider that can be read"

    def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
        _replace_day(cursor, day.date, rows)
        return {RETRIEVABILITY: len(rows)}

    return DayResult(
        write,
        observed=bool(rows),
        is_complete=not failed or day.as_of - _end_of(day.date) > _RETRY_PERIOD,
        tried=[name, *(row.provider for row in rows), *failed],
        failed=failed,
    )


INGEST = IngestAsset(
    name="provider_retrievability_daily",
    does="Build the days from stored responses; fetch days that are over and not complete.",
    specs=[
        provider_spec(
            RETRIEVABILITY,
            source="filspark",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            tier="2",
            has_history=True,
            reads="one response per day, bounded by the providers that were tried",
        )
    ],
    ingest_day=ingest_day,
    code_version=CODE_VERSION,
    source="filspark",
    failed_check=(
        "day_entries_readable",
        "No entry of FilSpark's response has values that contradict each other.",
    ),
)
provider_retrievability_daily = INGEST.build()


def _end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)


def _needs_fetch(found: _Rows | None) -> bool:
    """Return whether nothing is stored of a day, or not all of it can be used."""
    return found is None or not found[0] or bool(found[1])


def _stored(connection: psycopg.Connection, day: date) -> _Rows | None:
    """Return the content of the last response stored after the day's end; null without one.

    A response without any provider never replaces one that has some.
    """
    over = _end_of(day)
    found: _Rows | None = None
    for stored in stored_responses(connection, SCHEMA, day):
        if stored.response.fetched_at >= over:
            content = read_day(stored.response.body)
            found = content if content[0] or found is None else found
    return found


def _fetch(connection: psycopg.Connection, warehouse: Warehouse, day: Day) -> bool:
    """Fetch a day that is over; return whether a request was sent.

    The running day is never fetched, and nothing is without a configured source.

    Raises:
        CdpError: No usable response; the day's rows stay.
    """
    if get_settings().filspark_api_url is None or not day.is_over:
        return False
    with _SOURCE.open(warehouse) as http:
        outcome = FilSpark(http).day(day.date)
    for response in outcome.responses:
        store_response(connection, SCHEMA, day.date, [day.date.isoformat()], response)
    outcome.usable()
    return True


def _replace_day(cursor: psycopg.Cursor, day: date, rows: Sequence[DailyRetrievals]) -> None:
    cursor.execute("delete from filplus.provider_retrievability_daily where date = %s", [day])
    with cursor.copy(
        "copy filplus.provider_retrievability_daily (date, provider, total, successful, "
        "success_rate, successful_http, success_rate_http) from stdin"
    ) as sink:
        for row in rows:
            sink.write_row(
                (
                    day,
                    row.provider,
                    row.total,
                    row.successful,
                    row.success_rate,
                    row.successful_http,
                    row.success_rate_http,
                )
            )

"""Asset of FilSpark's daily retrievability, used where its source is configured (§3.19)."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.ingestion.client_factory import source_client
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, land_days, landed
from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.ingestion.response_store import store_response, stored_responses
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.settings import get_settings
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.filspark import READ_SECONDS, DailyRetrievals, FilSpark, read_day

RETRIEVABILITY = "filplus/provider_retrievability_daily"
SCHEMA = "raw_filspark"
_CHECK = "day_entries_readable"
CODE_VERSION = "1"
# A day whose answer is wanting stays due for so long after its end.
_ASKED_AGAIN = timedelta(days=2)
_Rows = tuple[list[DailyRetrievals], dict[str, str]]


@dg.multi_asset(
    name="provider_retrievability_daily",
    specs=[
        provider_spec(
            RETRIEVABILITY,
            source="filspark",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            tier="2",
            has_history=True,
            reads="one answer per day, bounded by the providers that were tried",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=RETRIEVABILITY.split("/"),
            description="No entry of FilSpark's answer has figures that contradict each other.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
)
def provider_retrievability_daily(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Make the days of the run of kept answers; ask for days that are over and want for some."""

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        read = _kept(connection, day.date)
        if _needs_fetch(read) and _fetch(connection, warehouse, day):
            read = _kept(connection, day.date)
        rows, unreadable = read or ([], {})
        name = day.date.isoformat()
        failed = dict(unreadable)
        if read is not None and not rows:
            failed[name] = "the answer for the day holds no provider that can be read"
        return DayResult(
            {RETRIEVABILITY: len(rows)},
            lambda cursor: _replace_day(cursor, day.date, rows),
            observed=bool(rows),
            is_complete=not failed or day.as_of - _end_of(day.date) > _ASKED_AGAIN,
            tried=[name, *(row.provider for row in rows), *failed],
            failed=failed,
        )

    total = land_days(
        context, warehouse, [RETRIEVABILITY], make, code_version=CODE_VERSION, source="filspark"
    )
    yield landed(context, warehouse, total, RETRIEVABILITY)
    yield failed_check(_CHECK, RETRIEVABILITY, total.failed, total.tried)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=1)


def _needs_fetch(read: _Rows | None) -> bool:
    """Tell whether a day is asked for (again): nothing is kept, or not all of it can be used."""
    return read is None or not read[0] or bool(read[1])


def _kept(connection: psycopg.Connection, day: date) -> _Rows | None:
    """Return what the last answer kept after the day's end says; null without one.

    An answer without any provider never stands before one that had some.
    """
    over = _end_of(day)
    read: _Rows | None = None
    for kept in stored_responses(connection, SCHEMA, day):
        if kept.response.fetched_at >= over:
            said = read_day(kept.response.body)
            read = said if said[0] or read is None else read
    return read


def _fetch(connection: psycopg.Connection, warehouse: Warehouse, day: Day) -> bool:
    """Ask for a day that is over; tell whether anybody was asked.

    The running day is never asked for, and nobody is without a configured source.

    Raises:
        CdpError: No usable answer; the day keeps its rows.
    """
    url = get_settings().filspark_api_url
    if url is None or not day.is_over:
        return False
    with (
        HealthSink(warehouse) as sink,
        source_client("filspark", url, read_seconds=READ_SECONDS, report=sink) as http,
    ):
        outcome = FilSpark(http).day(day.date)
    for answer in outcome.answers:
        store_response(connection, SCHEMA, day.date, [day.date.isoformat()], answer)
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

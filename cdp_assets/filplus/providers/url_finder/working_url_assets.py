"""Landing asset of working addresses of clients' pieces at providers."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.checks.check_results import SAMPLES, as_typed, check_result
from cdp_assets.core.ingestion.client_factory import PAUSES, configured_url, source_client
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, land_days, landed
from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.url_finder.working_url_landing import (
    ASSET_KEY,
    UNANSWERED,
    PairsResult,
    day_of_kept,
    fetch,
    pairs_to_ask,
    pending_pairs,
    replace_day,
)
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.url_finder import READ_SECONDS, UrlFinder

CODE_VERSION = "1"
_PAIRS = "filplus/client_provider_distribution"
_ANSWERED_CHECK = "pair_responses_recent"
_ANSWERED_RULE = "Every pair of client and provider has an answer of the last seven days."
_FAILED_CHECK = "pair_responses_complete"
_TRIES = 2  # of thousands of pairs; one that fails is asked again by the next run


@dg.multi_asset(
    name="client_working_url",
    specs=[
        provider_spec(
            ASSET_KEY,
            source="url_finder",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_url_finder.responses",
            present_only=True,
            deps=[dg.AssetDep(_PAIRS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _FAILED_CHECK,
            asset=ASSET_KEY.split("/"),
            description="The URL finder answered for every pair that it was asked for.",
        ),
        dg.AssetCheckSpec(_ANSWERED_CHECK, asset=ASSET_KEY.split("/"), description=_ANSWERED_RULE),
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
)
def client_working_url(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Ask for the pairs of the day; past days are made of the answers kept from them."""
    skipped = 0

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        nonlocal skipped
        asked = PairsResult()
        if day.is_present:
            asked = _ask_now(context, warehouse, connection, day)
            skipped = pending_pairs(connection, day.date) - len(asked.failed)
        rows = day_of_kept(connection, day.date)
        return DayResult(
            {ASSET_KEY: len(rows or {})},
            lambda cursor: replace_day(cursor, day.date, rows or {}),
            observed=rows is not None or day.is_present,
            tried=asked.tried,
            failed=asked.failed,
        )

    total = land_days(
        context,
        warehouse,
        [ASSET_KEY],
        make,
        inputs=[_PAIRS],
        code_version=CODE_VERSION,
        source="url_finder",
    )
    figures = {"pairs_asked": total.tried, "pairs_skipped": skipped}
    yield landed(context, warehouse, total, ASSET_KEY, figures)
    yield failed_check(_FAILED_CHECK, ASSET_KEY, total.failed, total.tried)
    yield _answered_check(warehouse)


def _ask_now(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    connection: psycopg.Connection,
    day: Day,
) -> PairsResult:
    settings = get_settings()
    pairs = pairs_to_ask(connection, day.date, settings.url_finder_pairs_per_day)
    if not pairs:
        return PairsResult()
    url = configured_url("url_finder_api_url", "URL finder")
    context.log.info(
        f"asking the URL finder for {counted(len(pairs), 'pair')} of client and provider"
    )
    with (
        HealthSink(warehouse) as sink,
        source_client(
            "url_finder",
            url,
            read_seconds=READ_SECONDS,
            report=sink,
            tries=min(_TRIES, settings.http_tries),
            pauses=PAUSES,
        ) as http,
    ):
        asked = fetch(connection, UrlFinder(http), day.date, pairs)
    if len(asked.tried) < len(pairs):
        context.log.warning(
            f"the URL finder failed too often; asked {counted(len(asked.tried), 'pair')}"
        )
    return asked


def _answered_check(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warn of pairs whose turn comes too seldom: the budget is too small, or their calls fail."""
    values = {"day": clock.now().date()}
    with warehouse.connect(autocommit=True) as connection:
        count = connection.execute(f"select count(*) from ({UNANSWERED}) u", values).fetchone()
        samples = connection.execute(f"{UNANSWERED} limit {SAMPLES}", values).fetchall()
        shown = as_typed(connection, UNANSWERED, values)
    assert count is not None
    behind = int(count[0])
    return check_result(
        ASSET_KEY,
        _ANSWERED_CHECK,
        _ANSWERED_RULE,
        failing_rows=behind,
        found=f"Without an answer of the last seven days: {counted(behind, 'pair')}; the most of a "
        f"day is {get_settings().url_finder_pairs_per_day:,} (CDP_URL_FINDER_PAIRS_PER_DAY).",
        samples=[f"{client} {provider}" for client, provider, _ in samples],
        sql=shown,
        severity=dg.AssetCheckSeverity.WARN,
    )

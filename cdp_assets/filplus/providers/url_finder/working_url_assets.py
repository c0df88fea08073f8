"""Landing asset of working addresses of clients' pieces at providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import dagster as dg
import psycopg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, IngestAsset
from cdp_assets.core.runs.partition_run import PartitionRun
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.url_finder.assets import URL_FINDER
from cdp_assets.filplus.providers.url_finder.working_url_landing import (
    ASSET_KEY,
    WITHOUT_RESPONSE,
    PairsResult,
    fetch,
    pairs_to_fetch,
    pending_pairs,
    replace_day,
    rows_of_day,
)
from cdp_assets.settings import get_settings
from cdp_assets.units import counted

CODE_VERSION = "1"
_PAIRS = "filplus/client_provider_distribution"
CHECKS = (
    SqlCheck(
        "pair_responses_recent",
        ASSET_KEY,
        "Every pair of client and provider has a response of the last seven days. If not, requests "
        "fail or CDP_URL_FINDER_PAIRS_PER_DAY, the most of a day, is too small.",
        WITHOUT_RESPONSE,
        dg.AssetCheckSeverity.WARN,
    ),
)
# A call has two tries at most: there are thousands of pairs, and the next run fetches what failed.
_SOURCE = replace(URL_FINDER, tries=2)


def ingest_day(run: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Fetch pairs for the day of the clock, and return the rows of its stored responses."""
    result, statistics = PairsResult(), {}
    if day.is_present:
        result = _fetch_now(run, connection, day)
        skipped = pending_pairs(connection, day.date) - len(result.failed)
        statistics = {"pairs_requested": len(result.tried), "pairs_skipped": skipped}
    found = rows_of_day(connection, day.date)
    rows = found or {}

    def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
        replace_day(cursor, day.date, rows)
        return {ASSET_KEY: len(rows)}

    return DayResult(
        write,
        observed=found is not None or day.is_present,
        tried=result.tried,
        failed=result.failed,
        statistics=statistics,
    )


def _fetch_now(run: PartitionRun, connection: psycopg.Connection, day: Day) -> PairsResult:
    pairs = pairs_to_fetch(connection, day.date, get_settings().url_finder_pairs_per_day)
    if not pairs:
        return PairsResult()
    with _SOURCE.open(run.warehouse) as http:
        run.log.info(f"URL finder: fetching {counted(len(pairs), 'pair')} of client and provider")
        result = fetch(connection, http, day.date, pairs)
    if len(result.tried) < len(pairs):
        run.log.warning(
            f"the URL finder failed too often; fetched {counted(len(result.tried), 'pair')}"
        )
    return result


INGEST = IngestAsset(
    name="client_working_url",
    does="Fetch the pairs of the day; past days are built from their stored responses.",
    specs=[
        provider_spec(
            ASSET_KEY,
            source="url_finder",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_url_finder.responses",
            present_only=True,
            deps=[dg.AssetDep(_PAIRS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    ingest_day=ingest_day,
    inputs=[_PAIRS],
    code_version=CODE_VERSION,
    source="url_finder",
    failed_check=(
        "pair_responses_complete",
        "The URL finder responded for every pair that was requested.",
    ),
    sql_checks=CHECKS,
    metadata=("pairs_requested", "pairs_skipped"),
)
client_working_url = INGEST.build()

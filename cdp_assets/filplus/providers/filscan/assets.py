"""Asset of Filscan's account figures."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.ingestion.client_factory import PAUSES, configured_url, source_client
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, land_days, landed
from cdp_assets.core.ingestion.failed_entities import (
    failed_before,
    failed_check,
    previously_failed_last,
)
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.filscan.landing import day_of_kept, fetch, replace_day
from cdp_assets.filplus.providers.url_finder.landing import providers_to_ask
from cdp_assets.units import counted
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.filscan import READ_SECONDS, Filscan

INFO = "filplus/provider_filscan_info"
_PROVIDERS = "raw_dmob/unique_providers"
_CHECK = "every_provider_has_an_account"
CODE_VERSION = "1"


@dg.multi_asset(
    name="provider_filscan_info",
    specs=[
        provider_spec(
            INFO,
            source="filscan",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_filscan.responses",
            tier="2",
            deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
            reads="the kept answers of the day, bounded by one per provider of the source",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=INFO.split("/"),
            description="Filscan shows the account of every provider of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
)
def provider_filscan_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Observe the accounts for the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        found = day_of_kept(connection, day.date) or {}
        tried: list[str] = []
        failed: dict[str, str] = {}
        if day.is_present:
            tried = [p for p in providers_to_ask(connection) if p not in found]
            previously_failed = failed_before(connection, INFO)
            tried = previously_failed_last(tried, previously_failed)
        if tried:
            url = configured_url("filscan_api_url", "Filscan")
            context.log.info(f"asking Filscan for {counted(len(tried), 'provider')}")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "filscan", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):
                failed = fetch(connection, Filscan(http), day.date, tried, previously_failed)
            found = day_of_kept(connection, day.date) or {}
        return DayResult(
            {INFO: len(found)},
            lambda cursor: replace_day(cursor, day.date, found),
            observed=bool(found) or day.is_present,
            tried=tried,
            failed=failed,
        )

    total = land_days(
        context,
        warehouse,
        [INFO],
        make,
        inputs=[_PROVIDERS],
        code_version=CODE_VERSION,
        source="filscan",
    )
    yield landed(context, warehouse, total, INFO)
    yield failed_check(_CHECK, INFO, total.failed, total.tried)

"""Asset of Filscan's account figures."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.failures import SOURCE_RETRIES
from cdp_assets.filplus.daily_landing import Day, Made, land_days, landed
from cdp_assets.filplus.failed_entities import asked_last, failed_before, failed_check
from cdp_assets.filplus.filscan_landing import ask, day_of_kept, replace_day
from cdp_assets.filplus.provider_specs import provider_spec
from cdp_assets.filplus.source_client import PAUSES, configured_url, source_client
from cdp_assets.filplus.url_finder_landing import providers_to_ask
from resources.filscan import READ_SECONDS, Filscan
from resources.health_sink import HealthSink
from resources.warehouse import Warehouse

INFO = "filplus/provider_filscan_info"
_PROVIDERS = "raw_dmob/unique_providers"
_CHECK = "every_provider_has_an_account"
CODE_VERSION = "1"


@dg.multi_asset(
    name="provider_filscan_info",
    specs=[
        provider_spec(
            INFO, source="filscan", group="filplus_daily", cadence="daily",
            code_version=CODE_VERSION, answers="raw_filscan.answers", tier="2",
            deps=[
                dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())
            ],
            description=(
                "One row per UTC day and provider with the figures of its account as Filscan "
                "shows them (compliance §2.2). Observed for the day of the clock only, once per "
                "provider. A provider without a row has no account there or could not be read."
            ),
            primary_key="date, provider",
            reads="the kept answers of the day, bounded by one per provider of the source",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK, asset=INFO.split("/"),
            description="Filscan shows the account of every provider of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
    pool="filscan",
)  # fmt: skip
def provider_filscan_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Observe the accounts for the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> Made:
        found = day_of_kept(connection, day.date) or {}
        tried: list[str] = []
        failed: dict[str, str] = {}
        if day.is_present:
            tried = [p for p in providers_to_ask(connection) if p not in found]
            suspects = failed_before(connection, INFO)
            tried = asked_last(tried, suspects)
        if tried:
            url = configured_url("filscan_api_url", "Filscan")
            context.log.info(f"asking Filscan for {len(tried):,} providers")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "filscan", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):  # fmt: skip
                failed = ask(connection, Filscan(http), day.date, tried, suspects)
            found = day_of_kept(connection, day.date) or {}
        return Made(
            {INFO: len(found)}, lambda cursor: replace_day(cursor, day.date, found),
            observed=bool(found) or day.is_present, tried=tried, failed=failed,
        )  # fmt: skip

    total = land_days(
        context, warehouse, [INFO], make, inputs=[_PROVIDERS], code_version=CODE_VERSION
    )
    yield landed(context, warehouse, total, INFO)
    yield failed_check(_CHECK, INFO, total.failed, total.tried)

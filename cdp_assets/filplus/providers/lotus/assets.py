"""Landing assets of the Lotus node and the contracts that are asked through it."""

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
from cdp_assets.filplus.providers.lotus import client_status_landing as clients
from cdp_assets.filplus.providers.lotus.landing import (
    day_of_kept,
    fetch,
    replace_day,
    stale_providers,
)
from cdp_assets.filplus.providers.url_finder.landing import providers_to_ask
from cdp_assets.units import counted
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.lotus_rpc import READ_SECONDS, LotusRpc

MINER_INFO = "raw_lotus/miner_info"
CLIENT_STATUS = "raw_lotus/client_status"
_PROVIDERS = "raw_dmob/unique_providers"
_CLIENTS = "raw_dmob/verified_client"
_CHECK = "provider_lookups_complete"
_CLIENT_CHECK = "client_lookups_complete"
CODE_VERSION = "2"  # 2: a peer id is read in every form


@dg.multi_asset(
    name="lotus_miner_info",
    specs=[
        provider_spec(
            MINER_INFO,
            source="lotus",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_lotus.responses",
            deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=MINER_INFO.split("/"),
            description="Node and contract answered for every provider of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
)
def lotus_miner_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the providers of the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        tried: list[str] = []
        failed: dict[str, str] = {}
        if day.is_present:
            tried = stale_providers(connection, day.date, providers_to_ask(connection), day.as_of)
            previously_failed = failed_before(connection, MINER_INFO)
            tried = previously_failed_last(tried, previously_failed)
        if tried:
            url = configured_url("lotus_rpc_url", "Lotus node")
            context.log.info(f"asking the node for {counted(len(tried), 'provider')}")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "lotus", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):
                failed = fetch(connection, LotusRpc(http), day.date, tried, previously_failed)
        found = day_of_kept(connection, day.date)
        rows = list((found or {}).values())
        return DayResult(
            {MINER_INFO: len(rows)},
            lambda cursor: replace_day(cursor, day.date, rows),
            observed=found is not None or day.is_present,
            tried=tried,
            failed=failed,
        )

    total = land_days(
        context,
        warehouse,
        [MINER_INFO],
        make,
        inputs=[_PROVIDERS],
        code_version=CODE_VERSION,
        source="lotus",
    )
    yield landed(context, warehouse, total, MINER_INFO)
    yield failed_check(_CHECK, MINER_INFO, total.failed, total.tried)


@dg.multi_asset(
    name="lotus_client_status",
    specs=[
        provider_spec(
            CLIENT_STATUS,
            source="lotus",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            answers="raw_lotus.responses",
            deps=[dg.AssetDep(_CLIENTS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CLIENT_CHECK,
            asset=CLIENT_STATUS.split("/"),
            description="Node and contracts answered for every client of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
)
def lotus_client_status(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the clients of the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> DayResult:
        tried = clients.clients_to_ask(connection, day.date) if day.is_present else []
        previously_failed = failed_before(connection, CLIENT_STATUS) if tried else []
        tried = previously_failed_last(tried, previously_failed)
        failed: dict[str, str] = {}
        if tried:
            url = configured_url("lotus_rpc_url", "Lotus node")
            contracts, failed = clients.contracts_of(connection, tried)
            context.log.info(f"asking the node for {counted(len(tried), 'client')}")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "lotus", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):
                failed |= clients.fetch(
                    connection, LotusRpc(http), day.date, tried, contracts, previously_failed
                )
        rows = clients.day_of_kept(connection, day.date)
        return DayResult(
            {CLIENT_STATUS: len(rows or {})},
            lambda cursor: clients.replace_day(cursor, day.date, rows or {}),
            observed=rows is not None or day.is_present,
            tried=tried,
            failed=failed,
        )

    total = land_days(
        context,
        warehouse,
        [CLIENT_STATUS],
        make,
        inputs=[_CLIENTS],
        code_version=CODE_VERSION,
        source="lotus",
    )
    yield landed(context, warehouse, total, CLIENT_STATUS)
    yield failed_check(_CLIENT_CHECK, CLIENT_STATUS, total.failed, total.tried)

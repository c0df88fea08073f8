"""Landing assets of the Lotus node and the contracts that are asked through it."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.failures import SOURCE_RETRIES
from cdp_assets.filplus import client_status_landing as clients
from cdp_assets.filplus.daily_landing import Day, Made, land_days, landed
from cdp_assets.filplus.failed_entities import asked_last, failed_before, failed_check
from cdp_assets.filplus.lotus_landing import ask, day_of_kept, replace_day, stale_providers
from cdp_assets.filplus.provider_specs import provider_spec
from cdp_assets.filplus.source_client import PAUSES, configured_url, source_client
from cdp_assets.filplus.url_finder_landing import providers_to_ask
from resources.health_sink import HealthSink
from resources.lotus_rpc import READ_SECONDS, LotusRpc
from resources.warehouse import Warehouse

MINER_INFO = "raw_lotus/miner_info"
CLIENT_STATUS = "raw_lotus/client_status"
_PROVIDERS = "raw_dmob/unique_providers"
_CLIENTS = "raw_dmob/verified_client"
_CHECK = "every_provider_was_looked_up"
_CLIENT_CHECK = "every_client_was_looked_up"
CODE_VERSION = "1"


@dg.multi_asset(
    name="lotus_miner_info",
    specs=[
        provider_spec(
            MINER_INFO, source="lotus", group="filplus_sources", cadence="daily",
            code_version=CODE_VERSION, answers="raw_lotus.answers",
            deps=[
                dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())
            ],
            description=(
                "One row per UTC day and provider: peer id and addresses as the chain has them. "
                "The peer id of the contract replaces that of the node where it is set. Looked up "
                "for the day of the clock only; a row younger than twelve hours is not asked "
                "again. A provider without a row could not be looked up."
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK, asset=MINER_INFO.split("/"),
            description="Node and contract answered for every provider of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
    pool="lotus",
)  # fmt: skip
def lotus_miner_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the providers of the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> Made:
        tried: list[str] = []
        failed: dict[str, str] = {}
        if day.is_present:
            tried = stale_providers(connection, day.date, providers_to_ask(connection), day.as_of)
            suspects = failed_before(connection, MINER_INFO)
            tried = asked_last(tried, suspects)
        if tried:
            url = configured_url("lotus_rpc_url", "Lotus node")
            context.log.info(f"asking the node for {len(tried):,} providers")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "lotus", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):  # fmt: skip
                failed = ask(connection, LotusRpc(http), day.date, tried, suspects)
        found = day_of_kept(connection, day.date)
        rows = list((found or {}).values())
        return Made(
            {MINER_INFO: len(rows)}, lambda cursor: replace_day(cursor, day.date, rows),
            observed=found is not None or day.is_present, tried=tried, failed=failed,
        )  # fmt: skip

    total = land_days(
        context, warehouse, [MINER_INFO], make, inputs=[_PROVIDERS], code_version=CODE_VERSION
    )
    yield landed(context, warehouse, total, MINER_INFO)
    yield failed_check(_CHECK, MINER_INFO, total.failed, total.tried)


@dg.multi_asset(
    name="lotus_client_status",
    specs=[
        provider_spec(
            CLIENT_STATUS, source="lotus", group="filplus_sources", cadence="daily",
            code_version=CODE_VERSION, answers="raw_lotus.answers",
            deps=[dg.AssetDep(_CLIENTS.split("/"), partition_mapping=dg.AllPartitionMapping())],
            description=(
                "One row per UTC day and client: the datacap that the chain still holds for it "
                "and the limit of its contract (compliance §2.2). Looked up once, for the day of "
                "the clock only. Null datacap means that the chain knows none; a client without a "
                "row could not be looked up."
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CLIENT_CHECK, asset=CLIENT_STATUS.split("/"),
            description="Node and contracts answered for every client of the source.",
        )
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
    pool="lotus",
)  # fmt: skip
def lotus_client_status(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the clients of the day; past days are made of the answers kept from them."""

    def make(connection: psycopg.Connection, day: Day) -> Made:
        tried = clients.clients_to_ask(connection, day.date) if day.is_present else []
        suspects = failed_before(connection, CLIENT_STATUS) if tried else []
        tried = asked_last(tried, suspects)
        failed: dict[str, str] = {}
        if tried:
            url = configured_url("lotus_rpc_url", "Lotus node")
            contracts, failed = clients.contracts_of(connection, tried)
            context.log.info(f"asking the node for {len(tried):,} clients")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "lotus", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
                ) as http,
            ):  # fmt: skip
                failed |= clients.ask(
                    connection, LotusRpc(http), day.date, tried, contracts, suspects
                )
        rows = clients.day_of_kept(connection, day.date)
        return Made(
            {CLIENT_STATUS: len(rows or {})},
            lambda cursor: clients.replace_day(cursor, day.date, rows or {}),
            observed=rows is not None or day.is_present, tried=tried, failed=failed,
        )  # fmt: skip

    total = land_days(
        context, warehouse, [CLIENT_STATUS], make, inputs=[_CLIENTS], code_version=CODE_VERSION
    )
    yield landed(context, warehouse, total, CLIENT_STATUS)
    yield failed_check(_CLIENT_CHECK, CLIENT_STATUS, total.failed, total.tried)

"""Asset of provider locations."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.ingestion.client_factory import PAUSES, configured_url, source_client
from cdp_assets.core.ingestion.failed_entities import failed_check, note_attempt
from cdp_assets.core.ingestion.snapshot_run import Write, make_snapshot
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.ip_info.location import due_providers, locate_all, store_locations
from cdp_assets.settings import get_settings
from resources.http.dns import resolve
from resources.http.source_health_recorder import HealthSink
from resources.postgres.warehouse import Warehouse
from resources.sources.ipinfo import READ_SECONDS, IpLocator, Location, credential

IP_INFO = "filplus/provider_ip_info"
_PROVIDERS_WEEKLY = "filplus/providers_weekly"
_MINER_INFO = "raw_lotus/miner_info"
_CHECK = "stale_provider_lookups_complete"
CODE_VERSION = "2"


@dg.multi_asset(
    name="provider_ip_info",
    specs=[
        provider_spec(
            IP_INFO,
            source="ipinfo",
            group="filplus_daily",
            cadence="hourly",
            code_version=CODE_VERSION,
            deps=[
                dg.AssetDep(
                    _PROVIDERS_WEEKLY.split("/"), partition_mapping=dg.AllPartitionMapping()
                ),
                dg.AssetDep(_MINER_INFO.split("/"), partition_mapping=dg.LastPartitionMapping()),
            ],
            reads="providers without a young row, bounded by twenty per run",
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=IP_INFO.split("/"),
            description="The service answered for every provider that was due in this run.",
        )
    ],
    retry_policy=SOURCE_RETRIES,
)
def provider_ip_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the locations that are due."""
    failed: dict[str, str] = {}
    tried: list[str] = []
    located = 0

    def prepare(connection: psycopg.Connection, as_of: datetime) -> Write:
        nonlocal located
        due = due_providers(connection, as_of)
        tried.extend(candidate.provider for candidate in due)
        found: dict[str, Location | None] = {}
        if due:
            url = configured_url("ipinfo_url", "IP location service")
            with (
                HealthSink(warehouse) as sink,
                source_client(
                    "ipinfo",
                    url,
                    read_seconds=READ_SECONDS,
                    report=sink,
                    headers=credential(get_settings().ipinfo_token),
                    pauses=PAUSES,
                ) as http,
            ):
                found, reasons = locate_all(connection, IpLocator(http), resolve, due, as_of)
            failed.update(reasons)
        located = sum(location is not None for location in found.values())

        def write(cursor: psycopg.Cursor) -> dict[str, int]:
            store_locations(cursor, found, as_of)
            note_attempt(cursor, IP_INFO, tried, failed)
            row = cursor.execute("select count(*) from filplus.provider_ip_info").fetchone()
            assert row is not None
            return {IP_INFO: int(row[0])}

        return write

    make_snapshot(
        context,
        warehouse,
        [IP_INFO],
        prepare,
        inputs=[_PROVIDERS_WEEKLY, _MINER_INFO],
        code_version=CODE_VERSION,
        source="ipinfo",
    )
    figures = {"providers_looked_up": len(tried) - len(failed), "providers_located": located}
    yield materialize_result(context, warehouse, IP_INFO, figures=figures)
    yield failed_check(_CHECK, IP_INFO, failed, len(tried))

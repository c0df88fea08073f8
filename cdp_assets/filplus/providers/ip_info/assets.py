"""Asset of provider locations."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import Day, DayResult, IngestSummary, ingest
from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.ip_info.location import (
    locate_all,
    stale_providers,
    store_locations,
)
from resources.http.dns import resolve
from resources.postgres.warehouse import Warehouse
from resources.sources.ipinfo import READ_SECONDS, IpLocator, Location, credential

IP_INFO = "filplus/provider_ip_info"
_PROVIDERS_WEEKLY = "filplus/providers_weekly"
_MINER_INFO = "raw_lotus/miner_info"
_CHECK = "stale_provider_lookups_complete"
CODE_VERSION = "2"
_SOURCE = Source(
    name="ipinfo",
    title="IP location service",
    setting="ipinfo_url",
    read_seconds=READ_SECONDS,
    headers=lambda settings: credential(settings.ipinfo_token),
)


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
            description="The service responded for every provider that was stale in this run.",
        )
    ],
    retry_policy=SOURCE_RETRIES,
)
def provider_ip_info(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Look up the locations that are stale."""
    summary = look_up(context, warehouse)
    looked_up = summary.tried - len(summary.failed)
    metadata = {"providers_looked_up": looked_up, **summary.statistics}
    yield summary.run.result(IP_INFO, metadata=metadata)
    yield failed_check(_CHECK, IP_INFO, summary.failed, summary.tried)


def look_up(context: RunContext, warehouse: Warehouse) -> IngestSummary:
    """Look up the locations that are stale; each that was found is a row."""
    return ingest(
        context,
        warehouse,
        [IP_INFO],
        ingest_snapshot,
        inputs=[_PROVIDERS_WEEKLY, _MINER_INFO],
        code_version=CODE_VERSION,
        source="ipinfo",
        adds_rows=True,
    )


def ingest_snapshot(run: PartitionRun, connection: psycopg.Connection, day: Day) -> DayResult:
    """Return the locations of the providers whose location is stale."""
    stale = stale_providers(connection, day.as_of)
    found: dict[str, Location | None] = {}
    failed: dict[str, str] = {}
    if stale:
        with _SOURCE.open(run.warehouse) as http:
            found, failed = locate_all(connection, IpLocator(http), resolve, stale, day.as_of)

    def write(cursor: psycopg.Cursor) -> Mapping[str, int]:
        store_locations(cursor, found, day.as_of)
        row = cursor.execute("select count(*) from filplus.provider_ip_info").fetchone()
        assert row is not None
        return {IP_INFO: int(row[0])}

    located = sum(location is not None for location in found.values())
    return DayResult(
        write,
        tried=[candidate.provider for candidate in stale],
        failed=failed,
        statistics={"providers_located": located},
    )

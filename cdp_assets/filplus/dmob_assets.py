"""Landing assets of Filecoin Plus: the source database DMOB and the URL finder."""

# No postponed annotations here: the framework reads the config class from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from cdp_assets import clock
from cdp_assets.checked import checked
from cdp_assets.errors import BadSourceAnswer, SourceUnavailable
from cdp_assets.failures import SOURCE_RETRIES, explained
from cdp_assets.filplus.dmob_relations import DEALS, RELATIONS
from cdp_assets.filplus.dmob_source import dmob_address
from cdp_assets.filplus.dmob_sync import RelationReport, SyncRequest, open_source, sync
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.materialization import COLUMN_SCHEMA, materialized
from cdp_assets.run_context import note_launch
from cdp_assets.settings import get_settings
from cdp_assets.table_columns import landed_columns
from resources.publication import SourceHealth, record_run, record_source_health
from resources.warehouse import Warehouse

OWNER = "filplus-data@example.org"
CODE_VERSION = "1"
GRANTS = "raw_dmob/verified_client_allowance"
_DESCRIPTIONS = {
    "unified_verified_deal": (
        "One row per claim or market deal of the source, as last seen, typed and with pieces "
        "as numbers. Read by id; changed and deleted rows are found by comparing blocks of "
        "ids in rotation. Rows without client, provider or start stay here and count in no "
        "table; null means that the source has null."
    ),
    "dc_allocation_claim": (
        "One row per allocation or claim event of the source: client and type only. Followed "
        "by id like the deals. Null means that the source has null."
    ),
    "unique_providers": (
        "One row per provider that the source's materialized view lists, compared in full on "
        "every sync. The source's null provider lands as an empty text."
    ),
    "verifier": (
        "One row per allocator of the source, compared in full on every sync. Allowances are "
        "bytes; null means that the source has null."
    ),
    "verifier_allowance": (
        "One row per grant of datacap to an allocator, compared in full on every sync. "
        "Amounts are bytes and may be negative (removals); null means that the source has "
        "null."
    ),
    "verified_client": (
        "One row per client and allocator, compared in full on every sync. Allowances are "
        "bytes; null means that the source has null."
    ),
    "verified_client_allowance": (
        "One row per grant of datacap to a client, compared in full on every sync. Amounts "
        "are bytes; null means that the source has null."
    ),
    "client_contract": (
        "One row per smart contract that acts as a client, compared in full on every sync. "
        "Null means that the source has null."
    ),
}


class DmobSyncConfig(dg.Config):
    """How one sync of the source database is done."""

    full_sweep: bool = Field(
        default=False,
        description="Compare every block of ids with the source instead of the next few of the "
        "rotation; takes as long as a first load.",
    )


def _spec(relation: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["raw_dmob", relation],
        description=_DESCRIPTIONS[relation],
        group_name="filplus_sources",
        owners=[OWNER],
        kinds={"postgres", "python"},
        tags={
            "domain": "filplus", "layer": "landing", "cadence": "hourly",
            "pii": "none", "tier": "1",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["hourly"],
        code_version=CODE_VERSION,
        metadata={COLUMN_SCHEMA: landed_columns(f"raw_dmob/{relation}")},
    )  # fmt: skip


@dg.multi_asset(
    name="dmob_sync",
    specs=[_spec(relation.table) for relation in RELATIONS],
    check_specs=[
        dg.AssetCheckSpec(
            "placeable_deals",
            asset=DEALS.asset_key.split("/"),
            description="Deals without client, provider or start are in no table; counted here.",
        ),
        dg.AssetCheckSpec(
            "placeable_grants",
            asset=GRANTS.split("/"),
            description=(
                "Grants without client, allocator or height are in no table with that key; "
                "counted here."
            ),
        ),
        dg.AssetCheckSpec(
            "sweep_cycle_within_a_day",
            asset=DEALS.asset_key.split("/"),
            description="With this budget every block of ids is compared within 24 hourly syncs.",
        ),
    ],
    retry_policy=SOURCE_RETRIES,
    pool="dmob",
)
def dmob_sync(
    context: dg.AssetExecutionContext, config: DmobSyncConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Land what changed in DMOB since the last sync, all relations in one transaction."""
    with explained():
        yield from _sync(context, config, warehouse)


def _sync(
    context: dg.AssetExecutionContext, config: DmobSyncConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    settings = get_settings()
    keys = [relation.asset_key for relation in RELATIONS]
    request = SyncRequest(
        run_id=context.run.run_id,
        as_of=clock.now(),
        code_version=CODE_VERSION,
        sweep_blocks=None if config.full_sweep else settings.dmob_sweep_blocks,
        statement_timeout_seconds=settings.dmob_statement_timeout_seconds,
    )
    with (
        warehouse.lock_tables(keys),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=keys, partition_keys=[""],
            window=None, launched_by=note_launch(context, warehouse),
        ) as record,
    ):  # fmt: skip
        with dmob_address(settings, warehouse) as dsn:
            reports = _sync_and_note_health(context, warehouse, dsn, request)
        record.rows_by_asset = {
            f"raw_dmob/{report.relation}": (report.rows_written, report.rows_deleted)
            for report in reports
        }
        record.write_seconds = record.lap()
    for report in reports:
        yield materialized(
            context, warehouse, f"raw_dmob/{report.relation}",
            rows_updated=report.rows_replaced, figures=_figures(report),
        )  # fmt: skip
    yield from _checks(reports[0], settings.dmob_sweep_blocks)
    yield _grants_check(next(r for r in reports if r.relation == GRANTS.split("/")[-1]))


def _sync_and_note_health(
    context: dg.AssetExecutionContext, warehouse: Warehouse, dsn: str, request: SyncRequest
) -> list[RelationReport]:
    started = clock.wall_clock()
    error_message: str | None = None
    try:
        with open_source(dsn, request.statement_timeout_seconds) as source:
            latency = (clock.wall_clock() - started).total_seconds()
            with warehouse.connect(autocommit=True, application="cdp landing") as connection:
                return sync(source, connection, request, context.log.info)
    except (SourceUnavailable, BadSourceAnswer) as error:
        error_message, latency = error.message, None
        raise
    finally:
        with warehouse.connect(autocommit=True) as connection:
            record_source_health(
                connection,
                SourceHealth(
                    source="dmob", ok=error_message is None, latency_seconds=latency,
                    checked_at=clock.wall_clock(), error_message=error_message,
                ),
            )  # fmt: skip


def _figures(report: RelationReport) -> dict[str, int]:
    return {
        "rows_read": report.rows_staged,
        "bytes_read": report.bytes_staged,
        "hours_touched": report.hours_touched,
        "blocks_compared": report.blocks_compared,
        "blocks_differing": report.blocks_differing,
    }


def _grants_check(grants: RelationReport) -> dg.AssetCheckResult:
    return checked(
        GRANTS,
        "placeable_grants",
        "Grants without client, allocator or height are in no table with that key.",
        failing_rows=grants.unplaceable,
        samples=grants.unplaceable_samples,
        found=f"{grants.unplaceable:,} of {grants.row_count:,} grants cannot be placed.",
        sql="select * from raw_dmob.verified_client_allowance where address_id is null "
        "or verifier_address_id is null or height is null",
        severity=dg.AssetCheckSeverity.WARN,
    )


def _checks(deals: RelationReport, budget: int) -> Iterator[dg.AssetCheckResult]:
    yield checked(
        DEALS.asset_key,
        "placeable_deals",
        "Deals without client, provider or start are in no table.",
        failing_rows=deals.unplaceable,
        samples=deals.unplaceable_samples,
        found=f"{deals.unplaceable:,} of {deals.row_count:,} landed deals cannot be placed.",
        sql="select * from raw_dmob.unified_verified_deal "
        "where client_id is null or provider_id is null or started_at is null",
        severity=dg.AssetCheckSeverity.WARN,
    )
    needed = -(-deals.blocks_total // 24)
    yield checked(
        DEALS.asset_key,
        "sweep_cycle_within_a_day",
        "With this budget every block of ids is compared within 24 hourly syncs.",
        failing_rows=max(0, needed - budget),
        found=f"A cycle has {deals.blocks_total:,} blocks: {needed} per sync are needed, "
        f"{budget} are allowed.",
        sql="select count(*) as blocks from ops.landing_blocks "
        f"where asset_key = '{DEALS.asset_key}'",
        severity=dg.AssetCheckSeverity.WARN,
        figures={
            "blocks_total": deals.blocks_total,
            "blocks_needed": needed,
            "blocks_allowed": budget,
        },
    )

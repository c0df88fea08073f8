"""Landing assets of the source database DMOB."""

# No postponed annotations here: the framework reads the resource from the signature.

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import dagster as dg
from pydantic import BaseModel, Field

from cdp_assets import clock
from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.planning.asset_facts import (
    PLANNED_BY,
    REQUIRED_LANDING,
    SOURCE_SETTING,
    TAGS_RUNS,
    TRACKS_CHANGED_HOURS,
)
from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, as_dagster_failures
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.errors import InvalidSourceResponse, SourceUnavailable
from cdp_assets.filplus.dmob.relations import DEALS, PLAN, RELATIONS, Relation
from cdp_assets.filplus.dmob.source import dmob_address
from cdp_assets.filplus.dmob.sync import RelationReport, SyncRequest, open_source, sync
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from resources.postgres.ops_status import SourceHealth, record_source_health
from resources.postgres.warehouse import Warehouse

CODE_VERSION = "1"
GRANTS = "raw_dmob/verified_client_allowance"


class DmobSyncConfig(BaseModel):
    """How one sync of the source database is done."""

    full_sweep: bool = Field(
        default=False,
        description="Compare every block of ids with the source instead of the next few of the "
        "rotation; takes as long as a first load.",
    )


_SWEEP = (
    "sweep_cycle_within_a_day",
    "With this budget every block of ids is compared within 24 hourly syncs.",
)
_FULL_READ = (
    "landed_rows_equal_source",
    "The table has as many rows as the source, which is read in full on every sync.",
)


def _spec(relation: Relation) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=relation.asset_key.split("/"),
        group_name="filplus_sources",
        kinds={"postgres", "python"},
        tags={
            "domain": "filplus",
            "layer": "landing",
            "cadence": "hourly",
            "pii": "none",
            "tier": "1",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["hourly"],
        code_version=CODE_VERSION,
        metadata={
            PLANNED_BY: PLAN,
            REQUIRED_LANDING: True,
            SOURCE_SETTING: "dmob_database_url",
            **({TRACKS_CHANGED_HOURS: True} if relation.instant else {}),
            **({TAGS_RUNS: True} if relation is DEALS else {}),
        },
    )


@dg.multi_asset(
    name=PLAN,
    specs=[_spec(relation) for relation in RELATIONS],
    check_specs=[
        dg.AssetCheckSpec(
            "deals_attributable",
            asset=DEALS.asset_key.split("/"),
            description="Deals without client, provider or start are in no table; counted here.",
        ),
        dg.AssetCheckSpec(
            "grants_attributable",
            asset=GRANTS.split("/"),
            description=(
                "Grants without client, allocator or height are in no table with that key; "
                "counted here."
            ),
        ),
        *(
            dg.AssetCheckSpec(name, asset=relation.asset_key.split("/"), description=rule)
            for relation in RELATIONS
            for name, rule in [_SWEEP if relation.is_swept else _FULL_READ]
        ),
    ],
    retry_policy=SOURCE_RETRIES,
    config_schema=launch_fields(DmobSyncConfig),
)
def dmob_sync(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Land what changed in DMOB since the last sync, all relations in one transaction."""
    with as_dagster_failures():
        config = read_form(DmobSyncConfig, context.op_execution_context.op_config)
    yield from _sync(context, config, warehouse)


def _sync(
    context: dg.AssetExecutionContext, config: DmobSyncConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    budget = get_settings().dmob_sweep_blocks
    run, reports = sync_dmob(context, warehouse, sweep_blocks=None if config.full_sweep else budget)
    for report in reports:
        yield run.result(
            f"raw_dmob/{report.relation}",
            rows_updated=report.rows_replaced,
            metadata=_metadata(report),
        )
    yield from deals_checks(reports[0], budget)
    for relation, report in zip(RELATIONS[1:], reports[1:], strict=True):
        if relation.is_swept:
            yield sweep_check(relation.asset_key, report, budget)
        else:
            yield rows_check(relation.asset_key, report)
    yield grants_check(next(r for r in reports if r.relation == GRANTS.split("/")[-1]))


def sync_dmob(
    context: RunContext,
    warehouse: Warehouse,
    *,
    sweep_blocks: int | None,
    dsn: str | None = None,
) -> tuple[PartitionRun, list[RelationReport]]:
    """Land what changed in the source database; record its health.

    Args:
        context: Of the step, or a direct run.
        warehouse: Where the landing is.
        sweep_blocks: Budget of block comparisons; null compares every block.
        dsn: Address of the source; null: the configured one.

    Raises:
        BadConfiguration: No source database is named.
        SourceUnavailable: The source does not respond; nothing was changed.
        InvalidSourceResponse: The source has another shape than agreed.
    """
    settings = get_settings()
    keys = [relation.asset_key for relation in RELATIONS]
    with partition_run(context, warehouse, keys, code_version=CODE_VERSION, source="dmob") as run:
        with nullcontext(dsn) if dsn else dmob_address(settings, warehouse) as address:
            reports = _sync_and_record_health(
                run, address, sweep_blocks, settings.dmob_statement_timeout_seconds
            )
        run.record.write_seconds = run.record.lap()
    return run, reports


def _sync_and_record_health(
    run: PartitionRun, dsn: str, sweep_blocks: int | None, timeout_seconds: int
) -> list[RelationReport]:
    started = clock.wall_clock()
    error_message: str | None = None
    try:
        with open_source(dsn, timeout_seconds) as source:
            latency = (clock.wall_clock() - started).total_seconds()
            with run.connection("cdp landing") as connection:
                return sync(source, connection, SyncRequest(run, sweep_blocks), run.log.info)
    except (SourceUnavailable, InvalidSourceResponse) as error:
        error_message, latency = error.message, None
        raise
    finally:
        with run.warehouse.connect(autocommit=True) as connection:
            record_source_health(
                connection,
                SourceHealth(
                    source="dmob",
                    ok=error_message is None,
                    latency_seconds=latency,
                    checked_at=clock.wall_clock(),
                    error_message=error_message,
                ),
            )


def _metadata(report: RelationReport) -> dict[str, int]:
    return {
        "rows_read": report.rows_staged,
        "bytes_read": report.bytes_staged,
        "hours_changed": report.hours_changed,
        "blocks_compared": report.blocks_compared,
        "blocks_differing": report.blocks_differing,
    }


def grants_check(grants: RelationReport) -> dg.AssetCheckResult:
    """Return the check that every grant is attributable."""
    return check_result(
        GRANTS,
        "grants_attributable",
        "Grants without client, allocator or height are in no table with that key.",
        failing_rows=grants.unattributable,
        samples=grants.unattributable_samples,
        found=f"{grants.unattributable:,} of {counted(grants.row_count, 'grant')} cannot be "
        "attributed.",
        sql="select * from raw_dmob.verified_client_allowance where address_id is null "
        "or verifier_address_id is null or height is null",
        severity=dg.AssetCheckSeverity.WARN,
    )


def rows_check(asset_key: str, report: RelationReport) -> dg.AssetCheckResult:
    """Return the check that a relation that is read in full has as many rows here as there."""
    name, rule = _FULL_READ
    difference = abs(report.row_count - report.rows_staged)
    return check_result(
        asset_key,
        name,
        rule,
        failing_rows=difference,
        severity=dg.AssetCheckSeverity.WARN,
        found=f"The source returned {counted(report.rows_staged, 'row')}, "
        f"the table has {report.row_count:,}.",
        sql=f"select count(*) from {asset_key.replace('/', '.')}",
    )


def deals_checks(deals: RelationReport, budget: int) -> Iterator[dg.AssetCheckResult]:
    """Return the checks that every deal is attributable and that the sweep is fast enough."""
    yield check_result(
        DEALS.asset_key,
        "deals_attributable",
        "Deals without client, provider or start are in no table.",
        failing_rows=deals.unattributable,
        samples=deals.unattributable_samples,
        found=f"{deals.unattributable:,} of {counted(deals.row_count, 'landed deal')} cannot be "
        "attributed.",
        sql="select * from raw_dmob.unified_verified_deal "
        "where client_id is null or provider_id is null or started_at is null",
        severity=dg.AssetCheckSeverity.WARN,
    )
    yield sweep_check(DEALS.asset_key, deals, budget)


def sweep_check(asset_key: str, report: RelationReport, budget: int) -> dg.AssetCheckResult:
    """Return the check that every block of ids is compared within a day."""
    name, rule = _SWEEP
    needed = -(-report.blocks_total // 24)
    return check_result(
        asset_key,
        name,
        rule,
        failing_rows=max(0, needed - budget),
        found=f"A cycle has {counted(report.blocks_total, 'block')}: needed per sync {needed:,}, "
        f"allowed {budget:,}.",
        sql=f"select count(*) as blocks from ops.landing_blocks where asset_key = '{asset_key}'",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "blocks_total": report.blocks_total,
            "blocks_needed": needed,
            "blocks_allowed": budget,
        },
    )

"""Asset of the totals per client and provider; the statements are in ``client_provider_totals``."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import check_result
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.deals.client_provider_totals import TotalsReport, update_totals
from cdp_assets.filplus.dmob.relations import DEALS
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse

ASSET_KEY = "intermediate/client_provider_totals"
CODE_VERSION = "1"
_CHECK = "total_rows_equal_landing"


@dg.asset(
    key=ASSET_KEY.split("/"),
    deps=[DEALS.asset_key.split("/")],
    group_name="filplus_entities",
    kinds={"python", "postgres"},
    tags={
        "domain": "filplus",
        "layer": "intermediate",
        "cadence": "snapshot",
        "pii": "none",
        "tier": "2",
    },
    freshness_policy=FRESHNESS_BY_CADENCE["snapshot"],
    code_version=CODE_VERSION,
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=ASSET_KEY.split("/"),
            description="Rows counted per pair: at most the landed, at least the attributable.",
        )
    ],
)
def client_provider_totals(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """One row per client and provider: deals of the full history, also before the programme.

    Stored by blocks of source ids, of which only those that the landing changed are recounted.
    Client -1 stands for deals without a client; null heights mean that no deal has a usable start.
    """
    run, report = refresh_totals(context, warehouse)
    metadata = {"blocks_counted": report.blocks, "pairs_changed": report.pairs_changed}
    yield run.result(ASSET_KEY, metadata=metadata)
    yield totals_check(report)


def totals_check(report: TotalsReport) -> dg.AssetCheckResult:
    """Return the check that the totals hold the rows of the landing."""
    outside = max(
        report.rows_placeable - report.rows_counted, report.rows_counted - report.rows_landed, 0
    )
    return check_result(
        ASSET_KEY,
        _CHECK,
        "Rows counted per pair: at most the landed, at least the attributable.",
        failing_rows=outside,
        found=f"{counted(report.rows_counted, 'row is', 'rows are')}"
        f" in the totals; {report.rows_landed:,} are landed, "
        f"{report.rows_placeable:,} of them with client, provider and start.",
        sql=_COUNTED,
        metadata={"rows_in_totals": report.rows_counted, "rows_landed": report.rows_landed},
    )


_COUNTED = f"""
select t.rows as in_totals, l.rows as landed, l.attributable
from (select sum(num_of_rows) as rows from intermediate.client_provider_totals) t
cross join (
    select sum(row_count) as rows, sum(row_count - unattributable_count) as attributable
    from ops.landing_blocks where asset_key = '{DEALS.asset_key}'
) l
"""


def refresh_totals(context: RunContext, warehouse: Warehouse) -> tuple[PartitionRun, TotalsReport]:
    """Update the totals to the landing, in one transaction and one snapshot."""
    with partition_run(
        context, warehouse, [ASSET_KEY], inputs=[DEALS.asset_key], code_version=CODE_VERSION
    ) as run:
        with run.snapshot() as cursor:
            cursor.execute("set local work_mem = '64MB'")
            report = update_totals(cursor, _built_from(cursor))
            run.publish(
                cursor,
                ASSET_KEY,
                report.pairs,
                written=(report.pairs_written, report.pairs_changed - report.pairs_written),
                is_changed=report.pairs_changed > 0,
                in_place=True,
            )
        run.record.write_seconds = run.record.lap()
    return run, report


def _built_from(cursor: psycopg.Cursor) -> int:
    """Return the version of the landed deals that the totals hold; 0 before the first run."""
    row = cursor.execute(
        "select input_versions ->> %s from ops.asset_partition_status "
        "where asset_key = %s and partition_key = '' and version is not null",
        [DEALS.asset_key, ASSET_KEY],
    ).fetchone()
    return int(row[0]) if row and row[0] else 0

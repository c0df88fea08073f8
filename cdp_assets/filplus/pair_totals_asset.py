"""Asset of the totals per client and provider; the statements are in ``pair_totals``."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg

from cdp_assets import clock
from cdp_assets.checked import checked
from cdp_assets.failures import explained
from cdp_assets.filplus.dmob_relations import DEALS
from cdp_assets.filplus.pair_totals import TotalsReport, update_totals
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.materialization import materialized, updated_in_place
from cdp_assets.run_context import note_launch
from resources.publication import Publication, input_versions, publish, record_run, row_counts
from resources.warehouse import Warehouse

ASSET_KEY = "intermediate/client_provider_totals"
CODE_VERSION = "1"
_CHECK = "rows_of_the_totals_are_those_of_the_landing"


@dg.asset(
    key=ASSET_KEY.split("/"),
    deps=[DEALS.asset_key.split("/")],
    group_name="filplus_entities",
    owners=["filplus-data@example.org"],
    kinds={"python", "postgres"},
    tags={
        "domain": "filplus", "layer": "intermediate", "cadence": "snapshot",
        "pii": "none", "tier": "2",
    },
    freshness_policy=FRESHNESS_BY_CADENCE["snapshot"],
    code_version=CODE_VERSION,
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=ASSET_KEY.split("/"),
            description="Rows counted per pair are at most the landed and at least the placeable.",
        )
    ],
)  # fmt: skip
def client_provider_totals(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """One row per client and provider: deals of the whole history, also before the programme.

    Kept by blocks of source ids, of which only those that the landing changed are counted anew.
    Client -1 stands for deals without a client; null heights mean that no deal has a usable start.
    """
    with (
        explained(),
        warehouse.lock_tables([ASSET_KEY]),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=[ASSET_KEY], partition_keys=[""],
            window=None, launched_by=note_launch(context, warehouse),
        ) as record,
    ):  # fmt: skip
        with warehouse.connect(autocommit=True) as connection:
            before = row_counts(connection, [ASSET_KEY], "")[ASSET_KEY]
        report = bring_up(warehouse, context.run.run_id)
        record.rows_written = report.pairs_written
        record.rows_deleted = report.pairs_changed - report.pairs_written
        record.write_seconds = record.lap()
    figures = {"blocks_counted": report.blocks, "pairs_changed": report.pairs_changed}
    updated = updated_in_place(
        before, report.pairs, report.pairs_written, report.pairs_changed - report.pairs_written
    )
    yield materialized(context, warehouse, ASSET_KEY, rows_updated=updated, figures=figures)
    outside = max(
        report.rows_placeable - report.rows_counted, report.rows_counted - report.rows_landed, 0
    )
    yield checked(
        ASSET_KEY, _CHECK,
        "Rows counted per pair are at most the landed and at least the placeable.",
        failing_rows=outside,
        found=f"{report.rows_counted:,} rows are in the totals; {report.rows_landed:,} are landed, "
        f"{report.rows_placeable:,} of them with client, provider and start.",
        sql=_COUNTED,
        figures={"rows_in_totals": report.rows_counted, "rows_landed": report.rows_landed},
    )  # fmt: skip


_COUNTED = f"""
select t.rows as in_totals, l.rows as landed, l.placeable
from (select sum(num_of_rows) as rows from intermediate.client_provider_totals) t
cross join (
    select sum(row_count) as rows, sum(row_count - unplaceable_count) as placeable
    from ops.landing_blocks where asset_key = '{DEALS.asset_key}'
) l
"""


def bring_up(warehouse: Warehouse, run_id: str) -> TotalsReport:
    """Bring the totals up to the landing and publish them, in one transaction and one snapshot."""
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("set local work_mem = '64MB'")
        inputs = input_versions(cursor, [DEALS.asset_key])
        report = update_totals(cursor, _made_from(cursor))
        publish(
            cursor,
            Publication(
                asset_key=ASSET_KEY, partition_key="", window=None, row_count=report.pairs,
                input_versions=inputs, as_of=clock.now(), is_final=False,
                code_version=CODE_VERSION, run_id=run_id, is_changed=report.pairs_changed > 0,
            ),
        )  # fmt: skip
    return report


def _made_from(cursor: Any) -> int:
    """Return the version of the landed deals that the totals were made from; 0 before the first."""
    row = cursor.execute(
        "select input_versions ->> %s from ops.asset_partition_status "
        "where asset_key = %s and partition_key = '' and version is not null",
        [DEALS.asset_key, ASSET_KEY],
    ).fetchone()
    return int(row[0]) if row and row[0] else 0

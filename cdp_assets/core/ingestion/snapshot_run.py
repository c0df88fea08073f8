"""The run of an unpartitioned asset of a provider source: lock, run record, publication.

Belongs here: what such runs share. Does not: asking a source or writing its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run
from resources.postgres.ops_status import (
    Publication,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse

Write = Callable[[psycopg.Cursor], dict[str, int]]


def make_snapshot(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    prepare: Callable[[psycopg.Connection, datetime], Write],
    *,
    inputs: Sequence[str] = (),
    code_version: str,
    replaces: bool = False,
    source: str | None = None,
) -> dict[str, int]:
    """Prepare, then write and publish in one transaction; return the rows by asset key.

    Args:
        context: Of the step.
        warehouse: Where the tables are.
        asset_keys: What is written.
        prepare: Asks and keeps answers on its autocommit connection, given the run's clock;
            returns what writes the rows and tells how many each asset then has.
        inputs: Asset keys read.
        code_version: Of the code that makes the rows.
        replaces: All rows are written anew; else rows are only added.
        source: The outside source that is asked, one run at a time.

    Raises:
        dagster.Failure: Nothing was written; answers that were kept stay.
    """
    with (
        as_dagster_failures(),
        lock_for_run(context, warehouse, asset_keys, source=source) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=asset_keys,
            partition_keys=[""],
            window=None,
            launched_by=user,
        ) as record,
        warehouse.connect(autocommit=True) as connection,
    ):
        as_of = clock.now()
        with connection.cursor() as cursor:
            versions = input_versions(cursor, inputs)
        before = row_counts(connection, asset_keys, "")
        write = prepare(connection, as_of)
        with connection.transaction(), connection.cursor() as cursor:
            rows = write(cursor)
            for key in asset_keys:
                publish(
                    cursor,
                    Publication(
                        asset_key=key,
                        partition_key="",
                        window=None,
                        row_count=rows[key],
                        input_versions=versions,
                        as_of=as_of,
                        is_final=False,
                        code_version=code_version,
                        run_id=context.run.run_id,
                    ),
                )
        record.rows_by_asset = {
            key: (count, before[key]) if replaces else (max(0, count - before[key]), 0)
            for key, count in rows.items()
        }
    return rows

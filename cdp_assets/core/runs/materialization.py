"""Metadata of a materialization: rows, window, watermark, size, version, links (D-03).

Every asset reports the same labels, read from the ops contract that its run filled, so that no
asset counts rows itself. Scope: these labels; not here: further metadata of one asset (which passes
it), or the results of checks (``cdp_assets.core.checks.check_results``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from psycopg.rows import dict_row

from cdp_assets.core.tables.asset_contacts import docs_link
from cdp_assets.core.tables.exposures import endpoints
from resources.postgres.warehouse import Warehouse

# Counts are sums over the partitions' own counts, never a scan of the table.
_RUN_OF_ASSET = """
select r.rows_written, r.rows_deleted, r.window_start, r.window_end, r.read_seconds,
    r.write_seconds, v.version, s.*,
    extract(epoch from coalesce(r.finished_at, clock_timestamp()) - r.started_at) as seconds,
    coalesce(
        (
            select sum(pg_total_relation_size(t.relid))
            from pg_partition_tree(coalesce(to_regclass(%(part)s), to_regclass(%(stored)s))) t
        ),
        pg_total_relation_size(to_regclass(%(stored)s))
    ) as bytes,
    to_regclass(%(view)s) is not null as has_view
from ops.runs r
left join ops.asset_version v using (asset_key)
cross join lateral (
    select
        sum(p.row_count) as table_rows,
        sum(p.row_count) filter (where p.run_id = r.run_id) as run_rows,
        coalesce(max(p.as_of) filter (where p.run_id = r.run_id), max(p.as_of)) as as_of,
        max(p.code_version) filter (where p.run_id = r.run_id) as code_version,
        array_agg(p.partition_key order by length(p.partition_key), p.partition_key)
            filter (where p.run_id = r.run_id and p.partition_key <> '') as keys
    from ops.asset_partition_status p
    where p.asset_key = r.asset_key
) s
where r.run_id = %(run)s and r.asset_key = %(asset)s
"""

_PARTITIONS = """
select partition_key, row_count, window_start, window_end
from ops.asset_partition_status
where asset_key = %s and partition_key = any(%s) and run_id = %s and row_count is not null
"""


def materialize_result(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_key: str,
    *,
    rows_updated: int = 0,
    metadata: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult[Any]:
    """Return the materialization of an asset of this run; call it after the run was recorded.

    Args:
        context: Of the step.
        warehouse: Where the run was recorded.
        asset_key: ``schema/table``, or ``schema/chain/table``.
        rows_updated: Rows written in place of older ones; the other rows written are new.
        metadata: Further labels of this asset; one of the same name replaces that of the contract.
    """
    key = dg.AssetKey(asset_key.split("/"))
    with warehouse.connect(autocommit=True) as connection:
        common = materialization_metadata(context, connection, asset_key, rows_updated=rows_updated)
    return dg.MaterializeResult(asset_key=key, metadata={**common, **(metadata or {})})


def updated_in_place(before: int, after: int, written: int, deleted: int) -> int:
    """Return how many of the rows written replaced one of the same key, from counts of a table.

    Args:
        before: Rows of the table before.
        after: Rows of the table now.
        written: Rows inserted or replaced.
        deleted: Rows removed.
    """
    return max(0, written - max(0, after - before + deleted))


def materialization_metadata(
    context: dg.AssetExecutionContext,
    connection: psycopg.Connection,
    asset_key: str,
    *,
    rows_updated: int = 0,
) -> dict[str, Any]:
    """Return the labels of every materialization, from what a run wrote into the ops contract.

    Rows are counts, times are seconds, ``bytes`` includes indexes and TOAST. A table without
    partitions has no window and counts as one partition; partitions that are periods of a chain
    have a first and a last period instead. Where a run writes several partitions, each has its own
    rows and window, which the UI plots; the other labels are of the run.
    """
    _label_partitions(context, connection, asset_key)
    run_id = context.run.run_id
    schema, table = _schema_and_table(asset_key)
    url = next(iter(endpoints().get(asset_key, ())), None)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            _RUN_OF_ASSET,
            {
                "run": run_id,
                "asset": asset_key,
                "part": _part(asset_key),
                "stored": f"{schema}.{table}",
                "view": f"api_v1.{table}",
            },
        )
        row = cursor.fetchone()
    assert row is not None, f"{asset_key} has no row of run {run_id} in ops.runs"
    written = int(row["rows_written"] or 0)
    return {
        "dagster/row_count": int(row["table_rows"] or 0),
        "dagster/partition_row_count": int(row["run_rows"] or 0),
        "rows_inserted": max(0, written - rows_updated),
        "rows_updated": rows_updated,
        "rows_deleted": int(row["rows_deleted"] or 0),
        **_window(row["window_start"], row["window_end"], row["keys"]),
        **({"source_watermark": _instant(row["as_of"])} if row["as_of"] else {}),
        "duration_seconds": float(row["seconds"]),
        **{name: float(row[name]) for name in ("read_seconds", "write_seconds") if row[name]},
        "bytes": int(row["bytes"] or 0),
        "code_version": row["code_version"] or "unknown",
        "data_version": int(row["version"] or 0),
        "dagster/relation_identifier": f"{schema}.{table}",
        "docs": docs_link(asset_key),
        **({"view": f"api_v1.{table}"} if row["has_view"] else {}),
        **({"endpoint": dg.MetadataValue.url(url)} if url else {}),
    }


def _label_partitions(
    context: dg.AssetExecutionContext, connection: psycopg.Connection, asset_key: str
) -> None:
    """Give each partition of the run its own number of rows, and its window if it has one."""
    if context.assets_def.partitions_def is None:
        return
    values = [asset_key, list(context.partition_keys), context.run.run_id]
    for partition, rows, start, end in connection.execute(_PARTITIONS, values):
        window = _window(start, end, None)
        context.add_asset_metadata(
            {"dagster/partition_row_count": int(rows), **window},
            asset_key=asset_key.split("/"),
            partition_key=partition,
        )


def _schema_and_table(asset_key: str) -> tuple[str, str]:
    path = asset_key.split("/")
    return path[0], path[-1]


def _part(asset_key: str) -> str | None:
    """Return the name of the table's part that holds the rows of ``schema/part/table``."""
    path = asset_key.split("/")
    return f"{path[0]}.{path[2]}__{path[1]}" if len(path) == 3 else None


def _window(
    start: datetime | None, end: datetime | None, keys: list[str] | None
) -> dict[str, dg.MetadataValue[Any] | str]:
    """Return the half-open window of a run, else its first and last period, else nothing."""
    if start is not None and end is not None:
        return {"window_start": _instant(start), "window_end": _instant(end)}
    return {"first_period": keys[0], "last_period": keys[-1]} if keys else {}


def _instant(instant: datetime) -> dg.TimestampMetadataValue:
    return dg.TimestampMetadataValue(instant.timestamp())

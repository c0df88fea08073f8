"""dbt tests as asset checks: what failed in words, how many rows, samples, the SQL (D-05)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets.clock import wall_clock
from cdp_assets.core.checks.check_results import SAMPLES, check_result, sample_rows
from resources.dbt_runner import NodeResult

FAILING_PARTITIONS = "failing_partitions"  # label of a failed check: keys with a failing row
_KEY_FORMATS = {"hour": "%Y-%m-%d-%H:%M", "day": "%Y-%m-%d", "week": "%Y-%m-%d"}


def check_results(
    connection: psycopg.Connection,
    manifest: Mapping[str, Any],
    node: Mapping[str, Any],
    result: NodeResult,
) -> dg.AssetCheckResult:
    """Return the check result of a dbt test that ran."""
    model = manifest["nodes"][node["attached_node"]]
    broken = result.failures or 0
    partition = model["config"]["meta"].get("partition")
    metadata = {}
    if broken and partition is not None and result.compiled is not None:
        keys = _failing_keys(connection, partition, result.compiled)
        metadata[FAILING_PARTITIONS] = dg.MetadataValue.json(sorted(keys))
    return check_result(
        f"{model['schema']}/{model['name']}",
        node["name"],
        str(node["description"]).strip(),
        failing_rows=broken,
        sql=result.compiled or "",
        # Fetch rows only where there are any.
        samples=[] if result.is_good and not broken else _samples(connection, result),
        passed=result.status in ("pass", "warn") and not broken,
        severity=dg.AssetCheckSeverity.WARN
        if result.status == "warn"
        else dg.AssetCheckSeverity.ERROR,
        found="" if result.failures or result.is_good else f"It could not run: {result.message}",
        metadata=metadata,
    )


def mark_failed_partitions(
    connection: psycopg.Connection,
    manifest: Mapping[str, Any],
    node: Mapping[str, Any],
    result: NodeResult,
    run_id: str,
) -> None:
    """Set CHECK_FAILED on the partitions that hold a failing row, and on no other (U-20)."""
    if result.compiled is None or result.status != "fail":
        return
    model = manifest["nodes"][node["attached_node"]]
    partition = model["config"]["meta"].get("partition")
    keys = [""] if partition is None else _failing_keys(connection, partition, result.compiled)
    connection.execute(
        """
        update ops.asset_partition_status set
            state = 'CHECK_FAILED', last_failed_at = %s, error_code = %s, error_message = %s
        where asset_key = %s and partition_key = any(%s) and run_id = %s
        """,
        [
            wall_clock(),
            f"check:{node['name']}",
            str(node["description"]).strip()[:2000],
            f"{model['schema']}/{model['name']}",
            keys,
            run_id,
        ],
    )


def _failing_keys(
    connection: psycopg.Connection, partition: Mapping[str, Any], compiled: str
) -> list[str]:
    """Return the keys of the partitions that hold a failing row."""
    starts: list[datetime] = [
        row[0]
        for row in connection.execute(
            sql.SQL("select distinct {} from ({}) broken").format(
                sql.Identifier(partition["column"]),
                sql.SQL(compiled),
            )
        )
    ]
    return [start.strftime(_KEY_FORMATS[partition["grain"]]) for start in starts]


def _samples(connection: psycopg.Connection, result: NodeResult) -> list[dict[str, str | None]]:
    if result.compiled is None or result.status == "error":
        return []
    return sample_rows(
        connection.execute(
            sql.SQL("select * from ({}) broken limit {}").format(
                sql.SQL(result.compiled), sql.Literal(SAMPLES)
            )
        )
    )

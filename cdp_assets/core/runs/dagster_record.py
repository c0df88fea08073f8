"""Record in Dagster again what is in the warehouse and missing from Dagster's record.

"Wipe" in the UI deletes Dagster's record of an asset and no row of its table; losing Dagster's
storage does the same. ``ops.asset_partition_status`` has what was materialized; this reports the
missing events in batches and changes no row. Every refresh compares, so the number of statements is
fixed, whatever the number of assets and partitions. Scope: that comparison; not here: building
partitions (``cdp_assets.core.planning.planner``), or labels (``materialization``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
import psycopg
from psycopg.rows import class_row
from sqlalchemy import text

from cdp_assets.core.dagster_compat import (
    CODE_VERSION_TAG,
    RUNLESS_JOB_NAME,
    RUNLESS_RUN_ID,
    DagsterEventBatchMetadata,
    SqlEventLogStorage,
    StepMaterializationData,
)
from resources.postgres.warehouse import Warehouse

# The keys of one asset are one text: 300,000 rows would take longer to fetch than to find.
_BETWEEN_KEYS = "\n"
# Partitions that failed or were refused are not reported.
_IS_MATERIALIZED = """
version is not null and error_code is null and state in ('MATERIALIZED', 'NOT_OBSERVED')
"""
_MATERIALIZED = f"""
select asset_key, string_agg(partition_key, %(between)s)
from ops.asset_partition_status
where asset_key = any(%(keys)s) and {_IS_MATERIALIZED}
group by asset_key
"""
_LABELS = f"""
select partition_key, row_count, run_id, materialized_at
from ops.asset_partition_status
where asset_key = %s and partition_key = any(%s) and {_IS_MATERIALIZED}
order by window_start, length(partition_key), partition_key
"""
# From Dagster's own storage, whose client reads one asset at a time. A wipe hides older events; the
# time of an event is not in the index, so only wiped assets compare it.
_RECORDED = text("""
select k.asset_key, string_agg(e.partition, :between)
from asset_keys k
cross join lateral (
    select partition
    from event_logs
    where k.wipe_timestamp is null and asset_key = k.asset_key and partition is not null
        and dagster_event_type = 'ASSET_MATERIALIZATION'
    union all
    select partition
    from event_logs
    where timestamp > k.wipe_timestamp and asset_key = k.asset_key and partition is not null
        and dagster_event_type = 'ASSET_MATERIALIZATION'
) e
where k.asset_key = any(:keys)
group by k.asset_key
""")


@dataclass(frozen=True)
class _Partition:
    partition_key: str
    row_count: int | None
    run_id: str
    materialized_at: datetime


def record_again(
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    graph: dg.AssetGraph,
    keys: Collection[dg.AssetKey],
) -> dict[dg.AssetKey, int]:
    """Record materialized partitions that Dagster's record lacks; return how many, by asset.

    The events carry time, rows and run of the ops contract, but are dated now: Dagster hides events
    older than a wipe. A partition that Dagster does not know (before a changed start, or of a chain
    whose periods are not registered) is skipped.

    Args:
        instance: Whose record it is.
        warehouse: Where the rows are.
        graph: Has partitions and code versions.
        keys: Assets to compare.
    """
    written: dict[dg.AssetKey, int] = {}
    with warehouse.connect(autocommit=True, application="cdp record") as connection:
        materialized = _materialized(connection, keys)
        recorded = _recorded(instance, graph, materialized)
        for key in sorted(materialized):
            absent = materialized[key] - recorded.get(key, set())
            missing = _existing(instance, graph, key, absent) if absent else set()
            if missing:
                _write(instance, graph, key, _labels(connection, key, missing))
                written[key] = len(missing)
    return written


def _materialized(
    connection: psycopg.Connection, keys: Collection[dg.AssetKey]
) -> dict[dg.AssetKey, set[str]]:
    """Return the partitions in the warehouse; an unpartitioned asset has the partition ``""``."""
    rows = connection.execute(
        _MATERIALIZED, {"keys": [key.to_user_string() for key in keys], "between": _BETWEEN_KEYS}
    )
    return {dg.AssetKey(key.split("/")): set(found.split(_BETWEEN_KEYS)) for key, found in rows}


def _recorded(
    instance: dg.DagsterInstance, graph: dg.AssetGraph, keys: Collection[dg.AssetKey]
) -> dict[dg.AssetKey, set[str]]:
    """Return the partitions in the record; an unpartitioned asset has the partition ``""``."""
    storage = instance.event_log_storage
    assert isinstance(storage, SqlEventLogStorage)
    unpartitioned = [key for key in keys if graph.get(key).partitions_def is None]
    events = storage.get_latest_materialization_events(unpartitioned)
    found = {key: {""} for key in unpartitioned if events.get(key) is not None}
    parts = [key.to_string() for key in keys if graph.get(key).partitions_def is not None]
    with storage.index_connection() as connection:
        rows = connection.execute(_RECORDED, {"keys": parts, "between": _BETWEEN_KEYS}).fetchall()
    for name, partitions in rows:
        key = dg.AssetKey.from_db_string(name)
        assert key is not None
        found[key] = set(partitions.split(_BETWEEN_KEYS))
    return found


def _existing(
    instance: dg.DagsterInstance, graph: dg.AssetGraph, key: dg.AssetKey, absent: set[str]
) -> set[str]:
    """Return those of the partitions that Dagster knows."""
    definition = graph.get(key).partitions_def
    if definition is None:
        return absent & {""}
    return absent & set(definition.get_partition_keys(dynamic_partitions_store=instance))


def _labels(
    connection: psycopg.Connection, key: dg.AssetKey, missing: Collection[str]
) -> list[_Partition]:
    with connection.cursor(row_factory=class_row(_Partition)) as cursor:
        return cursor.execute(_LABELS, [key.to_user_string(), sorted(missing)]).fetchall()


def _write(
    instance: dg.DagsterInstance, graph: dg.AssetGraph, key: dg.AssetKey, missing: list[_Partition]
) -> None:
    batch = f"record again {key.to_user_string()}"
    code_version = graph.get(key).code_version
    for number, one in enumerate(missing, 1):
        event = dg.AssetMaterialization(
            key,
            partition=one.partition_key or None,
            description="Recorded again from ops.asset_partition_status; no row was changed.",
            metadata={
                "dagster/partition_row_count" if one.partition_key else "dagster/row_count": int(
                    one.row_count or 0
                ),
                "built_by_run": one.run_id,
                "built_at": dg.MetadataValue.timestamp(one.materialized_at),
            },
            tags={CODE_VERSION_TAG: code_version} if code_version else None,
        )
        instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                event_specific_data=StepMaterializationData(event),
                job_name=RUNLESS_JOB_NAME,
            ),
            run_id=RUNLESS_RUN_ID,
            batch_metadata=DagsterEventBatchMetadata(batch, number == len(missing)),
        )

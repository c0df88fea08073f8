"""Sensor for late, changed and deleted source rows: remakes the closed hours and weeks they lie in.

The event is a sync that touched hours older than the ones a schedule makes anyway. Hours come
first; weeks are asked for when the hours were made. The cursor is the landing version that was
handled, so a failed run is not requested for ever; run keys derive from the version. Belongs here:
the event and its requests. Does not: what a remade window reads.
"""

# No postponed annotations here: the framework reads types from the signature.

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import dagster as dg
import psycopg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from cdp_assets import clock, partitions
from cdp_assets.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.run_context import USER_TAG
from resources.warehouse import Warehouse

SENSOR = "touched_hours_sensor"
_CURSOR_VERSION = 1
_DEALS = "raw_dmob/unified_verified_deal"
_HOURS = "filplus/unified_verified_deal_hourly"
_BRIDGED_HOURS = 48  # a gap that one range includes rather than costing another run
_LARGEST_TICK = 20  # runs that one evaluation may ask for; the rest waits for the next
_RECENT = timedelta(hours=2)  # hours that the hourly schedule makes by itself


@dataclass(frozen=True)
class TouchedCursor:
    """Landing version whose hours, and whose weeks, were requested."""

    hours: int = 0
    weeks: int = 0
    version: int = _CURSOR_VERSION


def read_cursor(text: str | None) -> TouchedCursor:
    """Read a kept cursor; one of another version counts as nothing."""
    document = json.loads(text) if text else {}
    if document.get("version") != _CURSOR_VERSION:
        return TouchedCursor()
    return TouchedCursor(**document)


def build_touched_hours_sensor(
    jobs: Sequence[UnresolvedAssetJobDefinition], default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor.

    Args:
        jobs: Those that it may launch are picked by name.
        default_status: Running only where automation is switched on.
    """

    @dg.sensor(
        name=SENSOR,
        jobs=[job for job in jobs if job.name in (HOURLY_JOB, WEEKLY_JOB)],
        minimum_interval_seconds=120,
        default_status=default_status,
        description=(
            "Remakes closed hours whose source rows arrived late, changed or vanished, then the "
            "weeks they lie in. One request per sync and range, never again for the same sync."
        ),
    )
    def touched_hours_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.SensorResult:
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            return plan_tick(connection, read_cursor(context.cursor), clock.now())

    return touched_hours_sensor


def plan_tick(
    connection: psycopg.Connection, cursor: TouchedCursor, as_of: datetime
) -> dg.SensorResult:
    """Return what one evaluation asks for."""
    landed = _landed_version(connection)
    if landed > cursor.hours:
        hours = _touched(connection, cursor.hours, landed, as_of - _RECENT)
        ranges = partitions.contiguous_ranges(partitions.hours, hours, bridged=_BRIDGED_HOURS)
        if len(ranges) > _LARGEST_TICK:
            ranges = [(ranges[0][0], ranges[-1][1])]
        return _result(HOURLY_JOB, ranges, landed, TouchedCursor(landed, cursor.weeks))
    if cursor.hours > cursor.weeks and _are_hours_made(connection, cursor, as_of - _RECENT):
        hours = _touched(connection, cursor.weeks, cursor.hours, as_of - _RECENT)
        ranges = []
        if hours:
            first = partitions.floor_week(partitions.window_of(partitions.hours, hours[0])[0])
            # Running totals of every later week contain the touched one.
            ranges = [
                (
                    partitions.key_of(partitions.weeks, first),
                    partitions.key_of(partitions.weeks, partitions.floor_week(as_of)),
                )
            ]
        return _result(WEEKLY_JOB, ranges, cursor.hours, TouchedCursor(cursor.hours, cursor.hours))
    return dg.SensorResult(skip_reason="no sync touched an older hour", cursor=_text(cursor))


def _result(
    job: str, ranges: list[tuple[str, str]], version: int, cursor: TouchedCursor
) -> dg.SensorResult:
    requests = [
        dg.RunRequest(
            job_name=job,
            run_key=f"{SENSOR}:{job}:{version}:{first}",
            tags={
                USER_TAG: f"sensor:{SENSOR}",
                ASSET_PARTITION_RANGE_START_TAG: first,
                ASSET_PARTITION_RANGE_END_TAG: last,
            },
        )
        for first, last in ranges
    ]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "the sync touched no older hour",
        cursor=_text(cursor),
    )


def _text(cursor: TouchedCursor) -> str:
    return json.dumps(asdict(cursor), sort_keys=True)


def _landed_version(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "select version from ops.asset_version where asset_key = %s", [_DEALS]
    ).fetchone()
    return int(row[0]) if row else 0


def _touched(
    connection: psycopg.Connection, after: int, through: int, before: datetime
) -> list[str]:
    """Return the hours that syncs touched, among those that were made once and have ended."""
    rows = connection.execute(
        """
        select t.hour
        from ops.touched_hours t
        join ops.asset_partition_status s on s.asset_key = %s and s.window_start = t.hour
        where t.asset_key = %s and t.version > %s and t.version <= %s and t.hour < %s
            and s.version is not null
        order by t.hour
        """,
        [_HOURS, _DEALS, after, through, before],
    )
    return [partitions.key_of(partitions.hours, row[0]) for row in rows]


def _are_hours_made(
    connection: psycopg.Connection, cursor: TouchedCursor, before: datetime
) -> bool:
    """Tell whether every touched hour was made from the landing that the cursor names."""
    row = connection.execute(
        """
        select count(*)
        from ops.touched_hours t
        join ops.asset_partition_status s on s.asset_key = %s and s.window_start = t.hour
        where t.asset_key = %s and t.version > %s and t.version <= %s and t.hour < %s
            and (s.input_versions ->> t.asset_key)::bigint < t.version
        """,
        [_HOURS, _DEALS, cursor.weeks, cursor.hours, before],
    ).fetchone()
    return row is not None and row[0] == 0

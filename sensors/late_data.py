"""Sensor for late, changed and deleted source rows: rebuilds their closed hours and weeks.

The event is a sync that changed hours which no later tick of a schedule builds. Hours are requested
first, weeks when the hours are built. Older grants of datacap have no hours: for them the sensor
requests the weeks from theirs on, of the tables that are built on grants. Windows that a person or
a schedule has already built from that sync are not requested. The cursor is the landing version
that was handled, so a failed run is not requested for ever; run keys derive from the version.
Scope: the event and its requests; not here: what a rebuilt window reads.
"""

# No postponed annotations here: the framework reads types from the signature.

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.filplus.deals.table_keys import DEALS, HOURS, PIECES, REPEATED
from cdp_assets.filplus.jobs import HOURLY_JOB, WEEKLY_JOB
from resources.postgres.warehouse import Warehouse
from sensors.schedules import first_scheduled_hour, first_scheduled_week

SENSOR = "late_data_sensor"
_CURSOR_VERSION = 2
_GRANTS = "raw_dmob/verified_client_allowance"
_GRANT_WEEKS = "filplus/client_allocator_distribution_weekly"  # reads the grants
_GRANTS_SO_FAR = "filplus/client_allocator_distribution_weekly_acc"  # and those before the week
_BUILT_ON_GRANTS = (
    "allocator_compliance_weekly",
    "client_allocator_distribution_weekly",
    "client_allocator_distribution_weekly_acc",
    "allocators_weekly",
    "allocators_weekly_acc",
    "allocator_sps_compliance_weekly",
    "compliance_histogram_weekly",
    "old_datacap_balance_weekly",
    "old_datacap_client_balance_weekly",
)
_WEEK = timedelta(days=7)
_HOUR = timedelta(hours=1)
_BRIDGED = timedelta(hours=49)  # longest distance of two hours that one run includes
_LARGEST_RANGE = timedelta(hours=1000)  # of one run
_LARGEST_TICK = 20  # runs that one evaluation may request; the next one requests the rest


@dataclass(frozen=True)
class LandingCursor:
    """What was requested, in versions of the landing.

    Attributes:
        hours: The hours of every sync up to this version were requested.
        weeks: The weeks of every sync up to this version were requested.
        target: Version whose hours take more than one evaluation; 0 without one.
        after: The last hour that was requested for ``target``; null before the first.
        grants: As ``weeks``, in versions of the landing of grants.
        version: Of this form of the cursor.
    """

    hours: int = 0
    weeks: int = 0
    target: int = 0
    after: str | None = None
    grants: int = 0
    version: int = _CURSOR_VERSION


def read_cursor(text: str | None) -> LandingCursor:
    """Read a stored cursor; one of another version counts as none."""
    document = json.loads(text) if text else {}
    if document.get("version") != _CURSOR_VERSION:
        return LandingCursor()
    return LandingCursor(**document)


def build_late_data_sensor(
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
            "Rebuilds closed hours whose source rows arrived late, changed or were deleted, then "
            "their weeks, and the weeks of older grants. One request per sync and range, never "
            "again for the same sync."
        ),
    )
    def late_data_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.SensorResult:
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            return plan_tick(connection, read_cursor(context.cursor), clock.now())

    return late_data_sensor


def plan_tick(
    connection: psycopg.Connection, cursor: LandingCursor, as_of: datetime
) -> dg.SensorResult:
    """Return what one evaluation requests."""
    target = cursor.target or _landed_version(connection, DEALS)
    if target > cursor.hours:
        return _request_hours(connection, cursor, target, first_scheduled_hour(as_of))
    if cursor.hours > cursor.weeks:
        if _are_hours_built(connection, cursor, as_of):
            return _request_weeks(connection, cursor, as_of)
        return dg.SensorResult(skip_reason="changed hours are being built", cursor=_text(cursor))
    granted = _landed_version(connection, _GRANTS)
    if granted > cursor.grants:
        return _request_grant_weeks(connection, cursor, granted, as_of)
    return dg.SensorResult(skip_reason="no sync changed an older hour", cursor=_text(cursor))


def _request_hours(
    connection: psycopg.Connection, cursor: LandingCursor, target: int, before: datetime
) -> dg.SensorResult:
    ranges = [
        part
        for first, last in _stale_hours(connection, cursor, target, before)
        for part in _cut(first, last)
    ]
    now = ranges[:_LARGEST_TICK]
    then = replace(cursor, hours=target, target=0, after=None)
    if len(ranges) > len(now):
        then = replace(cursor, target=target, after=now[-1][1])
    return _result(HOURLY_JOB, now, target, then)


def _request_weeks(
    connection: psycopg.Connection, cursor: LandingCursor, as_of: datetime
) -> dg.SensorResult:
    first = _first_stale_week(
        connection,
        DEALS,
        (PIECES, REPEATED),
        (cursor.weeks, cursor.hours),
        first_scheduled_hour(as_of),
    )
    ranges = _closed_weeks_from(first, as_of)
    return _result(WEEKLY_JOB, ranges, cursor.hours, replace(cursor, weeks=cursor.hours))


def _request_grant_weeks(
    connection: psycopg.Connection, cursor: LandingCursor, granted: int, as_of: datetime
) -> dg.SensorResult:
    first = _first_stale_week(
        connection,
        _GRANTS,
        (_GRANT_WEEKS, _GRANTS_SO_FAR),
        (cursor.grants, granted),
        first_scheduled_hour(as_of),
    )
    ranges = _closed_weeks_from(first, as_of)
    keys = [dg.AssetKey(["filplus", name]) for name in _BUILT_ON_GRANTS]
    return _result(WEEKLY_JOB, ranges, granted, replace(cursor, grants=granted), keys)


def _closed_weeks_from(first: datetime | None, as_of: datetime) -> list[tuple[str, str]]:
    """Return the range to the last week that no schedule builds: later totals contain the first."""
    last = first_scheduled_week(as_of) - _WEEK
    if first is None or first > last:
        return []
    return [(partitions.key_of(partitions.weeks, first), partitions.key_of(partitions.weeks, last))]


def _result(
    job: str,
    ranges: list[tuple[str, str]],
    version: int,
    cursor: LandingCursor,
    keys: Sequence[dg.AssetKey] | None = None,
) -> dg.SensorResult:
    """Return one request per range; ``keys`` are the assets of the job to build, null for all."""
    event = f"{SENSOR}:{job}:{version}" if keys is None else f"{SENSOR}:{job}:grants:{version}"
    requests = [
        dg.RunRequest(
            job_name=job,
            run_key=f"{event}:{first}",
            asset_selection=keys,
            tags={USER_TAG: f"sensor:{SENSOR}", **range_tags(first, last)},
        )
        for first, last in ranges
    ]
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else "no older window is stale after the newest sync",
        cursor=_text(cursor),
    )


def _cut(first: datetime, last: datetime) -> Iterator[tuple[str, str]]:
    """Cut an inclusive range of hours into parts that one run may hold."""
    while first <= last:
        end = min(last, first + _LARGEST_RANGE - _HOUR)
        yield partitions.key_of(partitions.hours, first), partitions.key_of(partitions.hours, end)
        first = end + _HOUR


def _text(cursor: LandingCursor) -> str:
    return json.dumps(asdict(cursor), sort_keys=True)


def _landed_version(connection: psycopg.Connection, landing: str) -> int:
    row = connection.execute(
        "select version from ops.asset_version where asset_key = %s", [landing]
    ).fetchone()
    return int(row[0]) if row else 0


# The statements below compare with the landing's version that the cursor names, so that one request
# covers one sync; ops.partition_lag compares with the present version.
def _stale_hours(
    connection: psycopg.Connection, cursor: LandingCursor, target: int, before: datetime
) -> list[tuple[datetime, datetime]]:
    """Return ranges of changed hours that were built before, but from an older landing.

    Ranges are inclusive, ascending, and bridge short gaps. The first partition also holds older
    deals.
    """
    after = None
    if cursor.after is not None:
        after = partitions.window_of(partitions.hours, cursor.after)[0]
    return connection.execute(
        """
        with changed as (
            select greatest(hour, %(first)s) as hour, max(version) as version
            from ops.changed_hours
            where asset_key = %(deals)s and version > %(above)s and version <= %(target)s
                and hour < %(before)s and hour >= %(programme)s
            group by 1
        ),

        stale as (
            select t.hour, t.hour - lag(t.hour) over (order by t.hour) > %(bridged)s as is_apart
            from changed t
            join ops.asset_partition_status s
                on s.asset_key = %(hours)s and s.window_start = t.hour
            where t.hour > coalesce(%(after)s::timestamptz, '-infinity')
                and s.version is not null
                and coalesce((s.input_versions ->> %(deals)s)::bigint, 0) < t.version
        ),

        numbered as (
            select hour, count(*) filter (where is_apart) over (order by hour) as range from stale
        )

        select min(hour), max(hour) from numbered group by range order by range
        """,
        {
            "hours": HOURS,
            "deals": DEALS,
            "above": cursor.hours,
            "target": target,
            "before": before,
            "after": after,
            "bridged": _BRIDGED,
            "first": partitions.hours.start,
            "programme": _programme_start(),
        },
    ).fetchall()


def _programme_start() -> datetime:
    """Return the first hour with deals, which may be before the first partition."""
    return min(partitions.hours.start, partitions.FILPLUS_START)


def _are_hours_built(
    connection: psycopg.Connection, cursor: LandingCursor, as_of: datetime
) -> bool:
    """Return whether every changed hour was built from the landing of the cursor."""
    row = connection.execute(
        """
        select count(*)
        from ops.changed_hours t
        join ops.asset_partition_status s
            on s.asset_key = %s and s.window_start = greatest(t.hour, %s)
        where t.asset_key = %s and t.version > %s and t.version <= %s and t.hour < %s
            and t.hour >= %s and s.version is not null
            and coalesce((s.input_versions ->> t.asset_key)::bigint, 0) < t.version
        """,
        [
            HOURS,
            partitions.hours.start,
            DEALS,
            cursor.weeks,
            cursor.hours,
            first_scheduled_hour(as_of),
            _programme_start(),
        ],
    ).fetchone()
    return row is not None and row[0] == 0


def _first_stale_week(
    connection: psycopg.Connection,
    landing: str,
    tables: tuple[str, str],
    versions: tuple[int, int],
    before: datetime,
) -> datetime | None:
    """Return the first week that was built from an older landing than its changed hours.

    The first partition also holds older deals.

    Args:
        connection: Of the warehouse.
        landing: What changed.
        tables: The weekly table that reads it, and the one whose weeks also read all earlier ones.
        versions: Of the landing: above the first, up to the second.
        before: A schedule builds the hours from there on.
    """
    row = connection.execute(
        """
        with changed as (
            select
                greatest(date_trunc('week', t.hour, 'UTC'), %(first)s) as week,
                max(t.version) as version
            from ops.changed_hours t
            where t.asset_key = %(landing)s and t.version > %(above)s and t.version <= %(upto)s
                and t.hour < %(before)s
            group by 1
        )

        select min(s.window_start)
        from changed t
        join ops.asset_partition_status s
            on s.asset_key = %(of_week)s and s.window_start = t.week
            or s.asset_key = %(so_far)s and s.window_start >= t.week
        where s.version is not null
            and coalesce((s.input_versions ->> %(landing)s)::bigint, 0) < t.version
        """,
        {
            "first": partitions.weeks.start,
            "landing": landing,
            "of_week": tables[0],
            "so_far": tables[1],
            "above": versions[0],
            "upto": versions[1],
            "before": before,
        },
    ).fetchone()
    return row[0] if row else None

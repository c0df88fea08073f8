"""Sensor for hours, days and weeks that ended and that no run has completed: requests them again.

A schedule requests a window that ended once. If that run fails, is killed or never starts, or while
automation is off, the window stays incomplete, and weeks over an incomplete hour are refused. This
sensor requests such windows besides the schedules, oldest first, of any age: one run per job and
evaluation, of a week of hours, 31 days or 60 weeks at most. A failed run is repeated once an hour
while the window is recent (seven days, or five weeks); for an older window an alert names the
command that builds it. Windows that a check refused, or that were never built, are left to people.
Scope: the requests; not here: finding the windows (``core.planning.unfinished_windows``), late rows
(``sensors.late_data``), what a schedule requests (``sensors.schedules``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.planning.dependency_order import built_on
from cdp_assets.core.planning.unfinished_windows import (
    DAY,
    HOUR,
    WEEK,
    IncompleteWindow,
    alert_expired_windows,
    backfill_line,
    for_a_run,
    unfinished_days,
    unfinished_windows,
)
from cdp_assets.core.runs.orphaned_runs import IN_PROGRESS
from cdp_assets.core.runs.run_tags import USER_TAG, range_tags
from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.deals.table_keys import HOURS
from cdp_assets.filplus.deals.weekly_guard import require_finished_hours
from cdp_assets.filplus.jobs import (
    ALLOCATOR_REPORT_JOB,
    CLIENT_REPORT_JOB,
    DAILY_JOB,
    HOURLY_JOB,
    PROVIDER_DAILY_JOB,
    WEEKLY_JOB,
)
from resources.postgres.warehouse import Warehouse
from sensors.schedules import first_scheduled_hour, first_scheduled_week

SENSOR = "unfinished_partitions_sensor"
# In dependency order.
DAILY_JOBS = (PROVIDER_DAILY_JOB, DAILY_JOB, CLIENT_REPORT_JOB, ALLOCATOR_REPORT_JOB)
JOBS = (HOURLY_JOB, *DAILY_JOBS, WEEKLY_JOB)
_YOUNG = {HOUR: 168 * HOUR, DAY: 7 * DAY, WEEK: 5 * WEEK}
_LARGEST_RUN = {HOUR: 168, DAY: 31, WEEK: 60}
# Longest distance of two windows that one run includes: hours in between cost little and do not
# change, days in between would be observed again.
_BRIDGED = {HOUR: 168 * HOUR, DAY: DAY}
_OF_A_TICK = 2 * HOUR  # after midnight: by then the schedules have requested the day that ended

Keys = Mapping[str, Sequence[dg.AssetKey]]


def build_unfinished_partitions_sensor(
    jobs: Sequence[UnresolvedAssetJobDefinition], default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor.

    Args:
        jobs: Those that it may launch are picked by name.
        default_status: Running only where automation is switched on.
    """
    own = [job for job in jobs if job.name in JOBS]

    @dg.sensor(
        name=SENSOR,
        jobs=own,
        minimum_interval_seconds=600,
        default_status=default_status,
        description=(
            "Requests hours, days and weeks that ended and that no run has completed, oldest "
            "first: one run per job at a time, a failed one again once an hour while it is recent. "
            "For the rest it opens an alert with the command to run."
        ),
    )
    def unfinished_partitions_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.SensorResult:
        assert context.repository_def is not None
        graph = context.repository_def.asset_graph
        keys = {job.name: _in_order(graph, job) for job in own}
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            written = _tables_being_written(connection)
            busy = {
                name
                for name, tables in keys.items()
                if written.intersection(tables) or _is_busy(context.instance, name)
            }
            planned = plan_evaluation(connection, graph, keys, clock.now(), busy)
        idle = f"in progress: {', '.join(sorted(busy))}" if busy else "everything is complete"
        return dg.SensorResult(
            run_requests=planned,
            skip_reason=None if planned else f"nothing to request ({idle})",
        )

    return unfinished_partitions_sensor


def plan_evaluation(
    connection: psycopg.Connection,
    graph: "dg.AssetGraph",
    keys: Keys,
    as_of: datetime,
    busy: Collection[str] = (),
) -> list[dg.RunRequest]:
    """Return what one evaluation requests, and update the alerts about all other windows.

    Args:
        connection: Of the warehouse.
        graph: Has the tables that are built on an incomplete one and are rebuilt with it.
        keys: Of each job's tables, in dependency order.
        as_of: The clock.
        busy: Jobs with a run in progress, which get no request.
    """
    hours_end, weeks_end = first_scheduled_hour(as_of), first_scheduled_week(as_of)
    planned: list[dg.RunRequest] = []
    young = hours_end - _YOUNG[HOUR]
    hours = unfinished_windows(connection, graph, keys[HOURLY_JOB], HOUR, hours_end, young)
    planned += _plan(connection, graph, HOURLY_JOB, HOUR, keys, hours, young, as_of)
    are_hours_coming = bool(planned) or HOURLY_JOB in busy
    days = (partitions.days.start.astimezone(UTC), partitions.floor_day(as_of - _OF_A_TICK))
    for job in DAILY_JOBS:
        found = unfinished_days(connection, graph, keys.get(job, ()), days, as_of)
        young = days[1] - _YOUNG[DAY]
        planned += _plan(connection, graph, job, DAY, keys, found, young, as_of)
    young = weeks_end - _YOUNG[WEEK]
    weeks = unfinished_windows(connection, graph, keys[WEEKLY_JOB], WEEK, weeks_end, young)
    planned += _plan_weeks(
        connection,
        graph,
        keys,
        weeks,
        (young, weeks_end),
        as_of,
        are_hours_coming=are_hours_coming,
    )
    return [request for request in planned if request.job_name not in busy]


def _plan_weeks(
    connection: psycopg.Connection,
    graph: "dg.AssetGraph",
    keys: Keys,
    found: Sequence[IncompleteWindow],
    bounds: partitions.Window,
    as_of: datetime,
    *,
    are_hours_coming: bool,
) -> list[dg.RunRequest]:
    """Return the request for weeks; later totals contain the first, so it extends to the last."""
    young, end = bounds
    requested = for_a_run(found, young)
    if requested:
        first = min(one.start for one in requested)
        last = min(end, first + _LARGEST_RUN[WEEK] * WEEK)
        try:
            require_finished_hours(connection, (first, last), as_of)
        except MissingUpstream as missing:
            if are_hours_coming:
                return []
            alert_expired_windows(
                connection,
                WEEK,
                keys[WEEKLY_JOB],
                found,
                as_of,
                before=f"{backfill_line(HOURS, first, last)} && ",
                why=missing.message,
            )
            return []
    rest = [one for one in found if one not in requested]
    alert_expired_windows(connection, WEEK, keys[WEEKLY_JOB], rest, as_of)
    return [_request(graph, WEEKLY_JOB, keys, requested, (first, last), as_of)] if requested else []


def _plan(
    connection: psycopg.Connection,
    graph: "dg.AssetGraph",
    job: str,
    step: timedelta,
    keys: Keys,
    found: Sequence[IncompleteWindow],
    young: datetime,
    as_of: datetime,
) -> Iterator[dg.RunRequest]:
    """Yield the request for the oldest windows of a job; open alerts for all others."""
    requested = for_a_run(found, young)
    rest = [one for one in found if one not in requested]
    alert_expired_windows(connection, step, keys.get(job, ()), rest, as_of)
    if requested:
        starts = sorted({one.start for one in requested})
        last = starts[0]
        for start in starts:
            if start - last <= _BRIDGED[step] and start - starts[0] < _LARGEST_RUN[step] * step:
                last = start
        inside = [one for one in requested if one.start <= last]
        yield _request(graph, job, keys, inside, (starts[0], last + step), as_of)


def _tables_being_written(connection: psycopg.Connection) -> set[dg.AssetKey]:
    """Return the tables that any run writes now, also the command line's."""
    rows = connection.execute("select distinct asset_key from ops.runs where outcome = 'RUNNING'")
    return {dg.AssetKey(key.split("/")) for (key,) in rows}


def _is_busy(instance: dg.DagsterInstance, job: str) -> bool:
    running = dg.RunsFilter(job_name=job, statuses=list(IN_PROGRESS))
    return bool(instance.get_run_ids(running, limit=1))


def _in_order(graph: "dg.AssetGraph", job: UnresolvedAssetJobDefinition) -> list[dg.AssetKey]:
    chosen = job.selection.resolve(graph)
    return [key for key in graph.toposorted_asset_keys if key in chosen]


def _request(
    graph: "dg.AssetGraph",
    job: str,
    keys: Keys,
    found: Sequence[IncompleteWindow],
    window: partitions.Window,
    as_of: datetime,
) -> dg.RunRequest:
    """Return the request for the incomplete tables and those that are built on them.

    Tables that one function builds in one transaction are requested together.
    """
    steps = {HOURLY_JOB: (partitions.hours, HOUR), WEEKLY_JOB: (partitions.weeks, WEEK)}
    definition, step = steps.get(job, (partitions.days, DAY))
    first, last = (partitions.key_of(definition, one) for one in (window[0], window[1] - step))
    chosen = set(built_on(graph, keys[job], {one.key for one in found}))
    together = chosen.union(*(graph.get(key).execution_set_asset_keys for key in chosen))
    return dg.RunRequest(
        job_name=job,
        run_key=f"{SENSOR}:{job}:{first}:{partitions.floor_hour(as_of):%Y-%m-%dT%H}",
        asset_selection=[key for key in keys[job] if key in together],
        tags={USER_TAG: f"sensor:{SENSOR}", **range_tags(first, last)},
    )

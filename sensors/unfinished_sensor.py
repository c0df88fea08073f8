"""Sensor for hours and weeks that ended and that no run has finished: asks for them again.

A tick asks for the window that ended once. When that run fails, is killed or never starts, the
window stays open, and weeks over an open hour are refused. Here such windows are asked for apart
from the ticks, so that one that cannot be made holds up no newer one: one run per evaluation, at
most one per hour, for hours of the last seven days and weeks of the last five. What a check refuses
is not asked for, nor what was never made: those are for people. Belongs here: which windows those
are. Does not: late rows (``sensors.touched_hours_sensor``), what a tick asks for
(``sensors.schedules``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from cdp_assets import clock, partitions
from cdp_assets.errors import MissingUpstream
from cdp_assets.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.refresh_order import built_on
from cdp_assets.run_context import USER_TAG, range_tags
from cdp_assets.selection import with_own_checks
from cdp_assets.staleness import ACCUMULATING
from cdp_assets.weekly_guard import require_finished_hours
from resources.warehouse import Warehouse
from sensors.schedules import first_scheduled_hour, first_scheduled_week

SENSOR = "unfinished_sensor"
_HOUR, _WEEK = timedelta(hours=1), timedelta(days=7)
_HOURS_BACK = 168 * _HOUR  # what one run of hours holds
_WEEKS_BACK = 5 * _WEEK
_IN_PROGRESS = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)

# Without a version a window counts when an earlier one has: the table was made up to a gap. A run
# that broke off between two tables leaves the second older than the first.
_UNFINISHED = """
select k.key, min(w.start), max(w.start)
from unnest(%(keys)s::text[]) k (key)
cross join generate_series(%(first)s::timestamptz, %(last)s::timestamptz, %(step)s) w (start)
left join ops.asset_partition_status s on s.asset_key = k.key and s.window_start = w.start
where case
    when s.state in ('NOT_OBSERVED', 'CHECK_FAILED') and s.is_final then false
    when s.version is null then exists (
        select from ops.asset_partition_status e
        where e.asset_key = k.key and e.window_start < w.start and e.version is not null
    )
    else s.as_of < w.start + %(step)s or s.error_code is not null or exists (
        select from ops.asset_partition_status i
        where i.asset_key = any(%(keys)s) and i.asset_key <> k.key
            and i.window_start >= case
                when k.key = any(%(accumulating)s) then '-infinity' else w.start
            end
            and i.window_start <= w.start
            and i.version > (s.input_versions ->> i.asset_key)::bigint
    )
end
group by k.key
"""

Keys = Mapping[str, Sequence[dg.AssetKey]]


def build_unfinished_sensor(
    jobs: Sequence[UnresolvedAssetJobDefinition], default_status: dg.DefaultSensorStatus
) -> dg.SensorDefinition:
    """Return the sensor.

    Args:
        jobs: Those that it may launch are picked by name.
        default_status: Running only where automation is switched on.
    """
    own = [job for job in jobs if job.name in (HOURLY_JOB, WEEKLY_JOB)]

    @dg.sensor(
        name=SENSOR,
        jobs=own,
        minimum_interval_seconds=600,
        default_status=default_status,
        description=(
            "Asks again for hours of the last seven days, then for weeks of the last five, that "
            "ended and that no run has finished. One run at a time, at most one per hour."
        ),
    )
    def unfinished_sensor(
        context: dg.SensorEvaluationContext, warehouse: Warehouse
    ) -> dg.RunRequest | dg.SkipReason:
        assert context.repository_def is not None
        for job in own:
            running = dg.RunsFilter(job_name=job.name, statuses=list(_IN_PROGRESS))
            if context.instance.get_run_ids(running, limit=1):
                return dg.SkipReason(f"a run of {job.name} is in progress")
        graph = context.repository_def.asset_graph
        keys = {job.name: _in_order(graph, job) for job in own}
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            planned = plan_evaluation(connection, graph, keys, clock.now())
        return with_own_checks(graph, planned) if isinstance(planned, dg.RunRequest) else planned

    return unfinished_sensor


def plan_evaluation(
    connection: psycopg.Connection, graph: "dg.AssetGraph", keys: Keys, as_of: datetime
) -> dg.RunRequest | dg.SkipReason:
    """Return what one evaluation asks for: hours first, as weeks need them.

    Args:
        connection: Of the warehouse.
        graph: Tells which tables are built on an unfinished one and are made with it.
        keys: Of each job's tables, in dependency order.
        as_of: The clock.
    """
    hours_end = first_scheduled_hour(as_of)
    found = _unfinished(connection, keys[HOURLY_JOB], (hours_end - _HOURS_BACK, hours_end), _HOUR)
    if found:
        window = min(first for _, first, _ in found), max(last for _, _, last in found) + _HOUR
        return _request(graph, HOURLY_JOB, keys, found, window, as_of)
    weeks_end = first_scheduled_week(as_of)
    found = _unfinished(connection, keys[WEEKLY_JOB], (weeks_end - _WEEKS_BACK, weeks_end), _WEEK)
    if not found:
        return dg.SkipReason("every hour and week that ended is finished")
    window = min(first for _, first, _ in found), weeks_end  # later totals contain the first
    try:
        require_finished_hours(connection, window, as_of)
    except MissingUpstream as missing:
        return dg.SkipReason(f"weeks wait: {missing}")
    return _request(graph, WEEKLY_JOB, keys, found, window, as_of)


def _in_order(graph: "dg.AssetGraph", job: UnresolvedAssetJobDefinition) -> list[dg.AssetKey]:
    chosen = job.selection.resolve(graph)
    return [key for key in graph.toposorted_asset_keys if key in chosen]


def _unfinished(
    connection: psycopg.Connection,
    keys: Sequence[dg.AssetKey],
    window: partitions.Window,
    step: timedelta,
) -> list[tuple[dg.AssetKey, datetime, datetime]]:
    """Return the tables with unfinished windows, each with its first and last of them."""
    names = [key.to_user_string() for key in keys]
    rows = connection.execute(
        _UNFINISHED,
        {
            "keys": names, "accumulating": sorted(ACCUMULATING), "step": step,
            "first": max(window[0], partitions.hours.start.astimezone(UTC)),
            "last": window[1] - step,
        },
    ).fetchall()  # fmt: skip
    return [(dg.AssetKey(name.split("/")), first, last) for name, first, last in rows]


def _request(
    graph: "dg.AssetGraph",
    job: str,
    keys: Keys,
    found: Sequence[tuple[dg.AssetKey, datetime, datetime]],
    window: partitions.Window,
    as_of: datetime,
) -> dg.RunRequest:
    definition, step = (partitions.hours, _HOUR) if job == HOURLY_JOB else (partitions.weeks, _WEEK)
    first, last = (partitions.key_of(definition, one) for one in (window[0], window[1] - step))
    return dg.RunRequest(
        job_name=job,
        run_key=f"{SENSOR}:{job}:{first}:{partitions.floor_hour(as_of):%Y-%m-%dT%H}",
        asset_selection=built_on(graph, keys[job], {key for key, _, _ in found}),
        tags={USER_TAG: f"sensor:{SENSOR}", **range_tags(first, last)},
    )

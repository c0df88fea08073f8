"""Windows that ended and are incomplete, however long ago: which a run builds, which need a person.

A window is incomplete when it was built before it ended, when its last run failed, or when it is a
gap in a table that was built before it. A window that no run has tried goes to a run, however old;
one that failed is tried again while it is young, then it becomes an alert with the command that
builds it. Scope: finding windows and their alerts; not here: requesting runs
(``sensors.unfinished_partitions``), what a day can still be built from
(``cdp_assets.core.planning.staleness``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.alerts import Gap, replace_gaps
from cdp_assets.core.planning.asset_facts import cumulative_of
from cdp_assets.core.planning.staleness import stale_partitions
from cdp_assets.partitions import Window

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)

# A window without a version counts when an earlier one has one: the table was built up to a gap. A
# run that was killed between two tables leaves the second behind the first.
_UNFINISHED = """
with made as (
    select s.asset_key, greatest(min(s.window_start), %(start)s) as first
    from ops.asset_partition_status s
    where s.asset_key = any(%(keys)s) and s.version is not null and s.window_start is not null
    group by 1
)

select
    m.asset_key, w.start,
    case
        when s.error_code is not null or s.state = 'FAILED'
            then coalesce(s.last_failed_at, s.materialized_at, to_timestamp(0))
    end as failed_at,
    s.error_message
from made m
cross join generate_series(m.first, %(last)s::timestamptz, %(step)s::interval) w (start)
left join ops.asset_partition_status s on s.asset_key = m.asset_key and s.window_start = w.start
where case
    when s.state in ('NOT_OBSERVED', 'CHECK_FAILED') and s.is_final then false
    when s.version is null then true
    else s.as_of < w.start + %(step)s::interval or s.error_code is not null
        or w.start >= %(young)s::timestamptz and coalesce((
            select bool_or(case
                when m.asset_key = any(%(accumulating)s) then l.is_behind_to_date
                else l.is_behind
            end)
            from ops.partition_lag l
            where l.asset_key = s.asset_key and l.partition_key = s.partition_key
                and l.input_key = any(%(keys)s)
        ), false)
end
order by 1, 2
"""

_TRIED = """
select asset_key, partition_key, state,
    coalesce(last_failed_at, materialized_at, to_timestamp(0)), error_message
from ops.asset_partition_status
where asset_key = any(%s) and (error_code is not null or state in ('FAILED', 'CHECK_FAILED'))
"""

_BEGAN = """
select asset_key, min(window_start)
from ops.asset_partition_status
where asset_key = any(%s) and version is not null and window_start is not null
group by 1
"""


# First and last of the days that may be stale, by their status alone: only these are examined.
_POSSIBLY_STALE = """
select min(d.start), max(d.start)
from unnest(%(keys)s::text[], %(counted)s::boolean[]) k (key, is_counted)
cross join lateral (
    select greatest(min(window_start), %(start)s) as first
    from ops.asset_partition_status
    where asset_key = k.key and version is not null and window_start is not null
) b
cross join lateral generate_series(b.first, %(last)s::timestamptz, interval '1 day') d (start)
left join ops.asset_partition_status s on s.asset_key = k.key and s.window_start = d.start
where s.version is null and s.state is distinct from 'NOT_OBSERVED'
    or s.error_code is not null or s.state in ('FAILED', 'CHECK_FAILED')
    or not s.is_final and not k.is_counted
"""


@dataclass(frozen=True)
class IncompleteWindow:
    """One window of one table that ended and is incomplete.

    Attributes:
        key: The table.
        start: Of the window, UTC.
        failed_at: When a run last failed to build it; null: none did.
        why: Error message of that run; null with ``failed_at``.
    """

    key: dg.AssetKey
    start: datetime
    failed_at: datetime | None = None
    why: str | None = None


def unfinished_windows(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    keys: Sequence[dg.AssetKey],
    step: timedelta,
    end: datetime,
    young: datetime,
) -> list[IncompleteWindow]:
    """Return the incomplete hours or weeks of tables up to an instant, by table, oldest first.

    Args:
        connection: Of the warehouse.
        graph: Its metadata says whether the windows of a table depend on all earlier ones.
        keys: Tables of one job.
        step: Length of their windows.
        end: Windows from here on are built by a schedule.
        young: From here on a table that is behind another of the job counts, too.
    """
    rows = connection.execute(
        _UNFINISHED,
        {
            "keys": [key.to_user_string() for key in keys],
            "accumulating": cumulative_of(graph, keys),
            "start": partitions.hours.start.astimezone(UTC),
            "last": end - step,
            "step": step,
            "young": young,
        },
    )
    return [
        IncompleteWindow(dg.AssetKey(key.split("/")), start, at, why)
        for key, start, at, why in rows
    ]


def unfinished_days(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    keys: Sequence[dg.AssetKey],
    window: Window,
    as_of: datetime,
) -> list[IncompleteWindow]:
    """Return the incomplete days of tables in a window, by table, oldest first.

    A missed day of a source without history is among them: a run builds it from stored responses,
    or it becomes NOT_OBSERVED. A table that counts only the present keeps its past days.
    """
    daily = [
        k for k in keys if isinstance(graph.get(k).partitions_def, dg.DailyPartitionsDefinition)
    ]
    names = [key.to_user_string() for key in daily]
    possible = connection.execute(
        _POSSIBLY_STALE,
        {
            "keys": names,
            "start": window[0],
            "last": window[1] - DAY,
            "counted": [bool(graph.get(key).metadata.get("present_only")) for key in daily],
        },
    ).fetchone()
    if possible is None or possible[0] is None:
        return []
    due = stale_partitions(connection, graph, daily, (possible[0], possible[1] + DAY), as_of)
    tried = {row[:2]: row[2:] for row in connection.execute(_TRIED, [names])}
    began: dict[str, datetime] = dict(connection.execute(_BEGAN, [names]).fetchall())
    found = []
    for key in daily:
        name = key.to_user_string()
        is_counted_then = bool(graph.get(key).metadata.get("present_only"))
        wanted = {"missing", "failed"} | (set() if is_counted_then else {"open"})
        for one in due.get(key, []):
            start = partitions.window_of(partitions.days, one.key)[0]
            state, failed_at, why = tried.get((name, one.key), (None, None, None))
            if (
                one.reason in wanted
                and state != "CHECK_FAILED"
                and name in began
                and start > began[name]
            ):
                found.append(IncompleteWindow(key, start, failed_at, why))
    return found


def for_a_run(found: Sequence[IncompleteWindow], young: datetime) -> list[IncompleteWindow]:
    """Return the windows to request a run for: those never tried, and those that are young."""
    return [one for one in found if one.failed_at is None or one.start >= young]


def alert_expired_windows(
    connection: psycopg.Connection,
    step: timedelta,
    keys: Collection[dg.AssetKey],
    found: Sequence[IncompleteWindow],
    as_of: datetime,
    *,
    before: str = "",
    why: str | None = None,
) -> int:
    """Keep one open alert per table and range of windows that no run retries; return how many.

    Alerts of the tables about other windows are closed.

    Args:
        connection: Of the warehouse.
        step: Length of the windows.
        keys: Tables of one job.
        found: Windows of theirs that no run will be requested for.
        as_of: The clock.
        before: Commands to run before that of the table; empty: none.
        why: Why they are not built; null: the error of the last run.
    """
    gaps = [_gap(stretch, step, before, why) for stretch in _stretches(found, step)]
    replace_gaps(connection, [key.to_user_string() for key in keys], gaps, as_of)
    return len(gaps)


def backfill_line(key: str, first: datetime, end: datetime) -> str:
    """Return the command that builds the windows of a table in ``[first, end)``."""
    return f"cdp backfill {key} --from {first:%Y-%m-%dT%H:%M} --to {end:%Y-%m-%dT%H:%M}"


def _gap(stretch: Sequence[IncompleteWindow], step: timedelta, before: str, why: str | None) -> Gap:
    definition = {HOUR: partitions.hours, DAY: partitions.days, WEEK: partitions.weeks}[step]
    key, first, last = stretch[0].key.to_user_string(), stretch[0].start, stretch[-1].start
    why = why or next((one.why for one in reversed(stretch) if one.why), None)
    return Gap(
        subject=key,
        first=partitions.key_of(definition, first),
        last=partitions.key_of(definition, last),
        message=f"{before}{backfill_line(key, first, last + step)} builds what is no longer "
        "retried automatically" + (f": {why}" if why else ""),
        at=max((one.failed_at for one in stretch if one.failed_at), default=last + step),
    )


def _stretches(
    found: Sequence[IncompleteWindow], step: timedelta
) -> Iterator[list[IncompleteWindow]]:
    """Yield the unbroken runs of windows of each table."""
    by_key: dict[dg.AssetKey, list[IncompleteWindow]] = defaultdict(list)
    for one in found:
        by_key[one.key].append(one)
    for windows in by_key.values():
        stretch: list[IncompleteWindow] = []
        for one in windows:
            if stretch and one.start != stretch[-1].start + step:
                yield stretch
                stretch = []
            stretch.append(one)
        yield stretch

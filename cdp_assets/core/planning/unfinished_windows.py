"""Windows that ended and that no run has finished, however long ago: what is made, what is told.

A window is unfinished when it was made before it ended, when its last run failed, or when it is a
gap in a table that was made before it. What was never tried is for a run, however old; what a run
tried in vain is tried again while it is young, then it is for people: an alert that names the line
to type. Belongs here: finding and telling. Does not: asking for runs
(``sensors.unfinished_partitions``), what a day can still be made of
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
from cdp_assets.core.checks.alerts import Told, keep_gaps
from cdp_assets.core.planning.asset_facts import cumulative_of
from cdp_assets.core.planning.staleness import due_partitions
from cdp_assets.partitions import Window

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)

# Without a version a window counts when an earlier one has: the table was made up to a gap. A run
# that broke off between two tables leaves the second older than the first.
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
        or w.start >= %(young)s::timestamptz and exists (
            select from ops.asset_partition_status i
            where i.asset_key = any(%(keys)s) and i.asset_key <> m.asset_key
                and i.window_start >= case
                    when m.asset_key = any(%(accumulating)s) then '-infinity' else w.start
                end
                and i.window_start <= w.start
                and i.version > (s.input_versions ->> i.asset_key)::bigint
        )
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


# Days that may be due, by their status alone: what is due is asked of their stretch only.
_DOUBTFUL = """
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
class Unfinished:
    """One window of one table that ended and that no run finished.

    Attributes:
        key: The table.
        start: Of the window, UTC.
        failed_at: When a run last tried it in vain; null: none did.
        why: What that run said; null with ``failed_at``.
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
) -> list[Unfinished]:
    """Return the unfinished hours or weeks of tables up to an instant, by table, oldest first.

    Args:
        connection: Of the warehouse.
        graph: Where the tables say whether their windows depend on all earlier ones.
        keys: Tables of one job.
        step: Length of their windows.
        end: Windows from here on are the business of a schedule.
        young: From here on a table that is older than another of the job counts, too.
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
    return [Unfinished(dg.AssetKey(key.split("/")), start, at, why) for key, start, at, why in rows]


def unfinished_days(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    keys: Sequence[dg.AssetKey],
    window: Window,
    as_of: datetime,
) -> list[Unfinished]:
    """Return the unfinished days of tables in a window, by table, oldest first.

    A missed day of a source without history is among them: a run makes it of the answers that were
    kept, or it becomes NOT_OBSERVED. What counts the present alone stays as it was counted.
    """
    daily = [
        k for k in keys if isinstance(graph.get(k).partitions_def, dg.DailyPartitionsDefinition)
    ]
    names = [key.to_user_string() for key in daily]
    doubtful = connection.execute(
        _DOUBTFUL,
        {
            "keys": names,
            "start": window[0],
            "last": window[1] - DAY,
            "counted": [bool(graph.get(key).metadata.get("present_only")) for key in daily],
        },
    ).fetchone()
    if doubtful is None or doubtful[0] is None:
        return []
    due = due_partitions(connection, graph, daily, (doubtful[0], doubtful[1] + DAY), as_of)
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
                found.append(Unfinished(key, start, failed_at, why))
    return found


def for_a_run(found: Sequence[Unfinished], young: datetime) -> list[Unfinished]:
    """Return what a run is asked for: what was never tried, and what is young."""
    return [one for one in found if one.failed_at is None or one.start >= young]


def tell_the_rest(
    connection: psycopg.Connection,
    step: timedelta,
    keys: Collection[dg.AssetKey],
    found: Sequence[Unfinished],
    as_of: datetime,
    *,
    before: str = "",
    why: str | None = None,
) -> int:
    """Keep one open alert per table and stretch of windows that are for people; return how many.

    Alerts of the tables about other windows are over.

    Args:
        connection: Of the warehouse.
        step: Length of the windows.
        keys: Tables of one job.
        found: Windows of theirs that no run will be asked for.
        as_of: The clock.
        before: What has to be typed before the line of the table; empty: nothing.
        why: They are not made; null: as the last run said.
    """
    told = [_gap(stretch, step, before, why) for stretch in _stretches(found, step)]
    keep_gaps(connection, [key.to_user_string() for key in keys], told, as_of)
    return len(told)


def backfill_line(key: str, first: datetime, end: datetime) -> str:
    """Return what a person types to make the windows of a table in ``[first, end)``."""
    return f"cdp backfill {key} --from {first:%Y-%m-%dT%H:%M} --to {end:%Y-%m-%dT%H:%M}"


def _gap(stretch: Sequence[Unfinished], step: timedelta, before: str, why: str | None) -> Told:
    definition = {HOUR: partitions.hours, DAY: partitions.days, WEEK: partitions.weeks}[step]
    key, first, last = stretch[0].key.to_user_string(), stretch[0].start, stretch[-1].start
    why = why or next((one.why for one in reversed(stretch) if one.why), None)
    return Told(
        subject=key,
        first=partitions.key_of(definition, first),
        last=partitions.key_of(definition, last),
        message=f"{before}{backfill_line(key, first, last + step)} makes what no run makes any "
        "more by itself" + (f": {why}" if why else ""),
        at=max((one.failed_at for one in stretch if one.failed_at), default=last + step),
    )


def _stretches(found: Sequence[Unfinished], step: timedelta) -> Iterator[list[Unfinished]]:
    """Yield the unbroken runs of windows of each table."""
    by_key: dict[dg.AssetKey, list[Unfinished]] = defaultdict(list)
    for one in found:
        by_key[one.key].append(one)
    for windows in by_key.values():
        stretch: list[Unfinished] = []
        for one in windows:
            if stretch and one.start != stretch[-1].start + step:
                yield stretch
                stretch = []
            stretch.append(one)
        yield stretch

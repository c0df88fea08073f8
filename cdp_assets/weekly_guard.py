"""When a week may be made: all its hours there, current and passed (U-09), and what it builds on.

Belongs here: refusing a week, choosing the base of running totals. Does not: planning a refresh
(``cdp_assets.staleness``), the sums (the models).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.partitions import Window, floor_hour
from cdp_assets.settings import get_settings

_HOURS = "filplus/unified_verified_deal_hourly"
_PIECES = "intermediate/client_provider_piece_weekly"
_TOTALS = "filplus/client_provider_distribution_weekly_acc"
_DEALS = "raw_dmob/unified_verified_deal"
_NAMED = 10  # how many hours a message lists

_UNFINISHED_HOURS = """
select h.start, s.state, s.error_code,
    case
        when s.version is null then 'missing'
        when s.state <> 'MATERIALIZED' then lower(s.state)
        when not s.is_final and s.window_end <= %(as_of)s then 'made before it ended'
        when t.version > (s.input_versions ->> %(deals)s)::bigint then 'changed since'
    end as reason
from generate_series(%(start)s, %(last)s, interval '1 hour') h (start)
left join ops.asset_partition_status s
    on s.asset_key = %(hours)s and s.window_start = h.start
left join ops.touched_hours t on t.asset_key = %(deals)s and t.hour = h.start
where s.version is null or s.state <> 'MATERIALIZED'
    or (not s.is_final and s.window_end <= %(as_of)s)
    or t.version > (s.input_versions ->> %(deals)s)::bigint
order by h.start
"""

_UNFINISHED_WEEKS = """
select w.start
from generate_series(%(start)s, %(last)s, interval '7 days') w (start)
left join ops.asset_partition_status s on s.asset_key = %(key)s and s.window_start = w.start
where s.version is null or s.state <> 'MATERIALIZED' or not s.is_final
    or exists (
        select from ops.touched_hours t
        where t.asset_key = %(deals)s
            and t.version > (s.input_versions ->> %(deals)s)::bigint
            and t.hour < w.start + interval '7 days'
            and (t.hour >= w.start or w.start = %(first)s)
    )
order by w.start
"""


def require_finished_hours(connection: psycopg.Connection, window: Window, as_of: datetime) -> None:
    """Refuse weeks whose hours are not all materialized, current and passed.

    The running week needs the hours that have begun.

    Raises:
        MissingUpstream: With the first hours and their reasons.
    """
    last = min(window[1] - timedelta(hours=1), floor_hour(as_of))
    rows = connection.execute(
        _UNFINISHED_HOURS,
        {"start": window[0], "last": last, "as_of": as_of, "hours": _HOURS, "deals": _DEALS},
    ).fetchall()
    if rows:
        listed = ", ".join(f"{row[0]:%Y-%m-%d-%H:%M} ({row[3]})" for row in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        raise MissingUpstream(
            f"{len(rows)} hours of the weeks are not ready: {listed}{more}",
            key=f"{window[0]:%Y-%m-%d}",
            hint=f"refresh {_HOURS} first; `cdp refresh` does both in order",
        )


def clock_of_hours(connection: psycopg.Connection, window: Window, as_of: datetime) -> datetime:
    """Return the clock of weeks: in the running week, that of the newest hour.

    A week sums what its hours hold. A run for the week some minutes after that for the hour would
    else count deals that started in between, which no hour has yet.
    """
    hour = floor_hour(as_of)
    row = connection.execute(
        "select as_of from ops.asset_partition_status where asset_key = %s and window_start = %s",
        [_HOURS, hour],
    ).fetchone()
    if not window[0] <= hour < window[1] or row is None:
        return as_of
    newest: datetime = row[0]
    return min(as_of, newest)


def accumulation_base(connection: psycopg.Connection, window: Window, as_of: datetime) -> str:
    """Return ``snapshot`` when the totals of the week before are current, else ``history``.

    Raises:
        MissingUpstream: The piece history before the window is not complete and current.
    """
    first = get_settings().partitions_start
    if window[0] == first:
        return "history"
    parameters = {
        "start": first,
        "last": window[0] - timedelta(days=7),
        "deals": _DEALS,
        "first": first,
    }
    unfinished = connection.execute(_UNFINISHED_WEEKS, {**parameters, "key": _PIECES}).fetchall()
    if unfinished:
        raise MissingUpstream(
            f"{len(unfinished)} earlier weeks of the piece table are missing or old, "
            f"the first is {unfinished[0][0]:%Y-%m-%d}",
            key=f"{window[0]:%Y-%m-%d}",
            hint=f"refresh {_PIECES} from that week on; `cdp refresh` does it in order",
        )
    return "snapshot" if _is_snapshot_current(connection, window[0]) else "history"


def _is_snapshot_current(connection: psycopg.Connection, start: datetime) -> bool:
    """Tell whether no piece week was written after the totals of the week before read them."""
    row = connection.execute(
        """
        select coalesce(max(p.version) <= (s.input_versions ->> %(pieces)s)::bigint, true)
        from ops.asset_partition_status s
        left join ops.asset_partition_status p
            on p.asset_key = %(pieces)s and p.window_start < %(start)s
        where s.asset_key = %(totals)s and s.window_start = %(start)s - interval '7 days'
            and s.state = 'MATERIALIZED' and s.is_final
        group by s.input_versions
        """,
        {"pieces": _PIECES, "totals": _TOTALS, "start": start},
    ).fetchone()
    return row is not None and bool(row[0])

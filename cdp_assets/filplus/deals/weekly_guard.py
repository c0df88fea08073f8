"""When a week may be built: its hours are all there, current and passed (U-09); and on what base.

Scope: refusing a week, choosing the base of running totals, and since when the running week only
gained deals; not here: planning a refresh (``cdp_assets.core.planning.staleness``), the sums (the
models). Hours and weeks are compared with their inputs by the view ``ops.partition_lag``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.deals.table_keys import DEALS, HOURS, PIECES, REPEATED, WEEKLY
from cdp_assets.partitions import Window, floor_hour
from cdp_assets.settings import get_settings
from cdp_assets.units import counted

_NAMED = 10  # how many hours a message lists

_UNFINISHED_HOURS = """
select u.*
from (
    select h.start,
        case
            when s.version is null then 'missing'
            when s.state <> 'MATERIALIZED' then lower(s.state)
            when not s.is_final and s.window_end <= %(as_of)s then 'built before it ended'
            when (
                select l.is_behind
                from ops.partition_lag l
                where l.asset_key = s.asset_key and l.partition_key = s.partition_key
                    and l.input_key = %(deals)s
            ) then 'changed since'
        end as reason
    from generate_series(%(start)s, %(last)s, interval '1 hour') h (start)
    left join ops.asset_partition_status s
        on s.asset_key = %(hours)s and s.window_start = h.start
) u
where u.reason is not null
order by u.start
"""

# The first week also holds the deals of all hours before it.
_UNFINISHED_WEEKS = """
select w.start
from generate_series(%(first)s, %(last)s, interval '7 days') w (start)
left join ops.asset_partition_status s on s.asset_key = %(key)s and s.window_start = w.start
where s.version is null or s.state <> 'MATERIALIZED' or not s.is_final
    or (
        select case when w.start = %(first)s then l.is_behind_to_date else l.is_behind end
        from ops.partition_lag l
        where l.asset_key = s.asset_key and l.partition_key = s.partition_key
            and l.input_key = %(deals)s
    )
order by w.start
"""

# Not a question for ops.partition_lag: added deals are no lag here, only removed ones are, and only
# the weeks before this one. The landing's version is read with the hours: what lands later is in no
# table that this run builds. The full week is recomputed if a table of it is missing, failed or
# built by other code, if an hour lost a deal, or if an earlier week was written later.
_GAINED = """
select
    min((s.input_versions ->> %(deals)s)::bigint) as version,
    min(s.as_of) as as_of,
    (select v.version from ops.asset_version v where v.asset_key = %(deals)s) as landed
from unnest(%(keys)s::text[], %(codes)s::text[]) m (key, code)
left join ops.asset_partition_status s on s.asset_key = m.key and s.window_start = %(start)s
having bool_and(
    s.version is not null and s.state = 'MATERIALIZED' and s.error_code is null
    and s.code_version = m.code and s.as_of <= %(as_of)s
    and not exists (
        select from ops.changed_hours t
        where t.asset_key = %(deals)s and t.hour >= %(start)s and t.hour < %(end)s
            and t.removed_version > (s.input_versions ->> %(deals)s)::bigint
    )
    and not exists (
        select from ops.asset_partition_status p
        where p.asset_key = %(pieces)s and p.window_start < %(start)s
            and p.version > (s.input_versions ->> %(pieces)s)::bigint
    )
)
"""


@dataclass(frozen=True)
class IncrementalBase:
    """Since when the running week has only gained deals, and up to when that is known.

    Attributes:
        version: Of the landing that the oldest of the week's tables was built from.
        as_of: Clock of the oldest of them.
        landed: Present version of the landing, read in the same statement.
    """

    version: int
    as_of: datetime
    landed: int


def require_finished_hours(connection: psycopg.Connection, window: Window, as_of: datetime) -> None:
    """Refuse weeks whose hours are not all materialized, current and passed.

    The running week needs the hours that have begun.

    Raises:
        MissingUpstream: With the first hours and their reasons.
    """
    last = min(window[1] - timedelta(hours=1), floor_hour(as_of))
    rows = connection.execute(
        _UNFINISHED_HOURS,
        {"start": window[0], "last": last, "as_of": as_of, "hours": HOURS, "deals": DEALS},
    ).fetchall()
    if rows:
        listed = ", ".join(f"{row[0]:%Y-%m-%d-%H:%M} ({row[1]})" for row in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        raise MissingUpstream(
            counted(len(rows), "hour of the weeks is not ready", "hours of the weeks are not ready")
            + f": {listed}{more}",
            key=f"{window[0]:%Y-%m-%d}",
            hint=f"refresh {HOURS} first; `cdp refresh` does both in order",
        )


def as_of_of_hours(connection: psycopg.Connection, window: Window, as_of: datetime) -> datetime:
    """Return the clock of weeks: in the running week, that of the newest hour.

    A week sums its hours. Without this, a run for the week some minutes after that for the hour
    would count deals that started in between, which no hour contains yet.
    """
    hour = floor_hour(as_of)
    row = connection.execute(
        "select as_of from ops.asset_partition_status where asset_key = %s and window_start = %s",
        [HOURS, hour],
    ).fetchone()
    if not window[0] <= hour < window[1] or row is None:
        return as_of
    newest: datetime = row[0]
    return min(as_of, newest)


def require_piece_history(connection: psycopg.Connection, window: Window) -> None:
    """Refuse weeks that compare with earlier ones while the piece table before them has gaps.

    Raises:
        MissingUpstream: The piece history before the window is not complete and current.
    """
    first = get_settings().partitions_start
    if window[0] == first:
        return
    unfinished = connection.execute(
        _UNFINISHED_WEEKS,
        {"first": first, "last": window[0] - timedelta(days=7), "deals": DEALS, "key": PIECES},
    ).fetchall()
    if unfinished:
        raise MissingUpstream(
            counted(
                len(unfinished),
                "earlier week of the piece table is missing or old",
                "earlier weeks of the piece table are missing or old",
            )
            + f", the first is {unfinished[0][0]:%Y-%m-%d}",
            key=f"{window[0]:%Y-%m-%d}",
            hint=f"refresh {PIECES} from that week on; `cdp refresh` does it in order",
        )


def cumulative_base(
    connection: psycopg.Connection, window: Window, asset_keys: Collection[str]
) -> str:
    """Return ``snapshot`` when the running totals of the week before are current, else ``history``.

    ``asset_keys`` are tables of running totals; the result is valid for all of them.
    """
    row = connection.execute(
        """
        select coalesce(bool_and(s.version is not null and not coalesce((
            select bool_or(l.is_behind_to_date)
            from ops.partition_lag l
            where l.asset_key = s.asset_key and l.partition_key = s.partition_key
                and l.input_key = any(%(inputs)s)
        ), false)), false)
        from unnest(%(totals)s::text[]) t (key)
        left join ops.asset_partition_status s
            on s.asset_key = t.key and s.window_start = %(start)s - interval '7 days'
            and s.state = 'MATERIALIZED' and s.is_final
        """,
        {
            "inputs": [PIECES, REPEATED, WEEKLY],
            "totals": sorted(asset_keys),
            "start": window[0],
        },
    ).fetchone()
    return "snapshot" if row is not None and row[0] else "history"


def incremental_since(
    connection: psycopg.Connection,
    window: Window,
    as_of: datetime,
    code_versions: Mapping[str, str],
) -> IncrementalBase | None:
    """Return when the running week was built, if it has only gained deals since; else null.

    Then its tables of changed keys need only the keys of those deals (spec README, "Window
    replace"). A week that has ended is recomputed in full once more, and the first one always, as
    it also contains the deals before it.

    ``code_versions`` names the tables of changed keys that the run writes, each with the version of
    its code. They are published as built from the landing as it is now: a sync that commits before
    they read it may remove a deal, and the next run has to see that.
    """
    is_one_running_week = window[1] - window[0] == timedelta(days=7) and as_of < window[1]
    if not (code_versions and is_one_running_week and window[0] > get_settings().partitions_start):
        return None
    row = connection.execute(
        _GAINED,
        {
            "keys": list(code_versions),
            "codes": list(code_versions.values()),
            "deals": DEALS,
            "pieces": PIECES,
            "start": window[0],
            "end": window[1],
            "as_of": as_of,
        },
    ).fetchone()
    return None if row is None else IncrementalBase(*row)

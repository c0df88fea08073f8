"""When a week may be made: all its hours there, current and passed (U-09), and what it builds on.

Belongs here: refusing a week, choosing the base of running totals, telling what the running week
has gained. Does not: planning a refresh (``cdp_assets.core.planning.staleness``), the sums (the
models).
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
left join ops.changed_hours t on t.asset_key = %(deals)s and t.hour = h.start
where s.version is null or s.state <> 'MATERIALIZED'
    or (not s.is_final and s.window_end <= %(as_of)s)
    or t.version > (s.input_versions ->> %(deals)s)::bigint
order by h.start
"""

_UNFINISHED_WEEKS = """
with touched as (
    select greatest(date_trunc('week', hour, 'UTC'), %(first)s) as week, max(version) as version
    from ops.changed_hours
    where asset_key = %(deals)s
    group by 1
)

select w.start
from generate_series(%(first)s, %(last)s, interval '7 days') w (start)
left join ops.asset_partition_status s on s.asset_key = %(key)s and s.window_start = w.start
left join touched t on t.week = w.start
where s.version is null or s.state <> 'MATERIALIZED' or not s.is_final
    or t.version > (s.input_versions ->> %(deals)s)::bigint
order by w.start
"""

# The landing's version is read with the hours: what lands later is of no table that this run makes.
# A table that is missing, failed or of other code makes the week whole, and so does an hour
# that lost a deal, or an earlier week that was written later.
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
        version: Of the landing that the oldest of the week's tables was made from.
        as_of: Clock of the oldest of them.
        landed: Version of the landing when this was asked.
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
        listed = ", ".join(f"{row[0]:%Y-%m-%d-%H:%M} ({row[3]})" for row in rows[:_NAMED])
        more = f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        raise MissingUpstream(
            counted(len(rows), "hour of the weeks is not ready", "hours of the weeks are not ready")
            + f": {listed}{more}",
            key=f"{window[0]:%Y-%m-%d}",
            hint=f"refresh {HOURS} first; `cdp refresh` does both in order",
        )


def as_of_of_hours(connection: psycopg.Connection, window: Window, as_of: datetime) -> datetime:
    """Return the clock of weeks: in the running week, that of the newest hour.

    A week sums what its hours hold. A run for the week some minutes after that for the hour would
    else count deals that started in between, which no hour has yet.
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

    ``asset_keys`` are tables of running totals; one answer holds for all of them.
    """
    row = connection.execute(
        """
        select coalesce(bool_and(s.version is not null and not exists (
            select from ops.asset_partition_status p
            where p.asset_key = any(%(inputs)s) and p.window_start < %(start)s
                and p.version > (s.input_versions ->> p.asset_key)::bigint
        )), false)
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
    """Return when the running week was made, if it has only gained deals since; else null.

    Then its tables of touched keys need only the keys of those deals (spec README, "Window
    replace"). A week that has ended is made whole once more, and the first one always, as it also
    holds what was before it.

    ``code_versions`` names the tables of touched keys that the run writes, each with the version of
    its code. They are published as made from the landing as it is now: a sync that commits before
    they read it may take a deal away, and the next run has to see that.
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

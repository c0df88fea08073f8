"""When the tables by piece may be built, up to which instant, and from which state.

Scope: refusing a run, and choosing between an incremental update and a rebuild; not here: the
statements (``piece_tables``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.deals.piece_tables import SnapshotPoint
from cdp_assets.filplus.deals.table_keys import CLAIMS, DEALS, PIECES, TOTALS
from cdp_assets.filplus.deals.weekly_guard import require_piece_history
from cdp_assets.partitions import floor_week
from cdp_assets.settings import get_settings

# The running week: its pieces contain the landing as it is now, its totals contain these pieces.
# The first week also holds the deals of all hours before it.
_RUNNING = """
select
    least(p.as_of, p.window_end - interval '1 second'),
    p.state = 'MATERIALIZED' and not coalesce((
        select case when p.window_start = %(first)s then l.is_behind_to_date else l.is_behind end
        from ops.partition_lag l
        where l.asset_key = p.asset_key and l.partition_key = p.partition_key
            and l.input_key = %(deals)s
    ), false),
    (
        select bool_and(coalesce(
            s.state = 'MATERIALIZED' and (s.as_of = p.as_of or (s.is_final and p.is_final))
            and not coalesce((
                select bool_or(l.is_behind_to_date)
                from ops.partition_lag l
                where l.asset_key = s.asset_key and l.partition_key = s.partition_key
            ), false), false))
        from unnest(%(totals)s::text[]) k (key)
        left join ops.asset_partition_status s
            on s.asset_key = k.key and s.window_start = p.window_start
    )
from ops.asset_partition_status p
where p.asset_key = %(pieces)s and p.window_start = %(week)s and p.version is not null
"""


def code_of(cursor: psycopg.Cursor, own: str) -> str:
    """Return the version of the code: this one's and those that built the weeks of pieces.

    While weeks of two releases exist side by side this differs from either, so the tables are built
    from scratch again once the last old week is gone.
    """
    cursor.execute(
        "select distinct code_version from ops.asset_partition_status "
        "where asset_key = %s and version is not null order by 1",
        [PIECES],
    )
    codes = ",".join(str(row[0]) for row in cursor)
    return f"{own}-{hashlib.sha256(codes.encode()).hexdigest()[:10]}"


def require_moment(
    cursor: psycopg.Cursor, now: datetime, tables: Sequence[str], code_version: str
) -> SnapshotPoint:
    """Return what the tables will contain, and the clock of their rows if those can be updated.

    Args:
        cursor: Of the repeatable-read transaction that writes the tables.
        now: The run's clock; the running week contains it.
        tables: Asset keys of the tables, which are always built together.
        code_version: Of the code that builds them.

    Raises:
        MissingUpstream: A week of pieces or the running week's totals are missing or old.
    """
    week = floor_week(now)
    require_piece_history(cursor.connection, (week, week + timedelta(days=7)))
    cursor.execute(
        _RUNNING,
        {
            "pieces": PIECES,
            "totals": [TOTALS, CLAIMS],
            "deals": DEALS,
            "week": week,
            "first": get_settings().partitions_start,
        },
    )
    row = cursor.fetchone()
    if row is None or not row[1]:
        raise _missing(week, PIECES, "are missing or old")
    if not row[2]:
        raise _missing(week, TOTALS, "are missing, or older than its pieces")
    return SnapshotPoint(_naive(week), _naive(row[0]), _since(cursor, row[0], tables, code_version))


def _since(
    cursor: psycopg.Cursor, as_of: datetime, tables: Sequence[str], code_version: str
) -> datetime | None:
    """Return the clock of the tables; null unless all are good, of this code and not later."""
    cursor.execute(
        """
        select min(as_of)
        from ops.asset_partition_status
        where asset_key = any(%s) and partition_key = '' and state = 'MATERIALIZED'
            and version is not null and code_version = %s
        having count(*) = %s and min(as_of) = max(as_of)
        """,
        [list(tables), code_version, len(tables)],
    )
    row = cursor.fetchone()
    return None if row is None or row[0] > as_of else _naive(row[0])


def _missing(week: datetime, asset_key: str, what: str) -> MissingUpstream:
    return MissingUpstream(
        f"the rows of {asset_key} for the running week {what}",
        key=f"{week:%Y-%m-%d}",
        hint=f"refresh {asset_key} first; `cdp refresh` does both in order",
    )


def _naive(instant: datetime) -> datetime:
    """Return an instant as tables of the marts have it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)

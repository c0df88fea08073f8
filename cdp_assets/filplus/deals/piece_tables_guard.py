"""When the tables by piece may be built, up to which instant, and from which state.

Belongs here: refusing, and choosing between a move and a rebuild. Does not: the statements
(``piece_tables``).
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

# The running week: its pieces hold the landing as it is, its totals hold these pieces.
_RUNNING = """
select
    least(p.as_of, p.window_end - interval '1 second'),
    p.state = 'MATERIALIZED' and not exists (
        select from ops.changed_hours t
        where t.asset_key = %(deals)s
            and greatest(t.hour, %(first)s) >= p.window_start and t.hour < p.window_end
            and t.version > (p.input_versions ->> %(deals)s)::bigint
    ),
    (
        select bool_and(coalesce(
            s.state = 'MATERIALIZED' and (s.as_of = p.as_of or (s.is_final and p.is_final))
            and not exists (
                select from ops.asset_partition_status i
                where i.asset_key = any(array(select jsonb_object_keys(s.input_versions)))
                    and i.window_start <= s.window_start
                    and i.version > (s.input_versions ->> i.asset_key)::bigint
            ), false))
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
    """Return what the tables are to hold, and the clock of what they hold if it can be moved.

    Args:
        cursor: Of the repeatable-read transaction that writes the tables.
        now: The run's clock; its week is the one that runs.
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
        f"the rows of {asset_key} for the week that runs {what}",
        key=f"{week:%Y-%m-%d}",
        hint=f"refresh {asset_key} first; `cdp refresh` does both in order",
    )


def _naive(instant: datetime) -> datetime:
    """Return an instant as tables of the marts have it: UTC without a zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)

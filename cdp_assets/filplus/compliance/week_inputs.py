"""When a week may be classed: what it is made of is published for that week, and passed.

Belongs here: refusing a week, telling whether its inputs are final. Does not: the classes
(``weekly_tables``). Classes of inputs that were never made would call everybody non-compliant.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.partitions import Window

_WEEKS = """
select k.key, s.is_final,
    case
        when s.version is null then 'missing'
        when s.state <> 'MATERIALIZED' then lower(s.state)
    end as reason
from unnest(%(keys)s::text[]) with ordinality k (key, place)
left join ops.asset_partition_status s on s.asset_key = k.key and s.window_start = %(start)s
order by k.place
"""
_EVER_MADE = "select count(*) from ops.asset_version where asset_key = any(%s)"


def require_week(
    cursor: psycopg.Cursor, window: Window, by_week: Sequence[str], as_a_whole: Sequence[str]
) -> bool:
    """Refuse a week of which an input is not there; tell whether all of them are final.

    Args:
        cursor: Of the transaction that writes the week.
        window: The week.
        by_week: Asset keys of the inputs with weeks; each must be published for this one.
        as_a_whole: Inputs without partitions. One that was never made, as where no GitHub is named,
            refuses nothing, but then the week is not final.

    Raises:
        MissingUpstream: Every input of the week that is missing or bad, with the reason.
    """
    rows = cursor.execute(_WEEKS, {"keys": list(by_week), "start": window[0]}).fetchall()
    unready = [f"{key} ({reason})" for key, _, reason in rows if reason]
    if unready:
        raise MissingUpstream(
            f"inputs of the week are not ready: {', '.join(unready)}",
            key=f"{window[0]:%Y-%m-%d}",
            hint="refresh them first; `cdp refresh` does it in order",
        )
    made = cursor.execute(_EVER_MADE, [list(as_a_whole)]).fetchone()
    assert made is not None
    return all(is_final for _, is_final, _ in rows) and made[0] == len(set(as_a_whole))

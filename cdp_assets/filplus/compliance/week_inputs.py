"""When a week may be classified: its inputs are published for that week, and passed their checks.

Scope: refusing a week, whether its inputs are final; not here: the classes (``weekly_tables``).
Without this guard, classes of inputs that were never built would be non-compliant for every
provider. Python, because a refusal names input and week before anything is written.
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
_EVER_BUILT = "select count(*) from ops.asset_version where asset_key = any(%s)"


def require_week(
    cursor: psycopg.Cursor, window: Window, by_week: Sequence[str], unpartitioned: Sequence[str]
) -> bool:
    """Refuse a week without one of its inputs; return whether all of them are final.

    Args:
        cursor: Of the transaction that writes the week.
        window: The week.
        by_week: Asset keys of the inputs with weeks; each must be published for this one.
        unpartitioned: Unpartitioned inputs. One that was never built, as where no GitHub is
            configured, refuses nothing, but then the week is not final.

    Raises:
        MissingUpstream: Names every input of the week that is missing or invalid, with the reason.
    """
    rows = cursor.execute(_WEEKS, {"keys": list(by_week), "start": window[0]}).fetchall()
    not_ready = [f"{key} ({reason})" for key, _, reason in rows if reason]
    if not_ready:
        raise MissingUpstream(
            f"inputs of the week are not ready: {', '.join(not_ready)}",
            key=f"{window[0]:%Y-%m-%d}",
            hint="refresh them first; `cdp refresh` does it in order",
        )
    built = cursor.execute(_EVER_BUILT, [list(unpartitioned)]).fetchone()
    assert built is not None
    return all(is_final for _, is_final, _ in rows) and built[0] == len(set(unpartitioned))

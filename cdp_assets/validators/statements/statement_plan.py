"""Which months' statements are to be drafted: those over whose lines or prices are newer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg

from cdp_assets.partitions import floor_month, keys_between, months
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.statements.statement_asset import statement_inputs
from cdp_assets.validators.statements.statement_store import STATEMENTS_KEY

_ENDS = """
select min(end_ts), max(end_ts)
from validators.canonical_periods
where is_current and not is_void and end_ts < %s
"""
_STALE = """
select m.month
from unnest(%(months)s::text[]) m (month)
left join ops.asset_partition_status s on s.asset_key = %(key)s and s.partition_key = m.month
where s.version is null or s.error_code is not null
    or exists (
        select
        from ops.asset_version v
        where v.asset_key = any(%(inputs)s)
            and v.version > coalesce((s.input_versions ->> v.asset_key)::bigint, 0)
    )
order by m.month
"""


def stale_months(
    connection: psycopg.Connection, registry: Registry, as_of: datetime
) -> Sequence[str]:
    """Return the months that are over, have periods, and were not drafted from the newest lines.

    Args:
        connection: Of the warehouse.
        registry: Of chains.
        as_of: The clock, UTC.
    """
    first, last = connection.execute(_ENDS, [floor_month(as_of)]).fetchone() or (None, None)
    if first is None:
        return []
    rows = connection.execute(
        _STALE,
        {
            "months": keys_between(months, first, last),
            "key": STATEMENTS_KEY,
            "inputs": statement_inputs(registry),
        },
    ).fetchall()
    return [row[0] for row in rows]

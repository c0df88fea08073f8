"""The plan of statements: the months that are over and whose lines or prices are newer.

Scope: what ``cdp refresh`` launches after the chains' own runs; not here: drafting (``drafting``).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.planning.domain_plan import PlannedRun, PlanningContext, RunOutcome
from cdp_assets.partitions import floor_month, keys_between, months
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.statements.statement_asset import PLAN, statement_inputs
from cdp_assets.validators.statements.statement_months import window_of_month
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


@dataclass(frozen=True)
class StatementPlan:
    """Plans the drafts of months, which belong to all chains together."""

    registry: Registry
    name: str = PLAN

    def runs(self, context: PlanningContext) -> Generator[PlannedRun, RunOutcome, None]:
        """Yield one run from the first stale month to the last; drafting one again is harmless."""
        key = dg.AssetKey(STATEMENTS_KEY.split("/"))
        if key not in context.chosen:
            return
        with context.warehouse.connect(autocommit=True) as connection:
            stale = stale_months(connection, self.registry, clock.now())
        if stale:
            window = window_of_month(stale[0])[0], window_of_month(stale[-1])[1]
            count = len(keys_between(months, *window))
            yield PlannedRun("statements", (key,), stale[0], stale[-1], count)


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

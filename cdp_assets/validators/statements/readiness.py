"""What keeps a statement from leaving DRAFT, or from being released (validator §9.2, §10).

Scope: reading the reasons, each a sentence part; not here: who may go on in spite of them
(``decisions``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import psycopg

from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.periods.period_plan import stale_periods
from cdp_assets.validators.statements.statement_months import (
    MonthPeriod,
    is_followed,
    periods_of_month,
    window_of_month,
)
from cdp_assets.validators.statements.statement_store import Statement

_SHOWN = 5
_FINAL = ("FINAL", "CLOSED")
_INCOMPLETE = """
select distinct i.period_id
from validators.partner_statement_items i
left join validators.partner_commission_lines l
    on l.chain_id = i.chain_id and l.period_id = i.period_id and l.line_id = i.line_id
    and l.is_current
left join validators.validator_pnl p
    on p.chain_id = i.chain_id and p.period_id = i.period_id
    and p.validator_key = i.validator_key and p.is_current and i.kind <> 'ADJUSTMENT'
where i.statement_id = %s
    and (i.amount_native is null or l.quality = 'INCOMPLETE' or p.quality = 'INCOMPLETE')
"""
_OPEN_ERRORS = """
select distinct r.period_id
from validators.reconciliation_reports r
where r.chain_id = %(chain)s and r.severity = 'ERROR' and r.status = 'OPEN'
    and (
        r.period_id = any(%(periods)s)
        or r.period_id in (
            select period_id from validators.partner_statement_items
            where statement_id = %(statement)s
        )
    )
"""
# Periods of the month that need lines of the partner, or had them when the statement was drafted.
# Ranges decide, as for the lines: an agreement that ended since was in force before its end. Its
# bounds of the month are in the month's last period.
_WITH_LINES = """
select p.period_id
from (
    select period_id, period_type, ordinal,
        case
            when ordinal = max(ordinal) over (partition by period_type)
                then min(ordinal) over (partition by period_type)
            else ordinal
        end as month_start
    from unnest(%(periods)s::text[], %(types)s::text[], %(ordinals)s::bigint[])
        m (period_id, period_type, ordinal)
) p
where exists (
    select
    from governance.agreements a
    inner join governance.agreement_versions v using (agreement_id)
    where a.introducer_id = %(introducer)s and a.status <> 'DRAFT' and v.chain_id = %(chain)s
        and v.period_type = p.period_type and v.effective_from_period <= p.ordinal
        and (v.effective_to_period is null or v.effective_to_period > case
            when jsonb_path_exists(v.floors || v.caps, '$[*] ? (@.scope == "MONTH")')
                then p.month_start
            else p.ordinal
        end)
)
or p.period_id in (
    select period_id from validators.partner_statement_items where statement_id = %(statement)s
)
order by p.ordinal
"""


def reasons_incomplete(
    cursor: psycopg.Cursor,
    registry: Registry,
    chain: Chain,
    statement: Statement,
    now: datetime,
) -> list[str]:
    """Return why the periods of a statement are not all FINAL and COMPLETE; empty: they are.

    Args:
        cursor: Of the transaction that decides.
        registry: For the inputs of the chain's lines.
        chain: Of the statement.
        statement: With its present content.
        now: The clock, UTC.
    """
    periods = periods_of_month(cursor, chain.chain_id, statement.month)
    running = [period.period_id for period in periods if period.status not in _FINAL]
    incomplete = cursor.execute(_INCOMPLETE, [statement.statement_id]).fetchall()
    reasons = [
        _not_over(cursor, chain, statement.month, now),
        _named("not FINAL", running),
        _named("an input is missing in", [row[0] for row in incomplete]),
        _named(
            "lines are not computed from the newest inputs in",
            _periods_without_lines(cursor, registry, chain, statement, periods),
        ),
    ]
    return [reason for reason in reasons if reason]


def reasons_unreconciled(cursor: psycopg.Cursor, chain: Chain, statement: Statement) -> list[str]:
    """Return why reconciliation blocks a release; empty: no ERROR is OPEN for its periods."""
    periods = periods_of_month(cursor, chain.chain_id, statement.month)
    values = {
        "chain": chain.chain_id,
        "periods": [period.period_id for period in periods],
        "statement": statement.statement_id,
    }
    found = [row[0] for row in cursor.execute(_OPEN_ERRORS, values).fetchall()]
    reason = _named("reconciliation has an open error in", found)
    return [reason] if reason else []


def _not_over(cursor: psycopg.Cursor, chain: Chain, month: str, now: datetime) -> str:
    if now < window_of_month(month)[1]:
        return f"{month} is not over"
    if not is_followed(cursor, chain.chain_id, chain.main_period_type, month):
        return f"no period after {month} has ended yet, so that its last one is not known"
    return ""


def _periods_without_lines(
    cursor: psycopg.Cursor,
    registry: Registry,
    chain: Chain,
    statement: Statement,
    periods: Sequence[MonthPeriod],
) -> list[str]:
    values = {
        "chain": chain.chain_id,
        "introducer": statement.introducer_id,
        "statement": statement.statement_id,
        "periods": [period.period_id for period in periods],
        "types": [period.period_type for period in periods],
        "ordinals": [period.ordinal for period in periods],
    }
    wanted = [row[0] for row in cursor.execute(_WITH_LINES, values).fetchall()]
    key = ChainKeys(chain.key_name).lines
    stale = stale_periods(cursor.connection, key, inputs_of_lines(registry, chain), wanted)
    return [period for period, reason in stale if reason != "open"]


def inputs_of_lines(registry: Registry, chain: Chain) -> Sequence[str]:
    """Return the tables that the lines of a chain are computed from."""
    return period_steps_of(registry, chain)[ChainKeys(chain.key_name).lines].inputs


def _named(what: str, periods: Iterable[str]) -> str:
    """Return a reason with the first of its periods; empty without any."""
    ordered = sorted(periods, key=lambda period: (len(period), period))
    if not ordered:
        return ""
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return f"{what} {', '.join(ordered[:_SHOWN])}{more}"

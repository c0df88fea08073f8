"""Stake accounts whose rewards a period needs, because a client is mapped to them (validator §7.1).

Scope: reading ``governance.client_mappings``; not here: changing it, or fetching the rewards.
"""

from __future__ import annotations

import psycopg

from cdp_assets.validators.rules.period_rules import Period


def mapped_accounts(
    connection: psycopg.Connection, chain_id: str, period: Period
) -> tuple[str, ...]:
    """Return the stake accounts that are mapped to a client in a period, ascending."""
    rows = connection.execute(
        "select distinct staker_address from governance.client_mappings where chain_id = %(chain)s "
        "and period_type = %(type)s and from_period <= %(ordinal)s "
        "and (to_period is null or %(ordinal)s < to_period) "
        "order by 1",
        {"chain": chain_id, "type": period.period_type, "ordinal": period.ordinal},
    ).fetchall()
    return tuple(row[0] for row in rows)

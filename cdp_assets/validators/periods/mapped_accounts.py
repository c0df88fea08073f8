"""Stake accounts whose rewards a period needs, because a client is mapped to them (validator §7.1).

Scope: reading ``governance.client_mappings``; not here: changing it, or fetching the rewards.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from cdp_assets.validators.chains.chain_registry import Chain

_VALID = """
    m.chain_id = %(chain)s and m.from_period <= {0} and (m.to_period is null or {0} < m.to_period)
"""


def mapped_accounts(connection: psycopg.Connection, chain_id: str, ordinal: int) -> tuple[str, ...]:
    """Return the stake accounts that are mapped to a client in a period, ascending."""
    rows = connection.execute(
        "select distinct staker_address from governance.client_mappings m where "
        + _VALID.format("%(ordinal)s")
        + " order by 1",
        {"chain": chain_id, "ordinal": ordinal},
    ).fetchall()
    return tuple(row[0] for row in rows)


def periods_with_new_accounts(
    connection: psycopg.Connection, chain: Chain, periods: Sequence[str]
) -> Sequence[str]:
    """Return the periods for which an account was mapped after its rewards were fetched.

    The request for an account names it, so the manifest of the fetch shows whether it was made.
    """
    rows = connection.execute(
        """
        select p.period_id
        from validators.canonical_periods p
        where p.chain_id = %(chain)s and p.period_id = any(%(periods)s) and p.is_current
            and exists (
                select from staging.staging_rewards s
                where s.chain_id = p.chain_id and s.period_id = p.period_id and s.role = 'manifest'
            )
            and exists (
                select
                from governance.client_mappings m
                where """
        + _VALID.format("p.period_ordinal")
        + """
                    and not exists (
                        select
                        from staging.staging_rewards s
                        where s.chain_id = p.chain_id and s.period_id = p.period_id
                            and s.role = 'manifest'
                            and strpos(s.raw_payload::text, m.staker_address) > 0
                    )
            )
        """,
        {"chain": chain.chain_id, "periods": list(periods)},
    ).fetchall()
    return [row[0] for row in rows]

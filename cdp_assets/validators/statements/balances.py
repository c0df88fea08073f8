"""What a partner was stated and paid so far: previous, paid and open (validator §15, "Claims")."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from cdp_assets.validators.statements.statement_store import Statement

_SUMS = """
select
    coalesce(sum(total_native) filter (where month < %(month)s), 0)::text,
    coalesce(sum(total_native) filter (where month < %(month)s and status = 'PAID'), 0)::text,
    coalesce(sum(total_native) filter (where status = 'RELEASED'), 0)::text
from validators.partner_commission_statements
where chain_id = %(chain)s and introducer_id = %(introducer)s and status in ('RELEASED', 'PAID')
"""


@dataclass(frozen=True)
class Balance:
    """Sums of a partner's released statements of a chain, in smallest units.

    Attributes:
        previous_native: Of months before the statement's.
        previous_paid_native: Of these, what is paid.
        open_native: Of all months, what is released and not paid.
    """

    previous_native: int
    previous_paid_native: int
    open_native: int


def balance_at(cursor: psycopg.Cursor, statement: Statement) -> Balance:
    """Return the balance that a statement is part of."""
    row = cursor.execute(
        _SUMS,
        {
            "chain": statement.chain_id,
            "introducer": statement.introducer_id,
            "month": statement.month,
        },
    ).fetchone()
    assert row is not None
    return Balance(*map(int, row))

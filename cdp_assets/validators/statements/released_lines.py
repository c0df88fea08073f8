"""What statements paid for each line, and where it differs from the line's present amount.

The differences of a partner go into the next open month (validator §9.4). Scope: finding them; not
here: the adjustment lines themselves (``engine.adjustments``, ``adjustment_rows``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import psycopg

from cdp_assets.validators.commissions.engine.lines import LineKey, LineKind

# One row per line whose paid amount is not its present one. A line that an agreement no longer
# yields is 0 now; a line that it yields for a released month since then was paid 0.
_DIFFERENCES = """
with settled as materialized (
    select statement_id, introducer_id, month
    from validators.partner_commission_statements
    where chain_id = %(chain)s and status in ('RELEASED', 'PAID')
        and (%(introducers)s::uuid[] is null or introducer_id = any(%(introducers)s))
),

paid as materialized (
    select coalesce(a.adjusted_line_id, i.line_id) as line_id, s.introducer_id, i.period_id,
        sum(i.amount_native) as amount,
        min(s.month) filter (where i.kind <> 'ADJUSTMENT') as month
    from settled s
    inner join validators.partner_statement_items i using (statement_id)
    left join validators.partner_commission_lines a
        on a.chain_id = %(chain)s and a.period_id = i.period_id and a.line_id = i.line_id
        and a.is_current and i.kind = 'ADJUSTMENT'
    group by 1, 2, 3
),

later_lines as (
    select l.line_id, s.introducer_id, l.period_id, s.month, l.final_amount_native
    from settled s
    inner join validators.canonical_periods p
        on p.chain_id = %(chain)s and p.is_current and not p.is_void
        and to_char(p.end_ts at time zone 'UTC', 'YYYY-MM') = s.month
    inner join validators.partner_commission_lines l
        on l.chain_id = %(chain)s and l.period_id = p.period_id and l.is_current
        and l.introducer_id = s.introducer_id and l.line_kind <> 'ADJUSTMENT'
    where s.month < %(month)s
        and not exists (select from paid where paid.line_id = l.line_id)
),

differences as (
    select d.line_id, d.introducer_id, d.period_id, d.month, d.amount,
        case when l.line_id is null or l.is_void then 0 else l.final_amount_native end as final
    from paid d
    left join validators.partner_commission_lines l
        on l.chain_id = %(chain)s and l.period_id = d.period_id and l.line_id = d.line_id
        and l.is_current
    where d.month < %(month)s
    union all
    select line_id, introducer_id, period_id, month, 0, final_amount_native from later_lines
)

select d.line_id, d.introducer_id, d.month, d.amount, d.final, d.period_id, k.agreement_id,
    k.agreement_version, k.line_kind, k.rule_id, k.validator_key, k.client_id,
    k.revenue_component
from differences d
cross join lateral (
    select *
    from validators.partner_commission_lines v
    where v.chain_id = %(chain)s and v.period_id = d.period_id and v.line_id = d.line_id
        and not v.is_void
    order by v.computation_version desc
    limit 1
) k
where d.final <> d.amount
order by d.introducer_id, d.line_id
"""
_OPEN_MONTHS = """
select introducer_id, month
from validators.partner_commission_statements
where chain_id = %(chain)s and month < %(month)s and status in ('DRAFT', 'IN_REVIEW', 'APPROVED')
"""


@dataclass(frozen=True)
class Difference:
    """A line whose paid amount is not its present one.

    Attributes:
        line_id: Of the line.
        key: Its identity.
        introducer_id: The partner.
        month: Month of the statement that paid it, ``YYYY-MM``.
        paid_native: Sum over all released statements, adjustments included.
        final_native: What it is now; 0 for a line that is not earned any more.
    """

    line_id: UUID
    key: LineKey
    introducer_id: UUID
    month: str
    paid_native: int
    final_native: int


def differences_of_month(
    cursor: psycopg.Cursor, chain_id: str, month: str, introducers: Collection[UUID] | None
) -> list[Difference]:
    """Return the differences that a month's statements carry, in the order of partner and line.

    A difference belongs to the next open month: it is absent where the partner has an open
    statement of a month between the one that paid the line and this one. A line whose present
    amount is not known is absent, too.

    Args:
        cursor: Of the transaction that drafts.
        chain_id: The chain.
        month: Of the statements, ``YYYY-MM``.
        introducers: The partners; null: all.
    """
    values = {
        "chain": chain_id,
        "month": month,
        "introducers": None if introducers is None else list(introducers),
    }
    opened: dict[UUID, list[str]] = {}
    for introducer, earlier in cursor.execute(_OPEN_MONTHS, values).fetchall():
        opened.setdefault(introducer, []).append(earlier)
    found = [_difference(chain_id, row) for row in cursor.execute(_DIFFERENCES, values).fetchall()]
    return [
        one for one in found if not any(one.month < m for m in opened.get(one.introducer_id, ()))
    ]


def _difference(chain_id: str, row: tuple[object, ...]) -> Difference:
    line_id, introducer, month, paid, final, period, agreement, version, kind, *names = row
    rule, validator, client, component = (str(name or "") for name in names)
    return Difference(
        line_id=UUID(str(line_id)),
        key=LineKey(
            agreement_id=str(agreement),
            agreement_version=int(str(version)),
            chain_id=chain_id,
            period_id=str(period),
            kind=LineKind(str(kind)),
            rule_id=rule,
            validator_key=validator,
            client_id=client,
            component=component,
        ),
        introducer_id=UUID(str(introducer)),
        month=str(month),
        paid_native=int(str(paid)),
        final_native=int(str(final)),
    )

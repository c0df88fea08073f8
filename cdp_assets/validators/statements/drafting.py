"""Drafting: what the statements of a month contain, written only where it changed (validator §9.1).

A statement sums up the final amounts of the lines of periods that ended in the month, and the
adjustments of lines that earlier statements paid. Scope: reading lines, building and comparing
content; not here: decisions on it (``decisions``), rows (``statement_store``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg

from cdp_assets.governance.approvals import void_approvals
from cdp_assets.governance.change_job import Change
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.rules.nullable_amounts import int_or_none
from cdp_assets.validators.statements.adjustment_rows import write_adjustments
from cdp_assets.validators.statements.content_hash import Header, Item, content_hash
from cdp_assets.validators.statements.released_lines import differences_of_month
from cdp_assets.validators.statements.statement_months import MonthPeriod, periods_of_month
from cdp_assets.validators.statements.statement_prices import PriceList, configured_currency
from cdp_assets.validators.statements.statement_store import (
    RESOURCE,
    Statement,
    last_revisions,
    statement_id_of,
    statements_in_force,
    write_content,
)
from cdp_assets.validators.statements.statement_totals import totals_of
from cdp_assets.validators.statements.states import SETTLED, Status, status_after_change
from cdp_assets.validators.storage.versioned_append import Stamp

# A line that a statement of another month paid, because its period was of that month then, is
# adjusted there and not paid again here.
_ITEMS = """
select l.introducer_id, l.line_id::text, l.line_kind, l.period_id, l.validator_key,
    l.final_amount_native::text
from validators.partner_commission_lines l
where l.chain_id = %(chain)s and l.is_current
    and (%(introducers)s::uuid[] is null or l.introducer_id = any(%(introducers)s))
    and (
        l.statement_month = %(month)s
        or (l.line_kind <> 'ADJUSTMENT' and l.period_id = any(%(periods)s))
    )
    and not exists (
        select
        from validators.partner_statement_items i
        inner join validators.partner_commission_statements s using (statement_id)
        where i.line_id = l.line_id and s.month <> %(month)s and s.status in ('RELEASED', 'PAID')
    )
order by l.introducer_id, l.line_id
"""
# Ranges decide, as for the lines: an agreement that ended since was in force before.
_PARTNERS = """
select distinct a.introducer_id
from governance.agreements a
inner join governance.agreement_versions v using (agreement_id)
inner join unnest(%(types)s::text[], %(ordinals)s::bigint[]) p (period_type, ordinal)
    on p.period_type = v.period_type and v.effective_from_period <= p.ordinal
    and (v.effective_to_period is null or v.effective_to_period > p.ordinal)
where a.status <> 'DRAFT' and v.chain_id = %(chain)s
    and (%(introducers)s::uuid[] is null or a.introducer_id = any(%(introducers)s))
"""


@dataclass(frozen=True)
class Drafted:
    """What drafting did to one statement.

    Attributes:
        statement: As it is now.
        is_changed: It is new, or its content or its fiat total is another one.
    """

    statement: Statement
    is_changed: bool


def draft_statements(
    change: Change,
    chain: Chain,
    config_hash: str,
    month: str,
    introducers: Collection[UUID] | None = None,
) -> list[Drafted]:
    """Bring the open statements of a month to the present lines; released ones stay.

    Drafting the same content again writes nothing. A content that changed voids the approvals of
    the old one, and an APPROVED statement is IN_REVIEW again.

    Args:
        change: In whose transaction it is done, under the locks of lines and statements.
        chain: The chain.
        config_hash: Of its configuration.
        month: ``YYYY-MM``.
        introducers: The partners; null: all with lines, adjustments or an agreement in force.

    Returns:
        The open statements, in the order of their partners.
    """
    cursor, chain_id = change.cursor, chain.chain_id
    present = statements_in_force(cursor, chain_id, month, introducers)
    settled = {key for key, one in present.items() if one.status in SETTLED}
    adjusted = write_adjustments(
        cursor,
        chain,
        month,
        differences_of_month(cursor, chain_id, month, introducers),
        Stamp(change.now, config_hash),
        introducers=introducers,
        settled=settled,
    )
    if adjusted.written:
        change.bump(ChainKeys(chain.key_name).lines)
    periods = periods_of_month(cursor, chain_id, month)
    partners = set(present) | _partners_with_agreement(cursor, chain_id, periods, introducers)
    revisions = last_revisions(cursor, chain_id, month)
    prices = PriceList(cursor, chain_id)
    done = []
    for introducer, items in _content(cursor, chain_id, month, periods, introducers, partners):
        if introducer in settled:
            continue
        revision = revisions.get(introducer, 0) + (introducer not in present)
        header = Header(chain_id, str(introducer), month, revision)
        done.append(_draft(change, chain, prices, header, items, present.get(introducer)))
    return sorted(done, key=lambda one: one.statement.introducer_id)


def _draft(
    change: Change,
    chain: Chain,
    prices: PriceList,
    header: Header,
    items: Sequence[Item],
    before: Statement | None,
) -> Drafted:
    digest = content_hash(header, items)
    totals = totals_of(items, prices.of(items), chain.native_decimals, configured_currency())
    if before and (before.content_hash, before.totals) == (digest, totals):
        return Drafted(before, is_changed=False)
    after = Statement(
        statement_id=statement_id_of(header),
        introducer_id=UUID(header.introducer_id),
        chain_id=header.chain_id,
        month=header.month,
        revision=header.revision,
        status=Status.DRAFT if before is None else status_after_change(before.status),
        total_native=totals.native,
        total_fiat=totals.fiat,
        quote_ccy=totals.quote_ccy,
        content_hash=digest,
        is_forced=False,
        transaction_id=None,
        released_at=None,
        paid_at=None,
    )
    write_content(change.cursor, after, items, now=change.now, user=change.actor.audit_id)
    change.audit(
        "CREATE_STATEMENT" if before is None else "UPDATE_STATEMENT",
        RESOURCE,
        after.statement_id,
        None if before is None else before.for_audit(),
        after.for_audit(),
        name=after.name,
    )
    if before is not None:
        void_approvals(change, RESOURCE, str(after.statement_id))
    return Drafted(after, is_changed=True)


def _content(
    cursor: psycopg.Cursor,
    chain_id: str,
    month: str,
    periods: Sequence[MonthPeriod],
    introducers: Collection[UUID] | None,
    partners: Collection[UUID],
) -> Iterator[tuple[UUID, list[Item]]]:
    """Yield the items of each partner, one partner in memory at a time; then those without any."""
    values = {
        "chain": chain_id,
        "month": month,
        "periods": [period.period_id for period in periods],
        "introducers": None if introducers is None else list(introducers),
    }
    seen = set()
    with cursor.connection.cursor("statement_items") as rows:
        rows.execute(_ITEMS, values)
        for introducer, group in groupby(rows, key=lambda row: UUID(str(row[0]))):
            seen.add(introducer)
            yield introducer, [_item(row) for row in group]
    for introducer in sorted(set(partners) - seen):
        yield introducer, []


def _item(row: tuple[Any, ...]) -> Item:
    _, line_id, kind, period, validator, amount = row
    return Item(line_id, kind, period, validator, int_or_none(amount))


def _partners_with_agreement(
    cursor: psycopg.Cursor,
    chain_id: str,
    periods: Sequence[MonthPeriod],
    introducers: Collection[UUID] | None,
) -> set[UUID]:
    """Return the partners with an agreement that was in force in a period of the month."""
    values = {
        "chain": chain_id,
        "types": [period.period_type for period in periods],
        "ordinals": [period.ordinal for period in periods],
        "introducers": None if introducers is None else list(introducers),
    }
    return {row[0] for row in cursor.execute(_PARTNERS, values).fetchall()}

"""Whether stored statements are what was written: items, totals, audit log (validator §9.3).

The hash covers header and items. The fiat total is made of prices that are restated later, so it is
compared, with the rest of the row, with what the audit log has recorded of it. Scope: comparing;
not here: whether the log itself is unbroken (``cdp verify-audit``), proofs (``documents``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg

from cdp_assets.validators.rules.nullable_amounts import int_or_none, sum_or_none
from cdp_assets.validators.statements.content_hash import Header, Item, content_hash

_READ_ROWS = 5_000
# Each write of a statement has an audit entry with the row as it became; exports have another form.
_RECORDED = """
with recorded as (
    select distinct on (resource_id) resource_id, seq, after
    from audit.log
    where resource_type = 'statement' and after ? 'content_hash'
        and (%(id)s::text is null or resource_id = %(id)s)
    order by resource_id, seq desc
),

stored as (
    select
        statement_id::text as resource_id,
        jsonb_build_object(
            'introducer_id', introducer_id,
            'chain_id', chain_id,
            'month', month,
            'revision', revision,
            'status', status,
            'content_hash', content_hash,
            'total_native', total_native::text,
            'total_fiat', total_fiat::text,
            'quote_ccy', quote_ccy,
            'is_forced', is_forced,
            'transaction_id', transaction_id
        ) as fields
    from validators.partner_commission_statements
    where %(id)s::text is null or statement_id::text = %(id)s
)

select
    resource_id,
    case
        when r.seq is null then 'no entry of the audit log has it'
        when s.fields is null then format('entry %%s of the audit log has it, it is gone', r.seq)
        else d.differences
    end
from stored s
full join recorded r using (resource_id)
left join lateral (
    select string_agg(
        format('%%s is %%s, entry %%s of the audit log has %%s', f.key,
            coalesce(f.value, 'null'), r.seq, coalesce(r.after ->> f.key, 'null')),
        '; ' order by f.key
    ) as differences
    from jsonb_each_text(s.fields) f
    where f.value is distinct from
        case r.after ->> f.key when '-0.00' then '0.00' else r.after ->> f.key end
) d on true
where r.seq is null or s.fields is null or d.differences is not null
order by resource_id
"""
_STORED = """
select s.statement_id::text, s.introducer_id::text, s.chain_id, s.month, s.revision,
    s.content_hash, s.total_native, i.line_id::text, i.kind, i.period_id, i.validator_key,
    i.amount_native
from validators.partner_commission_statements s
left join validators.partner_statement_items i using (statement_id)
order by s.statement_id, i.line_id
"""


def content_problems(
    header: Header, items: Sequence[Item], stored_hash: str, total_native: int | None
) -> list[str]:
    """Return how the hash and the native total of a statement differ from its items."""
    problems = []
    computed = content_hash(header, items)
    if computed != stored_hash:
        problems.append(f"its items have the hash {computed}")
    total = sum_or_none(item.amount_native for item in items)
    if total != total_native:
        problems.append(f"its items add up to {total}, not {total_native}")
    return problems


def differences_from_audit(
    connection: psycopg.Connection, statement_id: UUID | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the id of each statement whose row is not as last recorded, and what differs.

    Args:
        connection: Any; only reads.
        statement_id: Of the only statement to compare; null: all.
    """
    wanted = {"id": None if statement_id is None else str(statement_id)}
    yield from connection.execute(_RECORDED.encode(), wanted)


def statements_unlike_items(connection: psycopg.Connection) -> Iterator[tuple[str, str]]:
    """Yield the id of each statement that differs from its items, and how; one is in memory."""
    with connection.cursor(name="statements_with_items") as cursor:
        cursor.itersize = _READ_ROWS
        cursor.execute(_STORED.encode())
        for key, rows in groupby(cursor, key=lambda row: tuple(row[:7])):
            statement_id, introducer, chain_id, month, revision, stored_hash, total = key
            header = Header(chain_id, introducer, month, revision)
            items = [_item(row[7:]) for row in rows if row[7] is not None]
            for problem in content_problems(header, items, stored_hash, int_or_none(total)):
                yield statement_id, problem


def _item(row: Sequence[Any]) -> Item:
    line_id, kind, period, validator, amount = row
    return Item(line_id, kind, period, validator, int_or_none(amount))

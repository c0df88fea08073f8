"""Rows of statements and their items: read, inserted, replaced while open, moved on.

A statement that is RELEASED, PAID or VOID never changes but by its next state; the database refuses
anything else. Scope: the two tables; not here: what a statement contains (``drafting``), who may
change its state (``decisions``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.rules.nullable_amounts import int_or_none
from cdp_assets.validators.statements.content_hash import Header, Item
from cdp_assets.validators.statements.statement_totals import Totals
from cdp_assets.validators.statements.states import Status

STATEMENTS_KEY = "validators/partner_commission_statements"
RESOURCE = "statement"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "partner-commission-statement")


@dataclass(frozen=True)
class Statement:
    """A row of ``partner_commission_statements``.

    Attributes:
        statement_id: Deterministic id.
        introducer_id: The partner.
        chain_id: The chain.
        month: UTC month, ``YYYY-MM``.
        revision: Counted from 1.
        status: Where it is.
        total_native: Smallest units; null: an item's amount is not known.
        total_fiat: With 2 decimals; null without all prices.
        quote_ccy: Currency of it; null with it.
        content_hash: SHA-256 of header and items, hexadecimal.
        is_forced: It left DRAFT although a period was not complete.
        transaction_id: Payment; null before.
        released_at: UTC; null before.
        paid_at: UTC; null before.
    """

    statement_id: uuid.UUID
    introducer_id: uuid.UUID
    chain_id: str
    month: str
    revision: int
    status: Status
    total_native: int | None
    total_fiat: Decimal | None
    quote_ccy: str | None
    content_hash: str
    is_forced: bool
    transaction_id: str | None
    released_at: datetime | None
    paid_at: datetime | None

    @property
    def header(self) -> Header:
        """Return what is hashed beside the items."""
        return Header(self.chain_id, str(self.introducer_id), self.month, self.revision)

    @property
    def name(self) -> str:
        """Return what people call it."""
        return f"{self.introducer_id} {self.chain_id} {self.month} revision {self.revision}"

    @property
    def totals(self) -> Totals:
        """Return its totals."""
        return Totals(self.total_native, self.total_fiat, self.quote_ccy)

    def for_audit(self) -> dict[str, Any]:
        """Return its state as audit rows have it, amounts as text."""
        return {
            "introducer_id": str(self.introducer_id),
            "chain_id": self.chain_id,
            "month": self.month,
            "revision": self.revision,
            "status": self.status.value,
            "content_hash": self.content_hash,
            "total_native": _text(self.total_native),
            "total_fiat": _text(self.total_fiat),
            "quote_ccy": self.quote_ccy,
            "is_forced": self.is_forced,
            "transaction_id": self.transaction_id,
        }


_COLUMNS = tuple(field.name for field in fields(Statement))
_SELECT = f"select {', '.join(_COLUMNS)} from validators.partner_commission_statements "


def statement_id_of(header: Header) -> uuid.UUID:
    """Return the id of a statement: equal headers have equal ids."""
    parts = (header.introducer_id, header.chain_id, header.month, str(header.revision))
    return uuid.uuid5(NAMESPACE, "|".join(parts))


def find_statement(cursor: psycopg.Cursor, statement_id: uuid.UUID) -> Statement:
    """Return a statement.

    Raises:
        PermanentFailure: There is none with the id.
    """
    row = cursor.execute(_SELECT.encode() + b"where statement_id = %s", [statement_id]).fetchone()
    if row is None:
        raise PermanentFailure(
            "there is no such statement",
            key=str(statement_id),
            hint="read statement_id in validators.partner_commission_statements",
        )
    return _statement(row)


def statements_in_force(
    cursor: psycopg.Cursor, chain_id: str, month: str, introducers: Collection[uuid.UUID] | None
) -> dict[uuid.UUID, Statement]:
    """Return the statements of a chain and month that are not void, by partner; locks their rows.

    Args:
        cursor: In a transaction.
        chain_id: The chain.
        month: ``YYYY-MM``.
        introducers: The partners; null: all.
    """
    chosen = None if introducers is None else list(introducers)
    rows = cursor.execute(
        _SELECT.encode() + b"where chain_id = %s and month = %s and status <> 'VOID' "
        b"and (%s::uuid[] is null or introducer_id = any(%s)) order by introducer_id for update",
        [chain_id, month, chosen, chosen],
    ).fetchall()
    return {row[1]: _statement(row) for row in rows}


def last_revisions(cursor: psycopg.Cursor, chain_id: str, month: str) -> dict[uuid.UUID, int]:
    """Return the number of the newest revision of each partner's statement, void ones included."""
    rows = cursor.execute(
        "select introducer_id, max(revision) from validators.partner_commission_statements "
        "where chain_id = %s and month = %s group by introducer_id",
        [chain_id, month],
    ).fetchall()
    return {row[0]: row[1] for row in rows}


def write_content(
    cursor: psycopg.Cursor,
    statement: Statement,
    items: Sequence[Item],
    *,
    now: datetime,
    user: str,
) -> None:
    """Insert an open statement with its items, or replace the content of the one with its id.

    Args:
        cursor: In a transaction.
        statement: As it is to be.
        items: All of it.
        now: The clock, UTC.
        user: Who drafts.
    """
    cursor.execute(
        """
        insert into validators.partner_commission_statements as s (statement_id, introducer_id,
            chain_id, month, revision, status, total_native, total_fiat, quote_ccy, content_hash,
            is_forced, created_at, created_by, changed_at, changed_by)
        values (%(id)s, %(introducer)s, %(chain)s, %(month)s, %(revision)s, %(status)s, %(native)s,
            %(fiat)s, %(ccy)s, %(hash)s, %(forced)s, %(now)s, %(user)s, %(now)s, %(user)s)
        on conflict (statement_id) do update set status = excluded.status,
            total_native = excluded.total_native, total_fiat = excluded.total_fiat,
            quote_ccy = excluded.quote_ccy, content_hash = excluded.content_hash,
            is_forced = excluded.is_forced, changed_at = excluded.changed_at,
            changed_by = excluded.changed_by
        """,
        {
            "id": statement.statement_id,
            "introducer": statement.introducer_id,
            "chain": statement.chain_id,
            "month": statement.month,
            "revision": statement.revision,
            "status": statement.status,
            "native": statement.total_native,
            "fiat": statement.total_fiat,
            "ccy": statement.quote_ccy,
            "hash": statement.content_hash,
            "forced": statement.is_forced,
            "now": now,
            "user": user,
        },
    )
    _replace_items(cursor, statement, items)


def write_status(cursor: psycopg.Cursor, statement: Statement, *, now: datetime, user: str) -> None:
    """Write the state that a statement moved to; its content stays."""
    cursor.execute(
        """
        update validators.partner_commission_statements set status = %s, is_forced = %s,
            transaction_id = %s, released_at = %s, paid_at = %s, changed_at = %s, changed_by = %s
        where statement_id = %s
        """,
        [
            statement.status,
            statement.is_forced,
            statement.transaction_id,
            statement.released_at,
            statement.paid_at,
            now,
            user,
            statement.statement_id,
        ],
    )


def items_of(cursor: psycopg.Cursor, statement_id: uuid.UUID) -> list[Item]:
    """Return the items of a statement by line id."""
    rows = cursor.execute(
        "select line_id::text, kind, period_id, validator_key, amount_native "
        "from validators.partner_statement_items where statement_id = %s order by line_id",
        [statement_id],
    ).fetchall()
    return [
        Item(line_id, kind, period, validator, int_or_none(amount))
        for line_id, kind, period, validator, amount in rows
    ]


def _replace_items(cursor: psycopg.Cursor, statement: Statement, items: Sequence[Item]) -> None:
    cursor.execute(
        "delete from validators.partner_statement_items where statement_id = %s",
        [statement.statement_id],
    )
    # A copy goes to a table without row security, which does not take one.
    cursor.execute(
        "create temporary table incoming_items on commit drop as select line_id, period_id, "
        "validator_key, kind, amount_native from validators.partner_statement_items with no data"
    )
    with cursor.copy(
        "copy incoming_items (line_id, period_id, validator_key, kind, amount_native) from stdin"
    ) as copy:
        for item in items:
            copy.write_row(
                [item.line_id, item.period_id, item.validator_key, item.kind, item.amount_native]
            )
    cursor.execute(
        """
        insert into validators.partner_statement_items (statement_id, line_id, chain_id,
            introducer_id, period_id, validator_key, kind, amount_native)
        select %s, line_id, %s, %s, period_id, validator_key, kind, amount_native
        from incoming_items
        """,
        [statement.statement_id, statement.chain_id, statement.introducer_id],
    )
    cursor.execute("drop table incoming_items")


def _statement(row: tuple[Any, ...]) -> Statement:
    known = dict(zip(_COLUMNS, row, strict=True))
    known |= {"status": Status(known["status"]), "total_native": int_or_none(known["total_native"])}
    return Statement(**known)


def _text(amount: int | Decimal | None) -> str | None:
    return None if amount is None else str(amount)

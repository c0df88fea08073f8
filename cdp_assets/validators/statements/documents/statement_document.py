"""What a statement's CSV and PDF show: one document, written in both forms alike.

Partners get it, so it has final amounts alone: no override, no other partner. Scope: reading it,
amounts as text; not here: the two forms (``statement_csv``, ``statement_pdf``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.rules.nullable_amounts import int_or_none
from cdp_assets.validators.statements.statement_store import Statement, find_statement

ROUNDING_RULE = (
    "Each line is rounded once, toward zero, to the smallest unit of the chain; the total is their "
    "exact sum. The fiat total is rounded once, half to even, from the sum that is not rounded."
)
_LINES = """
select i.line_id::text, i.kind, l.agreement_id, l.revenue_component, i.period_id,
    i.validator_key, l.adjusted_line_id::text, i.amount_native::text
from validators.partner_statement_items i
left join lateral (
    select v.agreement_id, v.revenue_component, v.adjusted_line_id
    from validators.partner_commission_lines v
    where v.chain_id = i.chain_id and v.period_id = i.period_id and v.line_id = i.line_id
        and not v.is_void
    order by v.computation_version desc
    limit 1
) l on true
where i.statement_id = %s
order by i.line_id
"""


@dataclass(frozen=True)
class DocumentLine:
    """One line of the document.

    Attributes:
        line_id: Of the commission line.
        kind: Of the line.
        agreement_id: That yields it.
        component: What is shared; null for bounds.
        period_id: Of the line.
        validator_key: Null where the line is of no one validator.
        adjusted_line_id: Line that an adjustment corrects; else null.
        amount_native: Smallest units; null while an input is missing.
    """

    line_id: str
    kind: str
    agreement_id: str | None
    component: str | None
    period_id: str
    validator_key: str | None
    adjusted_line_id: str | None
    amount_native: int | None


@dataclass(frozen=True)
class StatementDocument:
    """A statement as partners get it.

    Attributes:
        statement: Header, status, totals and hash.
        partner: Name of the partner.
        chain_name: Name of the chain.
        symbol: Of the chain's display unit.
        decimals: 10 to that power smallest units are one display unit.
        lines: By line id.
    """

    statement: Statement
    partner: str
    chain_name: str
    symbol: str
    decimals: int
    lines: Sequence[DocumentLine]

    @property
    def file_name(self) -> str:
        """Return the name of its files, without the ending."""
        one = self.statement
        return f"{one.chain_id}_{one.month}_{one.introducer_id}_r{one.revision}"

    def amount(self, native: int | None) -> str:
        """Return an amount in display units with all decimals; ``missing`` where it is not known.

        Never in scientific notation, so that spreadsheets read it as it is.
        """
        if native is None:
            return "missing"
        sign, digits = "-" if native < 0 else "", str(abs(native)).rjust(self.decimals + 1, "0")
        if not self.decimals:
            return sign + digits
        return f"{sign}{digits[: -self.decimals]}.{digits[-self.decimals :]}"


def read_document(
    cursor: psycopg.Cursor, chains: Sequence[Chain], statement_id: UUID
) -> StatementDocument:
    """Return the document of a statement as stored.

    Args:
        cursor: Any; only reads.
        chains: Of the registry.
        statement_id: Of the statement.

    Raises:
        PermanentFailure: There is no such statement.
    """
    statement = find_statement(cursor, statement_id)
    (chain,) = (chain for chain in chains if chain.chain_id == statement.chain_id)
    partner = cursor.execute(
        "select name from governance.introducers where introducer_id = %s",
        [statement.introducer_id],
    ).fetchone()
    rows = cursor.execute(_LINES, [statement_id]).fetchall()
    return StatementDocument(
        statement=statement,
        partner=partner[0] if partner else str(statement.introducer_id),
        chain_name=chain.name,
        symbol=chain.native_symbol,
        decimals=chain.native_decimals,
        lines=[_line(*row) for row in rows],
    )


def _line(*row: str | None) -> DocumentLine:
    line_id, kind, agreement, component, period, validator, adjusted, amount = row
    native = int_or_none(amount)
    return DocumentLine(
        str(line_id), str(kind), agreement, component, str(period), validator, adjusted, native
    )

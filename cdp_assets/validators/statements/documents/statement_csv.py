"""A statement as CSV: one row per line, then one of totals, each with the statement's hash."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from cdp_assets.validators.statements.documents.statement_document import StatementDocument

COLUMNS = (
    "row",
    "statement_id",
    "chain_id",
    "introducer_id",
    "month",
    "revision",
    "line_id",
    "kind",
    "agreement_id",
    "component",
    "period_id",
    "validator_key",
    "adjusted_line_id",
    "amount_native",
    "amount",
    "unit",
    "amount_fiat",
    "quote_ccy",
    "content_hash",
)
_FORMULA = ("'", "=", "+", "-", "@", "\t", "\r")


def statement_csv(document: StatementDocument) -> bytes:
    """Return the CSV of a statement, UTF-8; equal content gives equal bytes.

    A text that a spreadsheet would run as a formula begins with an apostrophe; amounts are digits.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(document):
        writer.writerow([row.get(column, "") for column in COLUMNS])
    return text.getvalue().encode()


def _rows(document: StatementDocument) -> Iterable[dict[str, str]]:
    statement = document.statement
    shared = {
        "statement_id": str(statement.statement_id),
        "chain_id": statement.chain_id,
        "introducer_id": str(statement.introducer_id),
        "month": statement.month,
        "revision": str(statement.revision),
        "unit": document.symbol,
        "content_hash": statement.content_hash,
    }
    for line in document.lines:
        yield {
            **shared,
            "row": "LINE",
            "line_id": line.line_id,
            "kind": line.kind,
            "agreement_id": _safe(line.agreement_id),
            "component": line.component or "",
            "period_id": _safe(line.period_id),
            "validator_key": _safe(line.validator_key),
            "adjusted_line_id": line.adjusted_line_id or "",
            "amount_native": _digits(line.amount_native),
            "amount": document.amount(line.amount_native),
        }
    yield {
        **shared,
        "row": "TOTAL",
        "amount_native": _digits(statement.total_native),
        "amount": document.amount(statement.total_native),
        "amount_fiat": "" if statement.total_fiat is None else str(statement.total_fiat),
        "quote_ccy": statement.quote_ccy or "",
    }


def _digits(amount: int | None) -> str:
    return "" if amount is None else str(amount)


def _safe(text: str | None) -> str:
    return f"'{text}" if text and text.startswith(_FORMULA) else text or ""

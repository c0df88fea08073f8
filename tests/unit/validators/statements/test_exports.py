"""CSV and PDF carry every line, the totals and the hash, and are the same bytes each time."""

from __future__ import annotations

import csv
import dataclasses
import io
import uuid
from decimal import Decimal

import pytest
from pypdf import PdfReader

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.statements.content_hash import Item, content_hash
from cdp_assets.validators.statements.documents.statement_csv import statement_csv
from cdp_assets.validators.statements.documents.statement_document import (
    ROUNDING_RULE,
    DocumentLine,
    StatementDocument,
)
from cdp_assets.validators.statements.documents.statement_pdf import statement_pdf
from cdp_assets.validators.statements.documents.verification import hash_of_csv
from cdp_assets.validators.statements.statement_store import Statement
from cdp_assets.validators.statements.states import Status

P1 = uuid.UUID("11111111-1111-4111-8111-111111111111")
VOTE = "CcaHc2L43ZWjwCHART3oZoJvHLAe9hzT2DJNUpBzoTN1"


def document(count: int = 120, partner: str = "Łódź & Co") -> StatementDocument:
    """Return a document of many lines, one of them negative, one huge, one of a formula."""
    lines = [
        DocumentLine(
            line_id=str(uuid.UUID(int=number)),
            kind="ADJUSTMENT" if number == 1 else "ATTRIBUTION",
            agreement_id="=A",
            component="EXEC_FEES",
            period_id="9235680-9437279" if number == 2 else "850",
            validator_key=None if number == 3 else f"-{VOTE}" if number == 4 else VOTE,
            adjusted_line_id=str(P1) if number == 1 else None,
            amount_native=-2_500_000 if number == 1 else 2**256 - 1 if number == 2 else number,
        )
        for number in range(1, count + 1)
    ]
    statement = Statement(
        statement_id=uuid.UUID(int=7),
        introducer_id=P1,
        chain_id="solana-mainnet",
        month="2025-01",
        revision=1,
        status=Status.RELEASED,
        total_native=sum(line.amount_native or 0 for line in lines),
        total_fiat=Decimal("9.37"),
        quote_ccy="USD",
        content_hash="",
        is_forced=False,
        transaction_id=None,
        released_at=None,
        paid_at=None,
    )
    items = [
        Item(one.line_id, one.kind, one.period_id, one.validator_key, one.amount_native)
        for one in lines
    ]
    digest = content_hash(statement.header, items)
    statement = dataclasses.replace(statement, content_hash=digest)
    return StatementDocument(statement, partner, "Solana mainnet", "SOL", 9, lines)


def test_amounts_have_all_decimals_and_no_exponent() -> None:
    one = document(1)
    assert one.amount(1) == "0.000000001"
    assert one.amount(-2_500_000) == "-0.002500000"
    assert one.amount(10**18) == "1000000000.000000000"
    assert one.amount(None) == "missing"
    assert dataclasses.replace(one, decimals=0).amount(12) == "12"


def test_the_csv_has_every_line_and_one_row_of_totals() -> None:
    one = document()
    rows = list(csv.DictReader(io.StringIO(statement_csv(one).decode(), newline="")))
    assert [row["row"] for row in rows] == ["LINE"] * 120 + ["TOTAL"]
    assert [int(row["amount_native"]) for row in rows[:-1]] == [
        line.amount_native for line in one.lines
    ]
    assert rows[-1]["amount_native"] == str(one.statement.total_native)
    assert (rows[-1]["amount_fiat"], rows[-1]["quote_ccy"]) == ("9.37", "USD")
    assert {row["content_hash"] for row in rows} == {one.statement.content_hash}
    assert (rows[0]["amount"], rows[0]["agreement_id"]) == ("-0.002500000", "'=A")
    assert rows[3]["validator_key"] == f"'-{VOTE}"


def test_the_hash_of_a_csv_needs_nothing_but_the_file(tmp_path) -> None:
    one = document()
    file = tmp_path / "s.csv"
    file.write_bytes(statement_csv(one))
    assert hash_of_csv(file) == one.statement.content_hash
    file.write_bytes(statement_csv(one).replace(b",120,", b",121,"))
    assert hash_of_csv(file) != one.statement.content_hash
    file.write_bytes(statement_csv(one).rsplit(b"TOTAL", 1)[0])
    with pytest.raises(PermanentFailure, match="cut off"):
        hash_of_csv(file)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(PermanentFailure, match="no exported statement"):
        hash_of_csv(file)


def test_lines_totals_and_hash_are_read_back_out_of_the_pdf() -> None:
    one = document()
    reader = PdfReader(io.BytesIO(statement_pdf(one)))
    pages = [page.extract_text() for page in reader.pages]
    text = "\n".join(pages)
    rows = text.splitlines()
    assert len(pages) > 1
    assert all(one.statement.content_hash in page for page in pages)
    for line in one.lines:
        (place,) = [n for n, row in enumerate(rows) if row.startswith(line.line_id)]
        amount = one.amount(line.amount_native)
        assert amount in (rows[place].split()[-1], rows[place + 1].strip()), line
    assert f"corrects line {P1}" in text
    assert f"Total SOL: {one.amount(one.statement.total_native)}" in text.replace("\n", "")
    assert "Total USD: 9.37" in text
    assert ROUNDING_RULE[:60] in text
    assert reader.metadata is not None
    assert one.statement.content_hash in (reader.metadata.subject or "")


def test_equal_content_gives_equal_bytes() -> None:
    assert statement_pdf(document(3)) == statement_pdf(document(3))
    assert statement_csv(document(3)) == statement_csv(document(3))
    assert statement_pdf(document(3)) != statement_pdf(document(4))


def test_a_name_beyond_latin_1_and_beyond_a_row_is_written_in_full() -> None:
    text = PdfReader(io.BytesIO(statement_pdf(document(1, "Łódź " * 60)))).pages[0].extract_text()
    assert text.replace("\n", "").count("\\u0141\xf3d\\u017a") == 60

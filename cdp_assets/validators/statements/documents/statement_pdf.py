"""A statement as PDF: header, every line, totals and hash, in fixed columns.

Scope: the layout; not here: what is shown (``statement_document``).
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from cdp_assets.validators.statements.documents.statement_document import (
    ROUNDING_RULE,
    DocumentLine,
    StatementDocument,
)
from resources.batches import batches

_FONT, _BOLD, _SIZE, _LEADING = "Courier", "Courier-Bold", 6.5, 9.0
_WIDTH, _HEIGHT = landscape(A4)
_LEFT, _TOP, _BOTTOM = 28.0, _HEIGHT - 40.0, 36.0
_LETTER_WIDTH = 0.6 * _SIZE  # of every Courier letter
_LETTERS = int((_WIDTH - 2 * _LEFT) / _LETTER_WIDTH)
_LINES_PER_PAGE = int((_TOP - _BOTTOM) / _LEADING) - 2
_COLUMNS = (("line", 37), ("kind", 14), ("component", 14), ("period", 20), ("validator", 46))


def statement_pdf(document: StatementDocument) -> bytes:
    """Return the PDF of a statement; equal content gives equal bytes.

    Letters outside of Latin-1 are written as escapes, because the standard fonts lack them.
    """
    target = io.BytesIO()
    # Without a time of creation: it is no part of the content.
    canvas = Canvas(target, pagesize=(_WIDTH, _HEIGHT), invariant=True)
    statement = document.statement
    canvas.setTitle(f"Commission statement {statement.month} {statement.chain_id}")
    canvas.setSubject(f"content hash {statement.content_hash}")
    canvas.setAuthor("CDP")
    rows = (*_header(document), *_table(document), *_footer(document))
    parts = [(font, part) for font, text in rows for part in _wrapped(_in_latin_1(text))]
    pages = list(batches(parts, _LINES_PER_PAGE))
    for number, page in enumerate(pages, 1):
        _draw(canvas, page, f"{statement.content_hash}   page {number} of {len(pages)}")
    canvas.save()
    return target.getvalue()


_Row = tuple[str, str]  # font and text


def _header(document: StatementDocument) -> Iterator[_Row]:
    statement = document.statement
    yield _BOLD, "Commission statement"
    for name, value in (
        ("Partner", document.partner),
        ("Partner id", str(statement.introducer_id)),
        ("Chain", f"{document.chain_name} ({statement.chain_id})"),
        ("Month", f"{statement.month} (UTC)"),
        ("Revision", str(statement.revision)),
        ("Status", statement.status.value),
        ("Statement", str(statement.statement_id)),
        ("Content hash", statement.content_hash),
    ):
        yield _FONT, f"{name + ':':<14}{value}"
    yield _FONT, ""


def _table(document: StatementDocument) -> Iterator[_Row]:
    titles = "".join(f"{name:<{width}}" for name, width in _COLUMNS)
    yield _BOLD, titles + _right(f"amount in {document.symbol}", titles)
    for line in document.lines:
        yield from ((_FONT, text) for text in _line_rows(document, line))
    yield _FONT, ""


def _line_rows(document: StatementDocument, line: DocumentLine) -> Iterator[str]:
    values = (
        line.line_id,
        line.kind,
        line.component or "",
        line.period_id,
        line.validator_key or "all",
    )
    # A value that is longer than its column leaves the columns, and the amount has its own row.
    fits = all(len(text) < width for text, (_, width) in zip(values, _COLUMNS, strict=True))
    amount = document.amount(line.amount_native)
    if fits:
        text = "".join(f"{v:<{width}}" for v, (_, width) in zip(values, _COLUMNS, strict=True))
    else:
        text = " ".join(values)
    if fits and len(text) + len(amount) < _LETTERS:
        yield text + _right(amount, text)
    else:
        yield text
        yield _right(amount, "")
    if line.adjusted_line_id:
        yield f"    corrects line {line.adjusted_line_id}"


def _footer(document: StatementDocument) -> Iterator[_Row]:
    statement = document.statement
    yield _BOLD, f"Total {document.symbol}: {document.amount(statement.total_native)}"
    if statement.total_fiat is not None:
        yield _BOLD, f"Total {statement.quote_ccy}: {statement.total_fiat}"
    else:
        yield _FONT, "Total in a currency: not known, a price of one of its periods is missing"
    yield from ((_FONT, text) for text in textwrap.wrap(ROUNDING_RULE, _LETTERS))


def _draw(canvas: Canvas, rows: Sequence[_Row], foot: str) -> None:
    for place, (font, text) in enumerate(rows):
        canvas.setFont(font, _SIZE)
        canvas.drawString(_LEFT, _TOP - place * _LEADING, text)
    canvas.setFont(_FONT, _SIZE)
    canvas.drawString(_LEFT, _BOTTOM - 2 * _LEADING, foot)
    canvas.showPage()


def _wrapped(text: str) -> list[str]:
    """Return a text in pieces that fit on a row: nothing is cut off."""
    starts = range(0, max(1, len(text)), _LETTERS)
    return [text[start : start + _LETTERS] for start in starts]


def _right(text: str, before: str) -> str:
    return text.rjust(_LETTERS - len(before))


def _in_latin_1(text: str) -> str:
    return text.encode("latin-1", "backslashreplace").decode("latin-1")

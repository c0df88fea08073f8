"""Verify a statement against its hash, and its membership in its month by a proof (§9.3, §15).

Scope: comparing stored items, or the rows of an exported CSV, with the hash; not here: printing.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.statements.content_hash import Header, Item, content_hash
from cdp_assets.validators.statements.documents.merkle_proof import Sibling, is_proven
from cdp_assets.validators.statements.documents.month_root import read_month_root
from cdp_assets.validators.statements.documents.statement_csv import COLUMNS
from cdp_assets.validators.statements.statement_integrity import (
    content_problems,
    differences_from_audit,
)
from cdp_assets.validators.statements.statement_store import Statement, find_statement, items_of


@dataclass(frozen=True)
class Verification:
    """What was found about a statement.

    Attributes:
        statement: As stored.
        items: How many it has.
        problems: What is wrong, each a sentence part; empty: nothing.
        root: Of its chain and month; null where no statement of them is released.
        proof: From its hash to the root; null where it is not released.
    """

    statement: Statement
    items: int
    problems: Sequence[str]
    root: str | None
    proof: Sequence[Sibling] | None


def verify_statement(
    cursor: psycopg.Cursor, statement_id: UUID, exported: Path | None = None
) -> Verification:
    """Compare a statement with its hash, its totals, the audit log and its month's root.

    Args:
        cursor: Any; only reads.
        statement_id: Of the statement.
        exported: An exported CSV that is compared, too; null: none.

    Raises:
        PermanentFailure: There is no such statement, or the file is no exported statement.
    """
    statement = find_statement(cursor, statement_id)
    items = items_of(cursor, statement_id)
    month = read_month_root(cursor, statement.chain_id, statement.month)
    proof = month.proof_for(statement.introducer_id)
    is_released = month.content_hashes.get(statement.introducer_id) == statement.content_hash
    problems = [
        *content_problems(statement.header, items, statement.content_hash, statement.total_native),
        *(what for _, what in differences_from_audit(cursor.connection, statement_id)),
        *(_file_problems(statement, exported) if exported else ()),
    ]
    if is_released and not is_proven(statement.content_hash, proof or (), month.root or ""):
        problems.append("its proof does not lead to the root of the month")
    return Verification(statement, len(items), problems, month.root, proof if is_released else None)


def hash_of_csv(path: Path) -> str:
    """Return the content hash of the rows of an exported CSV; needs nothing but the file.

    Raises:
        PermanentFailure: The file is no exported statement.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise PermanentFailure("the file is no exported statement", key=str(path))
        rows = list(reader)
    if not rows or rows[-1]["row"] != "TOTAL":
        raise PermanentFailure("the file has no row of totals: it was cut off", key=str(path))
    last = rows[-1]
    header = Header(last["chain_id"], last["introducer_id"], last["month"], int(last["revision"]))
    return content_hash(header, [_item(row) for row in rows[:-1]])


def _file_problems(statement: Statement, path: Path) -> list[str]:
    computed = hash_of_csv(path)
    if computed == statement.content_hash:
        return []
    return [f"the rows of {path} have the hash {computed}"]


def _item(row: dict[str, str]) -> Item:
    amount = row["amount_native"]
    return Item(
        line_id=row["line_id"],
        kind=row["kind"],
        period_id=_plain(row["period_id"]),
        validator_key=_plain(row["validator_key"]) or None,
        amount_native=int(amount) if amount else None,
    )


def _plain(text: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from running it."""
    return text.removeprefix("'")

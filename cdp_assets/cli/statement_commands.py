"""Commands about statements to partners.

Scope: arguments and printing; not here: any work (``cdp_assets.validators.statements``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cdp_assets.units import counted


def add_statement_commands(app: typer.Typer, epilog: str) -> None:
    """Add ``verify-statement`` to the command line."""
    app.command(name="verify-statement", epilog=epilog)(verify_statement)


def verify_statement(
    statement_id: Annotated[UUID, typer.Argument(help="Of the statement, a UUID.")],
    csv: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An exported CSV to compare, too."),
    ] = None,
) -> None:
    """Compare a statement with its hash; print the root of its month and its proof.

    Exit code 1 if its items, its totals, what the audit log recorded of it, or the file differ.

    Example: cdp verify-statement 11111111-1111-4111-8111-111111111111
    """
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.statements.documents.verification import verify_statement as verify
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    with (
        Warehouse().connect(application="cdp verify-statement", is_read_only=True) as connection,
        connection.cursor() as cursor,
    ):
        found = verify(cursor, statement_id, csv)
    statement = found.statement
    print(f"statement {statement.name}: {statement.status}")
    print(f"content hash {statement.content_hash}, {counted(found.items, 'item')}")
    print(f"root of {statement.chain_id} {statement.month}: {found.root or 'nothing is released'}")
    if found.proof is None:
        print("proof: none, the statement is not released")
    for step in found.proof or ():
        print(f"proof: {step.side} {step.digest}")
    for problem in found.problems:
        print(f"WRONG: {problem}")
    if found.problems:
        sys.exit(1)
    print("verified")

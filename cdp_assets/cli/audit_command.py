"""The command that verifies the audit log; it only reads.

Scope: arguments and printing; not here: any work.
"""

from __future__ import annotations

import sys

import typer

from cdp_assets.cli.terminal import show
from cdp_assets.units import counted


def add_audit_command(app: typer.Typer, epilog: str) -> None:
    """Add ``verify-audit`` to the command line."""
    app.command(name="verify-audit", epilog=epilog)(verify_audit)


def verify_audit() -> None:
    """Verify the audit log's chain of hashes; exit 1 with the first broken entry.

    Example: cdp verify-audit
    """
    from cdp_assets.governance.audit_verification import verify
    from cdp_assets.settings import get_settings
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    with Warehouse().connect(application="cdp verify-audit", is_read_only=True) as connection:
        found = verify(connection)
        if found.broken is not None:
            _show_entry(connection.execute(_ENTRY, [found.broken]).fetchone())
    if not found.is_good:
        show(found.sentence, is_error=True)
        sys.exit(1)
    newest = f", newest {found.head.seq} {found.head.change_hash}" if found.head else ""
    show(f"{counted(found.entries, 'entry', 'entries')} verified{newest}")


_ENTRY = (
    "select seq, ts, actor_id, action, resource_type, resource_id from audit.log where seq = %s"
)


def _show_entry(row: tuple[object, ...] | None) -> None:
    """Show the broken entry; one that was removed has no row."""
    if row is not None:
        seq, at, actor, action, kind, resource = row
        show(f"entry {seq} of {at}: {action} of {kind} {resource} by {actor}")

"""Commands about databases: migrations, the dbt manifest, a simulated source, counts of tables.

Scope: arguments and printing; not here: any work.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cdp_assets.cli.terminal import say, show
from cdp_assets.settings import get_settings
from cdp_assets.units import counted


def add_warehouse_commands(app: typer.Typer, epilog: str) -> None:
    """Add ``manifest``, ``migrate``, ``simulate`` and ``diff`` to the command line."""
    for command in (manifest, migrate, simulate, diff):
        app.command(epilog=epilog)(command)


def manifest() -> None:
    """Parse the dbt project; write its manifest and the query layer's catalogue, if they changed.

    Example: cdp manifest
    """
    from cdp_assets.core.tables.api_views import write_served_catalogue
    from resources.dbt_runner import make_manifest

    manifest = make_manifest()
    write_served_catalogue()
    say(f"{manifest} is up to date")


def migrate(
    is_status: Annotated[
        bool,
        typer.Option(
            "--status", help="Only show which migrations are applied, and changes made by hand."
        ),
    ] = False,
    undo: Annotated[
        int | None, typer.Option("--down", min=1, help="Undo this many migrations.")
    ] = None,
) -> None:
    """Create the schemas, tables, roles and views that are absent.

    Example: cdp migrate --status
    """
    from cdp_assets.stack.migrate import migrate_warehouse, undo_migrations
    from resources.postgres import migrator, schema_objects
    from resources.postgres.database_urls import start_servers

    found = start_servers(get_settings())
    if is_status:
        for migration in migrator.status(found.warehouse):
            state = "applied" if migration.is_applied else "absent "
            show(f"{migration.revision} {state} {migration.title}")
        changed = schema_objects.changed_by_hand(found.warehouse)
        for sentence in changed:
            show(sentence)
        if changed:
            sys.exit(1)
    elif undo is not None:
        for line in undo_migrations(found.warehouse, undo):
            say(line)
    else:
        for line in migrate_warehouse(found.warehouse, say) or ["nothing to do"]:
            say(line)


def simulate(
    deals: Annotated[int, typer.Option(min=1, help="Rows of unified_verified_deal.")],
    database: Annotated[str, typer.Option(help="Name of the database to create.")] = "dmob",
    start: Annotated[datetime, typer.Option(help="First deal, UTC.")] = datetime(2024, 3, 4),  # noqa: DTZ001
    end: Annotated[datetime, typer.Option(help="Last deal, UTC.")] = datetime(2026, 3, 1),  # noqa: DTZ001
    clients: Annotated[int, typer.Option(min=1, help="Clients with deals.")] = 300,
    providers: Annotated[int, typer.Option(min=1, help="Storage providers.")] = 300,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 1,
) -> None:
    """Create a simulated source database of any size.

    Example: cdp simulate --deals 1000000
    """
    from cdp_assets.demo.demo import make_source

    if start >= end:
        raise typer.BadParameter("--start must be before --end")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", database):
        raise typer.BadParameter("--database must be a name of lower-case letters, digits and _")
    dsn = make_source(
        get_settings(),
        database=database,
        deals=deals,
        clients=clients,
        providers=providers,
        start=in_utc(start),
        end=in_utc(end),
        seed=seed,
        say=say,
    )
    say(
        f"{counted(deals, 'deal')} in database {database}: set DMOB_DATABASE_URL to its address "
        f"({_masked(dsn)})"
    )


def diff(
    expected: Annotated[
        Path | None, typer.Option(help="File of counts; default: that of the demo of 4,000 deals.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Rewrite the file.")] = False,
) -> None:
    """Show which tables differ from expected counts, by partition and column; exit 1 if any does.

    Example: cdp diff
    """
    from cdp_assets.cli import table_fingerprints
    from cdp_assets.settings import PROJECT_ROOT
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    path = expected or PROJECT_ROOT / "tests" / "e2e" / "expected_counts.csv"
    start_servers(get_settings())
    with Warehouse().connect(application="cdp diff") as connection:
        now = table_fingerprints.count_tables(connection)
    if write:
        table_fingerprints.write_counts(path, now)
        say(f"{counted(len(now), 'count')} written to {path}")
        return
    changed = list(table_fingerprints.differences(table_fingerprints.read_counts(path), now))
    for line in changed:
        show(line)
    say(f"{len(changed):,} of {counted(len(now), 'count')} differ from {path.name}")
    if changed:
        sys.exit(1)


def in_utc(instant: datetime) -> datetime:
    """Return an instant in UTC; one without a zone is taken as UTC."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _masked(dsn: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(dsn)
    return f"postgresql://{parts.username}:***@{parts.hostname}:{parts.port}{parts.path}"

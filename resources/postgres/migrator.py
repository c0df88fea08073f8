"""Apply the numbered migrations to a warehouse.

Scope: running ``migrations/`` up and down, and which of them a database has; not here: the tables
of dbt (``cdp_assets.stack.migrate`` calls both), or starting a server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cdp_assets.errors import BadConfiguration
from cdp_assets.units import counted

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@dataclass(frozen=True)
class MigrationStatus:
    """One numbered migration: its number, its title and whether this database has it."""

    revision: str
    title: str
    is_applied: bool


def create_roles(dsn: str, report: Callable[[str], None]) -> None:
    """Create the absent roles of the server; a refusal is reported, not raised."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.add_notice_handler(lambda notice: report(notice.message_primary or ""))
        connection.execute((FOLDER / "roles.sql").read_bytes())


def migrate(dsn: str, report: Callable[[str], None] = lambda _: None) -> list[str]:
    """Bring a database to the newest migration; return the numbers that were applied.

    Idempotent. Each migration is one transaction. Objects belong to ``cdp_owner`` where it exists.
    """
    create_roles(dsn, report)
    before = {m.revision for m in status(dsn) if m.is_applied}
    with _prepared(dsn) as (config, _):
        command.upgrade(config, "head")
    return [m.revision for m in status(dsn) if m.revision not in before]


def migrate_down(dsn: str, steps: int) -> list[MigrationStatus]:
    """Undo the newest ``steps`` migrations; return them, newest first.

    The views of ``api_v1`` are dropped first, as they hold the columns that a migration takes away:
    the next ``cdp migrate`` or run of dbt creates those of its release.

    Raises:
        BadConfiguration: Not that many are applied.
    """
    applied = [migration for migration in status(dsn) if migration.is_applied]
    if not 1 <= steps <= len(applied):
        raise BadConfiguration(
            f"{counted(len(applied), 'migration is', 'migrations are')} applied, so {steps:,} "
            "cannot be undone",
            hint="`cdp migrate --status` lists them",
        )
    with _prepared(dsn) as (config, connection):
        _drop_views_of_dbt(connection)
        command.downgrade(config, f"-{steps}")
    return applied[: -steps - 1 : -1]


def status(dsn: str) -> list[MigrationStatus]:
    """Return every migration in ascending order with whether the database has it."""
    with _prepared(dsn) as (config, connection):
        context = MigrationContext.configure(
            connection, opts={"version_table": "schema_version", "version_table_schema": "ops"}
        )
        current = context.get_current_revision()
        scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    applied = {s.revision for s in scripts if current is not None and s.revision <= current}
    return [
        MigrationStatus(s.revision, (s.doc or "").split("\n")[0], s.revision in applied)
        for s in scripts
    ]


def _drop_views_of_dbt(connection: sa.Connection) -> None:
    views = connection.execute(
        sa.text(
            "select string_agg(format('%I.%I', schemaname, viewname), ', ') from pg_views "
            "where schemaname = 'api_v1'"
        )
    ).scalar()
    if views:
        connection.execute(sa.text(f"drop view {views}"))
        connection.execute(sa.text("delete from ops.dbt_project"))
    connection.commit()


@contextmanager
def _prepared(dsn: str) -> Iterator[tuple[Config, sa.Connection]]:
    engine = sa.create_engine(
        dsn.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=sa.NullPool
    )
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    try:
        with engine.connect() as connection:
            _act_as_owner(connection)
            config.attributes["connection"] = connection
            yield config, connection
    finally:
        engine.dispose()


def _act_as_owner(connection: sa.Connection) -> None:
    """Own new objects as ``cdp_owner``, so that any later migrating user may change them."""
    member = connection.execute(
        sa.text("select 1 from pg_roles where rolname = 'cdp_owner' and pg_has_role(oid, 'member')")
    ).scalar()
    if member:
        database = connection.execute(sa.text("select current_database()")).scalar_one()
        allowed = connection.execute(
            sa.text("select has_database_privilege('cdp_owner', current_database(), 'create')")
        ).scalar()
        if not allowed:
            connection.execute(sa.text(f'grant create on database "{database}" to cdp_owner'))
        connection.execute(sa.text("set role cdp_owner"))
    connection.commit()

"""Migrate a warehouse: numbered migrations, dbt's tables and views, tables of the chains.

Scope: the order of the three; not here: the migrations (``resources.postgres.migrator``), or the
models (``dbt_project``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg

from cdp_assets.core.dbt.column_lineage import known_columns, read_lineage, store_lineage
from cdp_assets.core.tables.table_comments import write_table_comments
from cdp_assets.errors import PermanentFailure
from cdp_assets.settings import get_settings
from cdp_assets.units import counted
from cdp_assets.validators.chains.chain_registry import load_registry
from resources.dbt_runner import (
    DbtRunner,
    NodeResult,
    make_manifest,
    project_fingerprint,
    require_manifest,
)
from resources.postgres.migrator import create_roles, migrate, migrate_down, status
from resources.postgres.schema_objects import has_recorded_objects, recording_changes

Report = Callable[[str], None]


def migrate_warehouse(dsn: str, report: Report = lambda _: None) -> list[str]:
    """Apply everything that is absent; return one line per thing done. Idempotent.

    Tables of dbt are created before their first partition, so that two first runs cannot race
    (U-07). When the project changed, views are replaced in place and comments rewritten; a table's
    rows and columns never change.

    Raises:
        PermanentFailure: A model no longer fits its table: its columns need a numbered migration.
    """
    make_manifest()
    create_roles(dsn, report)
    done = []
    if not _is_current(dsn):
        with recording_changes(dsn):
            done = _apply(dsn, report)
    _add_chains(dsn)
    _record_clock(dsn)
    return done


def undo_migrations(dsn: str, steps: int) -> list[str]:
    """Undo the newest migrations; return a line for each, newest first.

    Raises:
        BadConfiguration: Not that many are applied.
    """
    with recording_changes(dsn):
        undone = migrate_down(dsn, steps)
    return [f"undone: migration {m.revision}, {m.title}" for m in undone]


def _is_current(dsn: str) -> bool:
    migrations = status(dsn)
    return (
        all(migration.is_applied for migration in migrations)
        and _built_from(dsn) == project_fingerprint()
        and has_recorded_objects(dsn)
    )


def _apply(dsn: str, report: Report) -> list[str]:
    applied = set(migrate(dsn))
    done = [
        f"applied: migration {migration.revision}, {migration.title}"
        for migration in (status(dsn) if applied else ())
        if migration.revision in applied
    ]
    _write_table_comments(dsn)
    if _built_from(dsn) != project_fingerprint():
        done += _create_models(dsn, report)
    return done


def _create_models(dsn: str, report: Report) -> list[str]:
    models = sorted(
        node["name"]
        for node in require_manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    )
    relations = counted(len(models), "table or view", "tables and views")
    report(f"creating or checking {relations} of dbt")
    before = _relations(dsn)
    role = "cdp_owner" if _has_owner_role(dsn) else ""
    results = DbtRunner(role=role).run(dsn, models, {"is_migration": True}, report)
    failed = [r for r in results if not r.is_good]
    if failed:
        cause = " ".join(str(failed[0].message).split())
        raise PermanentFailure(
            f"dbt could not create {failed[0].unique_id} ({cause})",
            hint="changed columns need a numbered migration, `cdp migrate --status` names those "
            "that were changed by hand; no rows were changed",
        )
    with psycopg.connect(dsn) as connection:
        _store_lineage(connection, results)
        connection.execute(
            "insert into ops.dbt_project (fingerprint) values (%s) "
            "on conflict (is_only) do update set fingerprint = excluded.fingerprint",
            [project_fingerprint()],
        )
    created = sorted(_relations(dsn) - before)
    checked = counted(len(models) - len(created), "other table or view", "other tables and views")
    return [
        *(f"created: {relation}" for relation in created),
        f"updated to the current project: {checked} of dbt",
    ]


def _relations(dsn: str) -> set[str]:
    """Return every table and view of the warehouse, with its kind."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(
            "select case relkind when 'v' then 'view' else 'table' end, oid::regclass::text "
            "from pg_class where relkind in ('r', 'p', 'v') and not relispartition "
            "and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'"
        )
        return {f"{kind} {name}" for kind, name in rows}


def _store_lineage(connection: psycopg.Connection, results: Sequence[NodeResult]) -> None:
    nodes, schema = require_manifest()["nodes"], known_columns(connection)
    for result in results:
        node = nodes[result.unique_id]
        if node["config"]["materialized"] == "incremental" and result.compiled:
            found = read_lineage(result.compiled, node["columns"], schema)
            store_lineage(connection, f"{node['schema']}/{node['name']}", found)


def _built_from(dsn: str) -> str | None:
    """Return the fingerprint of the project that the tables and views were built from."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select fingerprint from ops.dbt_project").fetchone()
    return None if row is None else str(row[0])


def _write_table_comments(dsn: str) -> None:
    """Comment tables that dbt does not build, before views copy their comments."""
    with psycopg.connect(dsn) as connection:
        if _has_owner_role(dsn):
            connection.execute("set role cdp_owner")
        write_table_comments(connection)


def _record_clock(dsn: str) -> None:
    """Record the pinned clock for readers in SQL: tables of a pinned clock must not look late."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "update ops.clock set as_of = %(as_of)s::timestamptz "
            "where as_of is distinct from %(as_of)s::timestamptz",
            {"as_of": get_settings().as_of},
        )


def _add_chains(dsn: str) -> None:
    """Create the list partitions of every configured chain in the chain tables."""
    with psycopg.connect(dsn) as connection:
        if _has_owner_role(dsn):
            connection.execute("set role cdp_owner")
        for chain in load_registry().chains:
            connection.execute("select validators.add_chain(%s)", [chain.chain_id])


def _has_owner_role(dsn: str) -> bool:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(
            "select 1 from pg_roles where rolname = 'cdp_owner' and pg_has_role(oid, 'member')"
        ).fetchone()
    return found is not None

"""Bring a warehouse to the present shape: numbered migrations, dbt's tables and views, chains.

Belongs here: the order of the three. Does not: any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg

from cdp_assets.column_lineage import keep_lineage, known_columns, read_lineage
from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.registry import load_registry
from resources.dbt_runner import (
    DbtRunner,
    NodeResult,
    make_manifest,
    project_fingerprint,
    require_manifest,
)
from resources.migrator import migrate

Report = Callable[[str], None]


def migrate_warehouse(dsn: str, report: Report = lambda _: None) -> list[str]:
    """Apply everything that is absent; return one line per thing done. Idempotent.

    Tables of dbt are made before their first partition, so that two first runs cannot race (U-07).
    When the project changed, views are replaced in place and comments written anew; a table's rows
    and columns are never touched.

    Raises:
        PermanentFailure: A model no longer fits its table: its columns need a numbered migration.
    """
    done = [f"migration {revision}" for revision in migrate(dsn, report)]
    make_manifest()
    if _made_of(dsn) != project_fingerprint():
        done += _make_models(dsn, report)
    _add_chains(dsn)
    return done


def _make_models(dsn: str, report: Report) -> list[str]:
    models = sorted(
        node["name"]
        for node in require_manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    )
    report(f"making or checking {len(models)} tables and views of dbt")
    role = "cdp_owner" if _has_owner_role(dsn) else ""
    results = DbtRunner(role=role).run(dsn, models, {"is_migration": True}, report)
    failed = [r for r in results if not r.is_good]
    if failed:
        raise PermanentFailure(
            f"dbt could not make {failed[0].unique_id} ({failed[0].message})",
            hint="changed columns need a numbered migration; no rows were touched",
        )
    with psycopg.connect(dsn) as connection:
        _keep_lineage(connection, results)
        connection.execute(
            "insert into ops.dbt_project (fingerprint) values (%s) "
            "on conflict (is_only) do update set fingerprint = excluded.fingerprint",
            [project_fingerprint()],
        )
    return [f"dbt {name}" for name in models]


def _keep_lineage(connection: psycopg.Connection, results: Sequence[NodeResult]) -> None:
    nodes, schema = require_manifest()["nodes"], known_columns(connection)
    for result in results:
        node = nodes[result.unique_id]
        if node["config"]["materialized"] == "incremental" and result.compiled:
            found = read_lineage(result.compiled, node["columns"], schema)
            keep_lineage(connection, f"{node['schema']}/{node['name']}", found)


def _made_of(dsn: str) -> str | None:
    """Return the fingerprint of the project that the tables and views were made of."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select fingerprint from ops.dbt_project").fetchone()
    return None if row is None else str(row[0])


def _add_chains(dsn: str) -> None:
    """Make the leaves of every configured chain; each chain table is one logical table."""
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

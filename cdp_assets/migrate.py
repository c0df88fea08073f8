"""Bring a warehouse to the present shape: numbered migrations, dbt's tables and views, the catalogue.

Belongs here: the order of the three. Does not: any of them.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.registry import load_registry
from resources.dbt_runner import DbtRunner, make_manifest, require_manifest
from resources.migrator import migrate

Report = Callable[[str], None]


def migrate_warehouse(dsn: str, report: Report = lambda _: None) -> list[str]:
    """Apply everything that is absent; return one line per thing done. Idempotent.

    Tables of dbt are made before their first partition, so that two first runs cannot race (U-07);
    views are replaced in place. An existing table is never touched: a change of its columns is a
    numbered migration.
    """
    done = [f"migration {revision}" for revision in migrate(dsn, report)]
    make_manifest()
    absent = _absent_models(dsn)
    if absent:
        report(f"making {len(absent)} tables and views of dbt")
        role = "cdp_owner" if _has_owner_role(dsn) else ""
        results = DbtRunner(role=role).run(dsn, absent, {"is_migration": True}, report)
        failed = [r for r in results if not r.is_good]
        if failed:
            raise PermanentFailure(
                f"dbt could not make {failed[0].unique_id} ({failed[0].message})",
                hint="read the named model; nothing that existed was changed",
            )
        done += [f"dbt {name}" for name in absent]
    _add_chains(dsn)
    return done


def _add_chains(dsn: str) -> None:
    """Make the leaves of every configured chain; each chain table is one logical table."""
    with psycopg.connect(dsn) as connection:
        if _has_owner_role(dsn):
            connection.execute("set role cdp_owner")
        for chain in load_registry().chains:
            connection.execute("select validators.add_chain(%s)", [chain.chain_id])


def _absent_models(dsn: str) -> list[str]:
    """Return the names of dbt's tables that do not exist, and of views that are absent or differ."""
    nodes = [
        node
        for node in require_manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    ]
    with psycopg.connect(dsn, autocommit=True) as connection:
        rows = connection.execute(
            "select n.nspname || '.' || c.relname, obj_description(c.oid) from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'v', 'p')"
        ).fetchall()
    existing = dict(rows)
    return sorted(
        node["name"] for node in nodes if f"{node['schema']}.{node['alias']}" not in existing
    )


def _has_owner_role(dsn: str) -> bool:
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(
            "select 1 from pg_roles where rolname = 'cdp_owner' and pg_has_role(oid, 'member')"
        ).fetchone()
    return found is not None

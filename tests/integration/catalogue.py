"""The catalogue of a database as texts that two databases can be compared by.

Belongs here: what of a catalogue counts. Does not: making databases (the tests).
"""

from __future__ import annotations

import psycopg

OURS = "n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'"

CATALOGUE = {
    "columns": """
        select table_schema, table_name, ordinal_position, column_name, data_type, is_nullable,
            column_default, numeric_precision, datetime_precision
        from information_schema.columns
        where table_schema not in ('pg_catalog', 'information_schema')
    """,
    "constraints": f"""
        select n.nspname, r.relname, c.conname, pg_get_constraintdef(c.oid)
        from pg_constraint c join pg_class r on r.oid = c.conrelid
        join pg_namespace n on n.oid = r.relnamespace
        where c.contype <> 'n' and {OURS}
    """,
    "indexes": f"""
        select n.nspname, r.relname,
            regexp_replace(pg_get_indexdef(i.indexrelid), '"?[0-9a-f]{{32}}"?', 'made by dbt')
        from pg_index i join pg_class r on r.oid = i.indrelid
        join pg_namespace n on n.oid = r.relnamespace where {OURS}
    """,
    "functions": f"""
        select n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), p.prosrc
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where {OURS}
    """,
    "triggers": "select tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal",
    "comments": f"""
        select n.nspname, r.relname, d.objsubid, d.description
        from pg_description d join pg_class r on r.oid = d.objoid
        join pg_namespace n on n.oid = r.relnamespace where {OURS}
    """,
    "views": f"""
        select n.nspname, r.relname, r.reloptions
        from pg_class r join pg_namespace n on n.oid = r.relnamespace
        where r.relkind = 'v' and {OURS}
    """,
    "policies": "select * from pg_policies",
    "row security": f"""
        select n.nspname, r.relname, r.relrowsecurity, r.relforcerowsecurity
        from pg_class r join pg_namespace n on n.oid = r.relnamespace
        where r.relkind in ('r', 'p') and {OURS}
    """,
    "rights": """
        select table_schema, table_name, grantee, privilege_type
        from information_schema.role_table_grants
        where table_schema not in ('pg_catalog', 'information_schema') and grantee <> 'postgres'
            and privilege_type <> 'MAINTAIN'
    """,
}


def catalogue(dsn: str) -> dict[str, list[str]]:
    """Return what a database has, by kind, each sorted."""
    with psycopg.connect(dsn) as connection:
        return {
            name: sorted(str(row) for row in connection.execute(query))
            for name, query in CATALOGUE.items()
        }

"""Columns of a table that a migration made, as a run shows them: names, types, comments.

The comments in the database are their one home. Belongs here: reading them. Does not: dbt's models,
which bring their own contract.
"""

from __future__ import annotations

import dagster as dg
import psycopg


def column_schema(connection: psycopg.Connection, schema: str, table: str) -> dg.TableSchema:
    """Return the columns of a table in their order, with what the database says about each."""
    rows = connection.execute(
        """
        select a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
            col_description(a.attrelid, a.attnum)
        from pg_attribute a
        where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
        order by a.attnum
        """,
        [f"{schema}.{table}"],
    )
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name, kind, description=text,
                constraints=dg.TableColumnConstraints(nullable=not is_required),
            )
            for name, kind, is_required, text in rows
        ]
    )  # fmt: skip

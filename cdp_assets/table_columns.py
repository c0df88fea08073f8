"""Columns of a table that a migration made, as the UI shows them: names, types, meaning.

Their one home are the comments in the database, or ``landed_columns.yaml`` for tables without.
Belongs here: reading both. Does not: dbt's models, which bring their own contract.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import yaml

LANDED = Path(__file__).with_name("landed_columns.yaml")


def landed_columns(asset_key: str) -> dg.TableSchema:
    """Return the columns of a landed table as ``landed_columns.yaml`` describes them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name, column["type"], description=column["text"],
                constraints=dg.TableColumnConstraints(nullable=not column["required"]),
            )
            for name, column in _landed()[asset_key.replace("/", ".")].items()
        ]
    )  # fmt: skip


@lru_cache(maxsize=1)
def _landed() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(LANDED.read_text())
    return found


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

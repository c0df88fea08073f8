"""The upstream columns of each column of a model, read from the model's compiled SQL (D-04).

``cdp migrate`` parses the compiled project and stores the result in ``ops.column_lineage``: parsing
takes a tenth of a second per model, too long for an hourly run. Scope: reading and storing the
lineage; not here: dependencies between assets, which dbt declares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg

if TYPE_CHECKING:
    from sqlglot import Schema

Upstream = tuple[str, str]  # asset key and column


def read_lineage(
    compiled: str, columns: Iterable[str], schema: Schema
) -> dict[str, list[Upstream]]:
    """Return the upstream columns of each column, sorted; none for a constant.

    Args:
        compiled: The model's SQL.
        columns: Its columns.
        schema: Every known column (:func:`known_columns`), to expand ``select *``.
    """
    from sqlglot import exp  # only a migration pays for the import
    from sqlglot.lineage import lineage

    roots = lineage(None, compiled, schema, dialect="postgres")
    found: dict[str, list[Upstream]] = {}
    for column in columns:
        root = roots[column]
        leaves: set[Upstream] = set()
        for node in root.walk():
            if isinstance(node.source, exp.Table) and not node.downstream:
                leaves.add((f"{node.source.db}/{node.source.name}", node.name.rsplit(".", 1)[-1]))
        found[column] = sorted((key, name.strip('"')) for key, name in leaves)
    return found


def store_lineage(
    connection: psycopg.Connection, asset_key: str, lineage: Mapping[str, list[Upstream]]
) -> None:
    """Replace the stored lineage of an asset in the caller's transaction."""
    connection.execute("delete from ops.column_lineage where asset_key = %s", [asset_key])
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.column_lineage values (%s, %s, %s, %s)",
            [(asset_key, column, *up) for column, ups in lineage.items() for up in ups],
        )


def stored_lineage(connection: psycopg.Connection, asset_key: str) -> dg.TableColumnLineage | None:
    """Return the stored lineage of an asset as the UI shows it; null without one."""
    rows = connection.execute(
        "select column_name, upstream_key, upstream_column from ops.column_lineage "
        "where asset_key = %s order by column_name, upstream_key, upstream_column",
        [asset_key],
    ).fetchall()
    if not rows:
        return None
    deps: dict[str, list[dg.TableColumnDep]] = {}
    for column, key, upstream in rows:
        deps.setdefault(column, []).append(
            dg.TableColumnDep(asset_key=dg.AssetKey(key.split("/")), column_name=upstream)
        )
    return dg.TableColumnLineage(deps_by_column=deps)


def known_columns(connection: psycopg.Connection) -> Schema:
    """Return every column of our schemas with its type, in the parser's form."""
    from sqlglot import MappingSchema

    schema: dict[str, Any] = {}
    for table_schema, table, column, kind in connection.execute(
        "select table_schema, table_name, column_name, data_type from information_schema.columns "
        "where table_schema not in ('pg_catalog', 'information_schema')"
    ):
        schema.setdefault(table_schema, {}).setdefault(table, {})[column] = kind
    return MappingSchema(schema, dialect="postgres")

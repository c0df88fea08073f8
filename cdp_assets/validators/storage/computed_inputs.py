"""Whether a partition was computed from equal inputs before (validator §10).

A computation is a pure function of rows, each named by key and version. Where the hash over all of
them is that of the stored rows, computing again would write nothing, so it is not done. Scope: the
hash of a partition and its record; not here: the hash of one row (``rules.inputs_hash``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import LiteralString

import psycopg
from psycopg import sql


def partition_hash(
    cursor: psycopg.Cursor,
    rows: LiteralString,
    parameters: Mapping[str, object],
    facts: Iterable[object],
) -> str:
    """Return the hash of everything that a partition is computed from.

    Args:
        cursor: Of the run.
        rows: Select of one text column ``row`` per input row: table, key, version.
        parameters: Of the select, by name.
        facts: Further inputs that are no rows, such as code version and configuration.
    """
    found = cursor.execute(
        sql.SQL(
            "select encode(sha256(convert_to(coalesce(string_agg(row, E'\\n' order by row), ''), "
            "'UTF8')), 'hex') from ({}) inputs"
        ).format(sql.SQL(rows)),
        parameters,
    ).fetchone()
    assert found is not None
    text = json.dumps([found[0], *map(str, facts)], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def unchanged_rows(
    cursor: psycopg.Cursor, asset_key: str, partition_key: str, inputs_hash: str
) -> int | None:
    """Return how many rows a partition has that was computed from these inputs; else null.

    A partition whose last attempt failed is computed again.
    """
    row = cursor.execute(
        "select s.row_count from ops.computed_inputs c "
        "join ops.asset_partition_status s using (asset_key, partition_key) "
        "where asset_key = %s and partition_key = %s and c.inputs_hash = %s "
        "and s.version is not null and s.error_code is null",
        [asset_key, partition_key, inputs_hash],
    ).fetchone()
    return None if row is None else int(row[0])


def record_inputs(
    cursor: psycopg.Cursor, asset_key: str, partition_key: str, inputs_hash: str
) -> None:
    """Record what a partition was computed from, in the transaction that writes its rows."""
    cursor.execute(
        "insert into ops.computed_inputs values (%s, %s, %s) "
        "on conflict (asset_key, partition_key) do update set inputs_hash = excluded.inputs_hash",
        [asset_key, partition_key, inputs_hash],
    )

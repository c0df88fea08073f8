"""Copy rows between two Postgres servers by COPY, in constant memory (stack §7).

Scope: the pipe; not here: which rows, or their use (``cdp_assets.filplus``).
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Copied:
    """What went through a pipe."""

    rows: int
    bytes: int


def copy_rows(
    source: psycopg.Connection,
    query: sql.Composable,
    target: psycopg.Connection,
    table: sql.Identifier,
) -> Copied:
    """Pipe the rows of a query into a table with the same columns in the same order.

    Text format: the two servers may differ in version and column types (stack §7).
    """
    size = 0
    outgoing = sql.SQL("copy ({}) to stdout").format(query)
    incoming = sql.SQL("copy {} from stdin").format(table)
    with source.cursor() as reader, target.cursor() as writer:
        with reader.copy(outgoing) as rows, writer.copy(incoming) as sink:
            for chunk in rows:
                size += len(chunk)
                sink.write(chunk)
        return Copied(writer.rowcount, size)

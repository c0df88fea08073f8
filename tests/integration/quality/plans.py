"""How Postgres reads a statement: the nodes of its plan, executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg


def plan_of(
    connection: psycopg.Connection, query: str, values: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Return every node of the plan of a statement that was run, without its children."""
    explained = f"explain (analyze, format json) {query}".encode()
    row = connection.execute(explained, None if values is None else dict(values)).fetchone()
    assert row is not None
    return [{k: v for k, v in node.items() if k != "Plans"} for node in _nodes(row[0][0]["Plan"])]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)

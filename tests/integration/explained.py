"""A connection that also tells how each of its queries was executed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import psycopg
from psycopg import sql

_FILTERED = ("Rows Removed by Filter", "Rows Removed by Join Filter")


class ExplainedCursor(psycopg.Cursor[Any]):
    """Runs every query twice, the first time to see its plan.

    Attributes:
        plans: Of all queries of all such cursors since somebody cleared it.
    """

    plans: ClassVar[list[dict[str, Any]]] = []

    def execute(self, query: Any, params: Any = None, **options: Any) -> ExplainedCursor:
        """Execute a statement; explain it first if it only reads."""
        text = query if isinstance(query, sql.Composable) else sql.SQL(query)
        if text.as_string(self).lstrip().startswith(("select", "with")):
            super().execute(sql.SQL("explain (analyze, format json) {}").format(text), params)
            row = self.fetchone()
            assert row is not None
            self.plans.append(row[0][0]["Plan"])
        super().execute(query, params, **options)
        return self


def rows_visited(plan: dict[str, Any]) -> float:
    """Return how many rows all nodes of a plan together returned or threw away, in all loops."""
    return sum(
        node["Actual Loops"] * (node["Actual Rows"] + sum(node.get(name, 0) for name in _FILTERED))
        for node in _nodes(plan)
    )


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)

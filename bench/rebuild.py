"""Our full rebuild beside DuckDB's, table by table.

Scope: the comparison. Not here: measuring either (``bench.history``, ``bench.duck``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOGETHER = " + "  # between the names of tables that are built together


@dataclass(frozen=True)
class Line:
    """One table, several built together, or the total; wall seconds, null: not measured."""

    name: str
    ours: float | None
    theirs: float | None

    @property
    def ratio(self) -> float | None:
        """Return ours in units of DuckDB's."""
        return self.ours / self.theirs if self.ours is not None and self.theirs else None


def lines(
    rebuild: Mapping[str, Mapping[str, Any]], duck: Mapping[str, Mapping[str, float]]
) -> list[Line]:
    """Return a line per table, and one per step for the time outside its tables.

    dbt builds several tables at once, so a step may take less than the sum of its lines. The
    difference is a separate line, negative where tables overlapped.
    """
    found: list[Line] = []
    for name, step in rebuild.items():
        for tables, seconds in step["tables"].items():
            parts = [duck[t]["seconds"] for t in tables.split(TOGETHER) if t in duck]
            found.append(Line(tables, seconds, sum(parts) if parts else None))
        found.append(
            Line(
                f"({name}: start-up minus overlap)",
                step["seconds"] - sum(step["tables"].values()),
                None,
            )
        )
    return found


def total(found: Sequence[Line]) -> Line:
    """Return the total: wall seconds of all steps, and of all of DuckDB's statements."""
    theirs = [line.theirs for line in found if line.theirs is not None]
    ours = [line.ours for line in found if line.ours is not None]
    return Line("total", sum(ours), sum(theirs) if theirs else None)

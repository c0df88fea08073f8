"""The reference statements, one file per table of compliance §3, in dependency order.

Each is a plain formula over the source or over earlier results, which are in schema ``reference``.
Scope: finding and ordering them. Not here: measuring (``bench.ticks``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path

FOLDER = Path(__file__).with_name("reference")
# Tables that a statement reads and that no formula computes: observations, filled by the caller.
GIVEN = frozenset(
    {
        "provider_url_finder_retrievability_daily",
        "provider_retrievability_daily",
        "allocator_registry",
        "allocator_registry_archive",
    }
)


@dataclass(frozen=True)
class Statement:
    """One table by its plain formula; ``query`` is a select that takes ``%(as_of)s``."""

    table: str
    query: str

    @property
    def reads(self) -> frozenset[str]:
        """Return the tables of schema ``reference`` that must exist first."""
        return frozenset(re.findall(r"reference\.(\w+)", self.query))

    def create(self, as_of: datetime) -> str:
        """Return the statement that stores the result in an unlogged table."""
        query = self.query.replace("%(as_of)s", f"timestamptz '{as_of.isoformat()}'")
        return f"create unlogged table reference.{self.table} as {query}"


def all_statements() -> list[Statement]:
    """Return every statement, each after those that it reads; equal ones by name."""
    found = {
        path.stem: Statement(path.stem, path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*.sql"))
    }
    order = TopologicalSorter({name: s.reads - GIVEN for name, s in found.items()})
    return [found[name] for name in order.static_order()]

"""The requests to the simulated sources, counted so that tests can check tries.

Scope: counters; not here: faults (``faults``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Journal:
    """Counters of requests to the sources; the control endpoint is not counted.

    Attributes:
        paths: Requests by ``METHOD /path`` (no query).
        rpc: JSON-RPC calls by method; each member of a batch counts.
        faults: Requests that got a fault, by its kind.
    """

    paths: Counter[str] = field(default_factory=Counter)
    rpc: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def record(self, method: str, path: str, rpc_methods: list[str]) -> None:
        """Count one request."""
        self.paths[f"{method} {path}"] += 1
        self.rpc.update(rpc_methods)

    def clear(self) -> None:
        """Start counting from zero."""
        for counter in (self.paths, self.rpc, self.faults):
            counter.clear()

    def as_json(self) -> dict[str, Any]:
        """Return the counters with names in order."""
        return {
            "total": self.paths.total(),
            "paths": dict(sorted(self.paths.items())),
            "rpc": dict(sorted(self.rpc.items())),
            "faults": dict(sorted(self.faults.items())),
        }

"""Invented edition-5 data, in the form of the fixed files (compliance §7: audit pages).

Scope: the four files as a function of the seed; not here: the registry (``registry_files``).
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.randomness import hashed

_ALLOCATORS = 12
_OUTCOMES = ("passed", "passed", "passedConditionally", "failed", "unknown")
_KINDS = (
    ("Manual", "Manual"),
    ("Manual", "Manual Pathway MetaAllocator"),
    ("Automatic", "Automatic"),
    ("Market-based", "Market-based"),
)
_DAY = 86_400
_MONTHS = [f"2024-{month:02}" for month in range(3, 13)] + [f"2025-{m:02}" for m in range(1, 7)]


class Edition5:
    """The files below ``/edition5``."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def routes(self) -> list[Route]:
        """Return the files' routes."""
        return [Route("/{name}", self._file)]

    def files(self) -> dict[str, Any]:
        """Return each file's document by its name."""
        ids = [f"f0{500_000 + 13 * number}" for number in range(1, _ALLOCATORS + 1)]
        return {
            "edition5_AuditStates.json": [self._states(one) for one in ids],
            "edition5_AuditTimesByRound.json": {
                "averageConversationTimesSecs": [self._days("talk", n) for n in range(1, 7)],
                "averageAuditTimesSecs": [self._days("audit", n) for n in range(1, 7)],
                "averageAllocationTimesSecs": None,
            },
            "edition5_DatacapFlow.json": [self._flow(one) for one in ids],
            "edition5_AuditOutcomes.json": [self._month(month) for month in _MONTHS],
        }

    def _file(self, request: Request) -> JSONResponse:
        document = self.files().get(request.path_params["name"])
        return JSONResponse(document, status_code=404 if document is None else 200)

    def _states(self, allocator: str) -> dict[str, Any]:
        audits = []
        for number in range(1 + hashed(self._seed, "audits", allocator) % 3):
            draw = hashed(self._seed, "audit", allocator, number)
            audits.append(
                {
                    "started": None,
                    "ended": None,
                    "dc_allocated": None,
                    "outcome": _OUTCOMES[draw % len(_OUTCOMES)],
                    "datacap_amount": draw % 40 / 4,
                }
            )
        return {"allocatorId": allocator, "allocatorName": f"A {allocator}", "audits": audits}

    def _flow(self, allocator: str) -> dict[str, str]:
        kind, pathway = _KINDS[hashed(self._seed, "flow", allocator) % len(_KINDS)]
        return {"allocatorId": allocator, "typeOfAllocator": kind, "pathway": pathway}

    def _days(self, *labels: object) -> int:
        return (5 + hashed(self._seed, *labels) % 14) * _DAY

    def _month(self, month: str) -> dict[str, Any]:
        # Each allocator has one last audit, so the counts of a month add up to all of them.
        counts = dict.fromkeys(sorted(set(_OUTCOMES)), 0)
        for number in range(_ALLOCATORS):
            counts[_OUTCOMES[hashed(self._seed, month, number) % len(_OUTCOMES)]] += 1
        return {
            "month": month,
            "count": counts,
            "datacap": {one: 2.5 * count for one, count in counts.items()},
        }

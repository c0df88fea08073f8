"""Dependencies of the data, named as on the live platform (compliance.md §8), out of ``ops`` alone.

A job that was last good longer ago than its cadence allows is unhealthy, and so is a source whose
last call failed. Scope: their state; not here: what decides whether this service is ready
(``query_layer.ops.health``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from query_layer.auth.claims import ANONYMOUS
from query_layer.ops.clock import wall_clock
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.statements import statement

_SOURCES = {"dmob": "database-dmob"}
_OF_REPORTS = ("ClientReportGeneratorJobService", "AllocatorReportGeneratorJobService")


async def dependencies(service: Service, database_seconds: float) -> dict[str, dict[str, Any]]:
    """Return the state of each dependency by its name.

    Args:
        service: Where ``ops`` is read.
        database_seconds: Time that the database took to respond.
    """

    async def look(reader: Reader) -> tuple[list[Any], list[Any]]:
        jobs = await reader.fetch(statement("job_health"))
        return jobs, await reader.fetch(statement("source_health"))

    jobs, sources = await service.database.read(ANONYMOUS, look)
    now = wall_clock()
    found = {"database": _state(None) | {"latencyMs": round(database_seconds * 1_000, 3)}}
    for row in sources:
        reason = None if row["ok"] else "the last call failed"
        latency = row["latency_seconds"]
        found[_SOURCES.get(row["source"], row["source"])] = _state(reason) | {
            "latencyMs": None if latency is None else round(float(latency) * 1_000, 3),
            "lastSuccess": row["last_success_at"],
        }
    for row in jobs:
        found[row["name"]] = _job(row, now)
    return found


def _job(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    reason = _unhealthy_reason(row, now)
    state = _state(reason) | {"lastRun": row["last_run"]}
    if row["name"] in _OF_REPORTS:
        state |= {"lastRunReports": row["last_run_rows"], "lastRunFails": row["failed_entities"]}
    return state | {"lastSuccess": row["last_success"], "unhealthyReason": reason}


def _unhealthy_reason(row: Mapping[str, Any], now: datetime) -> str | None:
    last, most = row["last_success"], row["max_age_seconds"]
    if last is None:
        return "it never succeeded"
    if most is not None and (now - last).total_seconds() > most:
        return f"its last success is older than {most:,} s"
    return None


def _state(reason: str | None) -> dict[str, Any]:
    return {"status": "up" if reason is None else "down", "reason": reason}

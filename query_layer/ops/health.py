"""Health of this process, the database and the data.

Read from the pool, the version watch and the ``ops`` tables alone, with no request to Dagster or a
source. No check's text contains an address or an error text of the database. Scope: checks; not
here: their routes (``query_layer.routes.health``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from query_layer.auth.claims import ANONYMOUS
from query_layer.errors import ApiError, Code
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.statements import statement

READY_SECONDS = 0.5
MAX_POLL_AGE_SECONDS = 30.0
_DEGRADED_PERIODS = 4  # behind; more is failing


@dataclass(frozen=True)
class Check:
    """One dependency: null ``reason`` means that it is healthy."""

    name: str
    latency_seconds: float
    reason: str | None
    code: Code

    def body(self) -> dict[str, Any]:
        """Return the check as it is in a response."""
        return {
            "status": "ok" if self.reason is None else "failed",
            "reason": self.reason,
            "latencyMs": round(self.latency_seconds * 1_000, 3),
        }


async def readiness(service: Service) -> Sequence[Check]:
    """Return the three checks that decide whether requests should be sent here."""
    return await asyncio.gather(
        _timed("database", _database_responds(service), Code.DATABASE_UNAVAILABLE),
        _timed("versions", _versions_are_recent(service), Code.DATABASE_UNAVAILABLE),
        _timed("views", _views_exist(service), Code.ASSET_REBUILDING),
    )


def process_body(service: Service) -> dict[str, Any]:
    """Return the process's own metrics."""
    settings, cache = service.settings, service.cache
    return {
        "uptime_seconds": round(service.uptime_seconds(), 3),
        "pool": {
            "active": service.database.active,
            "max": settings.pool_max,
            "waiting": service.database.waiting,
        },
        "cache": {
            "entries": len(cache),
            "bytes": cache.bytes,
            "hits": cache.hits,
            "misses": cache.misses,
        },
    }


async def data_health(service: Service) -> dict[str, Any]:
    """Return the progress of chains, age and failures of assets, and the health of sources."""
    now = service.now()

    async def look(reader: Reader) -> tuple[list[Any], list[Any], list[Any]]:
        assets = await reader.fetch(statement("freshness"))
        sources = await reader.fetch(statement("source_health"))
        return assets, sources, await reader.fetch(statement("chain_progress"))

    assets, sources, chains = await service.database.read(ANONYMOUS, look)
    progress = [{**dict(row), "status": _chain_status(row)} for row in chains]
    bodies = [_asset_body(row, now) for row in assets]
    is_degraded = (
        any(body["stale"] for body in bodies)
        or any(body["failed_partitions"] for body in bodies)
        or not all(row["ok"] for row in sources)
        or any(row["status"] != "ok" for row in progress)
    )
    return {
        "status": "degraded" if is_degraded else "ok",
        "as_of": now,
        "chains": progress,
        "assets": bodies,
        "sources": [dict(row) for row in sources],
    }


def _asset_body(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    age = None if row["data_as_of"] is None else (now - row["data_as_of"]).total_seconds()
    limit = row["max_age_seconds"]
    stale = None if age is None or limit is None else age > limit
    return {**dict(row), "age_seconds": age, "stale": stale}


def _chain_status(row: Mapping[str, Any]) -> str:
    """Return how far behind a chain is (validator §14)."""
    if row["lag_periods"] <= 1:
        return "ok" if not row["gaps"] else "degraded"
    return "degraded" if row["lag_periods"] <= _DEGRADED_PERIODS else "failing"


async def _timed(name: str, check: Coroutine[Any, Any, str | None], code: Code) -> Check:
    start = time.monotonic()
    try:
        reason = await asyncio.wait_for(check, READY_SECONDS)
    except TimeoutError:
        reason, code = (
            f"no response within {READY_SECONDS * 1_000:.0f} ms",
            Code.DATABASE_UNAVAILABLE,
        )
    except ApiError as error:
        reason, code = error.message, error.code
    return Check(name, time.monotonic() - start, reason, code)


async def _database_responds(service: Service) -> None:
    await service.database.ping()


async def _versions_are_recent(service: Service) -> str | None:
    age = service.versions.age_seconds()
    if age <= MAX_POLL_AGE_SECONDS:
        return None
    return f"the data versions were not read for {MAX_POLL_AGE_SECONDS:.0f} s or more"


async def _views_exist(service: Service) -> str | None:
    wanted = sorted({asset.view for asset in service.assets})

    async def look(reader: Reader) -> list[str]:
        return [row["view"] for row in await reader.fetch(statement("absent_views"), wanted)]

    absent = await service.database.read(ANONYMOUS, look)
    return f"not there or not granted: {', '.join(absent)}" if absent else None

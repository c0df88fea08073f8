"""Content that no route has: health on the overview, and the catalogue.

It comes from the functions behind ``/health`` and ``/v1/catalog``. Scope: their context for the
templates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.http.export_handler import may_export
from query_layer.ops.health import data_health, process_body, readiness
from query_layer.ops.service import Service
from query_layer.pages.page import Special
from query_layer.read.catalog import catalog_entries, with_columns
from query_layer.read.database import Reader
from query_layer.registry.asset import Asset

_RECENT = 12


async def special_context(
    special: Special, service: Service, claims: Claims, values: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the template of a special page shows.

    Raises:
        ApiError: SCOPE_DENIED or TOKEN_MISSING; ASSET_UNKNOWN for an asset that is not served.
    """
    if special == "overview":
        return await _overview(service)
    claims.require("catalog")
    if special == "catalogue":
        return {
            "entries": await _entries(service, claims, service.assets),
            "files": {a.name for a in service.assets if may_export(claims, a)},
        }
    asset = next((a for a in service.assets if a.name == values["asset"]), None)
    if asset is None:
        raise ApiError(Code.ASSET_UNKNOWN, "No asset of this name is served.")
    [entry] = await _entries(service, claims, [asset])
    return {
        "entry": with_columns(entry, asset),
        "may_read": asset.scope in claims.scopes,
        "may_export": may_export(claims, asset),
    }


async def _overview(service: Service) -> dict[str, Any]:
    checks = await readiness(service)
    health = await data_health(service)
    built = [a for a in health["assets"] if a["materialized_at"] is not None]
    built.sort(key=lambda a: (a["materialized_at"], a["asset_key"]), reverse=True)
    return {
        "checks": checks,
        "process": process_body(service),
        "health": health,
        "late": [a for a in health["assets"] if a["stale"] or a["failed_partitions"]],
        "recent": built[:_RECENT],
    }


async def _entries(
    service: Service, claims: Claims, assets: Sequence[Asset]
) -> list[dict[str, Any]]:
    async def look(reader: Reader) -> list[dict[str, Any]]:
        return await catalog_entries(reader, assets, service.now())

    return await service.database.read(claims, look)

"""Health and metrics: ``/health``, its ``/live``, ``/ready`` and ``/ingestion``, ``/metrics``.

Live means that the process responds, ready that its dependencies do; late data degrades
``/health/ingestion`` and never takes the service out of rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from query_layer import API_VERSION
from query_layer.errors import ApiError, Code
from query_layer.http.encoding import encode
from query_layer.http.negotiation import JSON
from query_layer.http.openapi import error_responses
from query_layer.ops.health import Check, data_health, process_body, readiness
from query_layer.ops.metrics import CONTENT_TYPE, exposition
from query_layer.read.parameters import parse_query

router = APIRouter(tags=["health"])
_UNREADY = error_responses([Code.DATABASE_UNAVAILABLE, Code.ASSET_REBUILDING, Code.POOL_EXHAUSTED])
_CONTRACT: dict[str, Any] = {"response_model": None}
_DEPENDENT: dict[str, Any] = {"response_model": None, "responses": _UNREADY}


@router.get("/health/live", **_CONTRACT)
async def live(request: Request) -> Response:
    """Return that the process responds; nothing else is checked."""
    _require_no_parameters(request)
    return _respond({"status": "live"})


@router.get("/health/ready", **_DEPENDENT)
async def ready(request: Request) -> Response:
    """Return whether the database responds, the data versions are recent and the views exist."""
    _require_no_parameters(request)
    checks = await readiness(request.app.state.service)
    _require_all_well(checks)
    return _respond({"status": "ready", "checks": _bodies(checks)})


@router.get("/health", **_DEPENDENT)
async def health(request: Request) -> Response:
    """Return live and ready, with version, uptime, pool and cache."""
    _require_no_parameters(request)
    service = request.app.state.service
    checks = await readiness(service)
    _require_all_well(checks)
    own = {"version": API_VERSION, **process_body(service)}
    return _respond({"status": "ok", **own, "checks": _bodies(checks)})


@router.get("/health/ingestion", **_DEPENDENT)
async def ingestion(request: Request) -> Response:
    """Return the age of every asset's data against its policy, and the health of the sources."""
    _require_no_parameters(request)
    return _respond(await data_health(request.app.state.service))


@router.get("/metrics", **_DEPENDENT)
async def metrics(request: Request) -> Response:
    """Return the same numbers in the Prometheus text format."""
    _require_no_parameters(request)
    service = request.app.state.service
    text = exposition(await data_health(service), process_body(service))
    return Response(text, media_type=CONTENT_TYPE)


def _require_no_parameters(request: Request) -> None:
    parse_query(request.query_params.multi_items(), ())


def _require_all_well(checks: Sequence[Check]) -> None:
    failed = [check for check in checks if check.reason is not None]
    if failed:
        raise ApiError(
            failed[0].code,
            f"Not ready: {'; '.join(f'{check.name}: {check.reason}' for check in failed)}",
            {"checks": _bodies(checks)},
        )


def _bodies(checks: Sequence[Check]) -> dict[str, Any]:
    return {check.name: check.body() for check in checks}


def _respond(data: dict[str, Any]) -> Response:
    return Response(encode({"data": data, "error": None, "meta": {}}), media_type=JSON)

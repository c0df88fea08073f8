"""Health and metrics: ``/health``, its ``/live``, ``/ready`` and ``/ingestion``, ``/metrics``.

Live means that the process responds, ready that its dependencies do; late data degrades
``/health/ingestion`` and never takes the service out of rotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from query_layer import API_VERSION
from query_layer.errors import ApiError, Code
from query_layer.http.encoding import encode
from query_layer.http.negotiation import JSON
from query_layer.http.openapi import error_responses, json_error_responses
from query_layer.ops.dependencies import dependencies
from query_layer.ops.health import Check, data_health, process_body, readiness
from query_layer.ops.measured import samples_of_data
from query_layer.ops.metrics import CONTENT_TYPE
from query_layer.read.parameters import parse_query

router = APIRouter(tags=["health"])
_ALWAYS = (Code.VALIDATION_FAILED, Code.REQUEST_TIMEOUT, Code.INTERNAL_ERROR)
_OF_DATABASE = (Code.DATABASE_UNAVAILABLE, Code.ASSET_REBUILDING, Code.POOL_EXHAUSTED)
_UNREADY = error_responses([*_ALWAYS, *_OF_DATABASE])
_CONTRACT: dict[str, Any] = {"response_model": None, "responses": error_responses(_ALWAYS)}
_OF_METRICS: dict[str, Any] = {
    "response_class": PlainTextResponse,
    "response_model": None,
    "responses": json_error_responses(
        [*_ALWAYS, Code.SCOPE_DENIED, Code.RESOURCE_NOT_FOUND, *_OF_DATABASE]
    ),
}
_SCOPED: dict[str, Any] = {
    "response_model": None,
    "responses": error_responses(
        [
            *_ALWAYS,
            Code.TOKEN_MISSING,
            Code.TOKEN_INVALID,
            Code.SCOPE_DENIED,
            Code.RATE_LIMIT_EXCEEDED,
            *_OF_DATABASE,
        ]
    ),
}
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
    """Return live and ready, with version, uptime, pool, cache, and each job and source by name."""
    _require_no_parameters(request)
    service = request.app.state.service
    checks = await readiness(service)
    _require_all_well(checks)
    found = await dependencies(service, checks[0].latency_seconds)
    is_well = all(state["status"] == "up" for state in found.values())
    own = {"version": API_VERSION, **process_body(service)}
    body = {"status": "ok" if is_well else "degraded", **own, "checks": _bodies(checks)}
    return _respond({**body, "dependencies": found})


@router.get("/health/ingestion", **_DEPENDENT)
async def ingestion(request: Request) -> Response:
    """Return the lag of chains, the age of every asset's data, and the health of the sources."""
    _require_no_parameters(request)
    return _respond(await data_health(request.app.state.service))


@router.get("/v1/ingestion/health", **_SCOPED)
async def ingestion_health(request: Request) -> Response:
    """Return the same to who may read operations. Needs the scope `ops:read`."""
    service = request.app.state.service
    service.identify(request.headers).require("ops:read")
    _require_no_parameters(request)
    return _respond(await data_health(service))


@router.get("/metrics", **_OF_METRICS)
async def metrics(request: Request) -> Response:
    """Return metrics in the Prometheus text format; on the port of metrics alone."""
    _require_no_parameters(request)
    service = request.app.state.service
    service.measure()
    samples = await samples_of_data(service, await data_health(service))
    return Response(service.metrics.exposition(samples), media_type=CONTENT_TYPE)


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

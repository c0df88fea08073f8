"""The catalog: ``/v1/catalog``, ``/v1/catalog/{asset}``, and assets that are not served."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from query_layer.errors import ApiError, Code
from query_layer.http.cached_response import CachedPage, full
from query_layer.http.encoding import encode
from query_layer.http.list_handler import require_json
from query_layer.ops.service import Service
from query_layer.read.catalog import catalog_entries, with_columns
from query_layer.read.database import Reader
from query_layer.read.parameters import parse_query
from query_layer.registry.asset import Asset

router = APIRouter(include_in_schema=False)


@router.get("/v1/catalog", response_model=None)
async def catalog(request: Request) -> Response:
    """List every served asset with its data version, freshness and last check outcome."""
    return _response(request, await _entries(request, _prepared(request).assets))


@router.get("/v1/catalog/{asset}", response_model=None)
async def catalog_entry(request: Request) -> Response:
    """Return one served asset with its columns."""
    asset = asset_named(_prepared(request), request)
    [entry] = await _entries(request, [asset])
    return _response(request, with_columns(entry, asset))


@router.get("/v1/assets/{asset}/rows", response_model=None)
async def rows_of_unknown(request: Request) -> Response:
    """Refuse an asset that is not served; those that are have routes of the registry."""
    service: Service = request.app.state.service
    service.identify(request.headers).require("catalog")
    asset_named(service, request)
    raise ApiError(Code.INTERNAL_ERROR, "The asset has no route.")


def _prepared(request: Request) -> Service:
    service: Service = request.app.state.service
    service.identify(request.headers).require("catalog")
    require_json(request)
    parse_query(request.query_params.multi_items(), ())
    return service


def asset_named(service: Service, request: Request) -> Asset:
    """Return the asset of the path parameter ``asset``.

    Raises:
        ApiError: ASSET_UNKNOWN.
    """
    name = request.path_params["asset"]
    found = next((asset for asset in service.assets if asset.name == name), None)
    if found is None:
        raise ApiError(
            Code.ASSET_UNKNOWN, "No asset of this name is served.", {"catalog": "/v1/catalog"}
        )
    return found


async def _entries(request: Request, assets: Sequence[Asset]) -> list[dict[str, Any]]:
    service: Service = request.app.state.service

    async def look(reader: Reader) -> list[dict[str, Any]]:
        return await catalog_entries(reader, assets, service.now())

    return await service.database.read(service.identify(request.headers), look)


def _response(request: Request, data: Any) -> Response:
    body = encode({"data": data, "error": None, "meta": {}})
    return full(CachedPage(key=None, version=None, body=body), request.headers)

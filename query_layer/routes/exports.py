"""Exports: ``/v1/export/{asset}``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from query_layer.http.export_handler import export_response
from query_layer.ops.service import Service
from query_layer.routes.catalog import asset_named

router = APIRouter(include_in_schema=False)


@router.get("/v1/export/{asset}", response_model=None)
async def export(request: Request) -> Response:
    """Return all rows of an asset that fulfil the filters, as a file."""
    service: Service = request.app.state.service
    return await export_response(request, asset_named(service, request))

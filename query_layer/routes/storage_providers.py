"""Storage providers: ``/v1/storage-providers``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from query_layer.http.list_handler import list_response
from query_layer.http.openapi import list_contract
from query_layer.registry import PROVIDERS_WEEKLY_ACC

router = APIRouter(tags=["storage providers"])


@router.get(PROVIDERS_WEEKLY_ACC.path, **list_contract(PROVIDERS_WEEKLY_ACC))
async def list_storage_providers(request: Request) -> Response:
    """List storage providers with their total deals up to the end of a week.

    One row per provider and week. Sizes are cumulative; the rates are those of the week.
    """
    return await list_response(request, PROVIDERS_WEEKLY_ACC)

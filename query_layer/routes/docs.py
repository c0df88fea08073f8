"""The docs page: ``/docs``; ``/`` redirects to the pages for people."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from query_layer.http.docs_page import CONTENT_SECURITY_POLICY, docs_page

router = APIRouter(include_in_schema=False)


@router.get("/", response_model=None)
async def root(request: Request) -> Response:
    """Redirect to the overview."""
    return RedirectResponse(f"{request.app.state.service.settings.public_url}/pages")


@router.get("/docs", response_model=None)
async def docs(request: Request) -> Response:
    """Show endpoints, parameters and errors."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return HTMLResponse(docs_page(request.app.openapi()), headers=headers)

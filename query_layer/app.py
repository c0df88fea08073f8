"""The application: where routes, middleware and error handlers meet. Holds no logic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from query_layer import API_VERSION
from query_layer.compat.errors import CompatErrors
from query_layer.compat.handler import compat_response, new_streams
from query_layer.compat.routes import COMPAT_ROUTES
from query_layer.http.dispatch import RouteTree
from query_layer.http.error_handlers import add_error_handlers
from query_layer.http.middleware import Gateway
from query_layer.http.openapi import document
from query_layer.ops.service import Service
from query_layer.pages.error_page import error_page
from query_layer.pages.page_routes import PageTree, StyleSheet
from query_layer.pages.site import pages
from query_layer.registry import ROUTES
from query_layer.registry.route import Route
from query_layer.routes import catalog, docs, exports, health, sign_in
from query_layer.settings import Settings

_DESCRIPTION = (
    "Read-only access to the warehouse. Every response is {data, error, meta}; meta holds the "
    "data version and how fresh it is."
)
# Inactive until an issue chooses providers: no spans, metrics or logs, whatever the environment.
_TELEMETRY: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(settings: Settings, routes: Sequence[Route] = ROUTES) -> FastAPI:
    """Return the application; its lifespan starts and stops the service.

    Args:
        settings: Read once, by the caller.
        routes: Those of the registry; tests pass their own.
    """
    service = Service(settings, list(dict.fromkeys(route.asset for route in routes)))
    tree = RouteTree(routes)
    compat = RouteTree(COMPAT_ROUTES, partial(compat_response, streams=new_streams()))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="CDP query layer",
        version=API_VERSION,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_TELEMETRY,
        middleware=[
            Middleware(CompatErrors),
            Middleware(
                Gateway,
                service=service,
                hint_for=partial(write_hint, (tree, compat)),
                error_form=error_page,
            ),
        ],
    )
    app.state.service = service
    add_error_handlers(app, settings.public_url, error_page)
    app.router.routes += [tree, compat, PageTree(pages(routes)), StyleSheet()]
    for router in (health.router, catalog.router, exports.router, docs.router, sign_in.router):
        app.include_router(router)
    described = app.openapi
    app.openapi = cache(lambda: document(described(), routes))  # type: ignore[method-assign]
    return app


def write_hint(trees: Sequence[RouteTree], path: str) -> dict[str, str]:
    """Return the job and the command that change the data of a path."""
    found = next(filter(None, (tree.find(path) for tree in trees)), None)
    if found is None:
        return {"command": "cdp refresh"}
    asset = found[0].asset
    return {"job": asset.job, "command": f"cdp refresh --select {asset.key}"}

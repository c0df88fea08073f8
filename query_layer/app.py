"""The application: where routes, middleware and error handlers meet. Holds no logic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from query_layer import API_VERSION
from query_layer.http.error_handlers import add_error_handlers
from query_layer.http.middleware import Gateway
from query_layer.ops.service import Service
from query_layer.registry import ASSETS, Asset
from query_layer.routes import docs, health, sign_in, storage_providers
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


def create_app(settings: Settings, assets: Mapping[str, Asset] = ASSETS) -> FastAPI:
    """Return the application; its lifespan starts and stops the service.

    Args:
        settings: Read once, by the caller.
        assets: The registry; tests pass their own.
    """
    service = Service(settings, assets)

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
            Middleware(Gateway, service=service, hint_for=lambda path: write_hint(assets, path))
        ],
    )
    app.state.service = service
    add_error_handlers(app, settings.public_url)
    for router in (health.router, storage_providers.router, docs.router, sign_in.router):
        app.include_router(router)
    return app


def write_hint(assets: Mapping[str, Asset], path: str) -> dict[str, str]:
    """Return the job and the command that change the data of a path."""
    asset = next((asset for asset in assets.values() if asset.path == path), None)
    if asset is None:
        return {"command": "cdp refresh"}
    return {"job": asset.job, "command": f"cdp refresh --select {asset.key}"}

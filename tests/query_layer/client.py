"""An in-process client: the application with its lifespan, spoken to over ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from query_layer.app import create_app
from query_layer.ops.service import Service
from query_layer.registry import ROUTES
from query_layer.registry.route import Route
from query_layer.settings import Settings
from tests.query_layer.warehouse import ASSET, PATH

MART_ROUTES = tuple(route for route in ROUTES if route.asset.key == ASSET)
PROVIDERS_ROUTE = next(route for route in MART_ROUTES if route.path == PATH)


class Client:
    """A running application and how to ask it."""

    def __init__(self, app: FastAPI, http: httpx.AsyncClient) -> None:
        self.app = app
        self.http = http

    @property
    def service(self) -> Service:
        """What the application holds."""
        service: Service = self.app.state.service
        return service

    async def get(self, path: str = PATH, **parameters: Any) -> httpx.Response:
        """GET a path with query parameters."""
        return await self.http.get(path, params=parameters or None)

    async def rows(self, **parameters: Any) -> list[dict[str, Any]]:
        """GET the providers and return the rows of a good answer."""
        answer = await self.get(**parameters)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["data"]
        return rows

    async def error(self, path: str = PATH, **parameters: Any) -> dict[str, Any]:
        """GET a path and return the error of a failed answer, with its HTTP status."""
        return error_of(await self.get(path, **parameters))


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Return the error of an answer, having checked the one envelope."""
    body = answer.json()
    assert set(body) == {"data", "error", "meta"}
    assert body["data"] is None
    error: dict[str, Any] = body["error"]
    assert set(error) == {
        "code",
        "message",
        "details",
        "correlationId",
        "timestamp",
        "documentation",
    }
    assert error["correlationId"] == answer.headers["x-correlation-id"]
    assert error["documentation"].endswith(f"/docs#{error['code']}")
    return {"status": answer.status_code, **error}


@asynccontextmanager
async def running(
    settings: Settings, routes: Sequence[Route] = MART_ROUTES
) -> AsyncIterator[Client]:
    """Start the application and give a client; stop it afterwards."""
    app = create_app(settings, routes)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://query.test") as http,
    ):
        yield Client(app, http)

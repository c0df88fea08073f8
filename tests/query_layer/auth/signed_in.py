"""A service with a route of the tests' own per scope, over people who may or may not read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from query_layer.read.database import Reader
from query_layer.registry import ASSETS
from tests.query_layer.client import Client, running
from tests.query_layer.warehouse import Mart

ANY_ASSET = next(iter(ASSETS.values()))
_SETTINGS = "select current_setting('app.' || name, true) from unnest($1::text[]) name"
_NAMES = ["user_id", "role", "org_id", "introducer_id", "chains", "validators"]


async def probe(request: Request) -> Response:
    """Return the claims as the database sees them, to who has the scope of the address."""
    service = request.app.state.service
    scope, schema = request.path_params["scope"], request.path_params["schema"]
    asset = replace(ANY_ASSET, scope=scope, key=f"{schema}/probe")
    claims = await service.authorise(request, asset)

    async def look(reader: Reader) -> list[str]:
        return [row[0] for row in await reader.fetch(_SETTINGS, _NAMES)]

    found = dict(zip(_NAMES, await service.database.read(claims, look), strict=True))
    return JSONResponse({**found, "scopes": sorted(claims.scopes)})


@asynccontextmanager
async def probing(mart: Mart, **variables: object) -> AsyncIterator[Client]:
    """Run a service with the probe at ``/v1/probe/{scope}/{schema}``, and at ``/v2``."""
    async with running(mart.settings(**variables)) as client:
        for version in ("v1", "v2"):
            path = f"/{version}/probe/{{scope}}/{{schema}}"
            client.app.add_api_route(path, probe, response_model=None)
        yield client


async def probed(
    client: Client,
    headers: Mapping[str, str | bytes],
    scope: str = "cdp:read",
    schema: str = "filplus",
    version: str = "v1",
) -> httpx.Response:
    """Ask the probe with a credential."""
    return await client.http.get(f"/{version}/probe/{scope}/{schema}", headers=headers)  # type: ignore[arg-type]


async def claims_of(client: Client, headers: dict[str, str]) -> dict[str, Any]:
    """Return the claims of a credential that is accepted and has the scope ``catalog``."""
    answer = await probed(client, headers, "catalog")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found

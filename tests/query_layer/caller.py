"""The running service over the seeded warehouse, as one identity after another."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
from starlette.requests import Request

from query_layer.auth.claims import Claims
from query_layer.http.rate_limits import Allowance
from query_layer.registry import ROUTES
from query_layer.registry.asset import Asset
from query_layer.registry.route import Route
from tests.query_layer.client import Client
from tests.query_layer.seeded import ADMIN

SCOPES = frozenset(route.asset.scope for route in ROUTES) | {"catalog", "export"}


def claims(user: uuid.UUID = ADMIN, role: str = "admin", **changes: Any) -> Claims:
    """Return an identity with every scope, of a user of the seeded warehouse."""
    given = {
        "user_id": str(user),
        "role": role,
        "org_id": "",
        "introducer_id": "",
        "chains": None,
        "validators": None,
        "scopes": SCOPES,
    }
    return Claims(**given | changes)


class Caller:
    """The running service, as one identity after another."""

    def __init__(self, client: Client, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner
        self._addresses: dict[Route, str] = {}
        # Requests come without credential, so all are counted as of one address.
        client.service.rate_limits.count = unlimited  # type: ignore[method-assign]
        self.document = self.get("/openapi.json").json()

    def get(
        self, address: str, *, caller: Claims | None = None, **parameters: Any
    ) -> httpx.Response:
        """GET an address as the admin, or as another identity."""
        identity = caller or claims()

        async def authorise(request: Request, asset: Asset) -> Claims:
            identity.require(asset.scope)
            return identity

        self._client.service.authorise = authorise  # type: ignore[method-assign]
        self._client.service.identify = lambda headers: identity  # type: ignore[method-assign]
        return self._runner.run(self._client.get(address, **parameters))

    def poll(self) -> None:
        """Read the data versions, as a running service does every second."""
        self._runner.run(self._client.service.versions.poll())

    def rows(self, address: str, **parameters: Any) -> list[dict[str, Any]]:
        """GET an address and return the rows of a good response."""
        response = self.get(address, **parameters)
        assert response.status_code == 200, (address, parameters, response.text)
        rows: list[dict[str, Any]] = response.json()["data"]
        return rows

    def refusal(self, address: str, **parameters: Any) -> dict[str, Any]:
        """GET an address and return status, code and problems of a refusal."""
        response = self.get(address, **parameters)
        error = response.json()["error"]
        return {"status": response.status_code, "code": error["code"], **error["details"]}

    def address(self, route: Route) -> str:
        """Return an address of a route that names rows which are there."""
        if route not in self._addresses:
            self._addresses[route] = self._address(route)
        return self._addresses[route]

    def _address(self, route: Route) -> str:
        if route.proves_parents:
            names = {p.name: p.column for p in route.parameters}
            source = route.asset.name
        else:  # a part of a report, whose actor its rows do not name
            [parent] = route.parents
            names = {name: column for column, name in parent.columns}
            source = parent.view.partition(".")[2]
        rows = self.rows(f"/v1/assets/{source}/rows") if names else [{}]
        row = next(r for r in rows if all(r[column] is not None for column in names.values()))
        path = route.path
        for name, column in names.items():
            path = path.replace(f"{{{name}}}", str(row[column]))
        return path


async def unlimited(*_: Any) -> Allowance:
    """Allow every request."""
    return Allowance(is_allowed=True, limit=1, remaining=1, reset_seconds=1)

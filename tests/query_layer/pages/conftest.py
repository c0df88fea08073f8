"""A service with sign-in over the seeded warehouse, and people who read its pages."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator

import httpx
import jwt
import pytest

from query_layer.registry import ROUTES
from query_layer.settings import DEVELOPMENT_ISSUER
from tests.query_layer.caller import unlimited
from tests.query_layer.client import Client, running
from tests.query_layer.seeded import ADMIN, PARTNER
from tests.query_layer.warehouse import TOKEN_SECRET, Mart


def token_of(user: uuid.UUID) -> str:
    """Return a development token of a user of the seeded warehouse."""
    now = int(time.time())
    claims = {"iss": DEVELOPMENT_ISSUER, "aud": "cdp", "sub": str(user), "iat": now}
    return jwt.encode({**claims, "exp": now + 3_000}, TOKEN_SECRET, algorithm="HS256")


TOKENS = {"admin": ADMIN, "partner": PARTNER}


class Reader:
    """The running service, read by one person after another."""

    def __init__(self, client: Client, runner: asyncio.Runner) -> None:
        self.client = client
        self._runner = runner

    def get(
        self, address: str, who: str = "admin", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """GET an address as a person; an empty name: without a credential."""
        own = {"Authorization": f"Bearer {token_of(TOKENS[who])}"} if who else {}
        return self._runner.run(self.client.http.get(address, headers=own | (headers or {})))

    def page(self, address: str, who: str = "admin") -> str:
        """GET a page that must be there."""
        response = self.get(address, who)
        assert response.status_code == 200, (address, response.status_code, response.text[:3_000])
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return response.text


@pytest.fixture(scope="module")
def reader(seeded_mart: Mart) -> Iterator[Reader]:
    """A service whose anonymous callers read what is public."""
    with asyncio.Runner() as runner:
        settings = seeded_mart.settings(anonymous="cdp:read catalog")
        context = running(settings, ROUTES)
        client = runner.run(context.__aenter__())
        client.service.rate_limits.count = unlimited  # type: ignore[method-assign]
        try:
            yield Reader(client, runner)
        finally:
            runner.run(context.__aexit__(None, None, None))

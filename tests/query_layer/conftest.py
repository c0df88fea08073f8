"""Fixtures of the query layer's tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from query_layer.registry import ROUTES
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.query_layer.caller import Caller
from tests.query_layer.client import Client, running
from tests.query_layer.seeded import fill
from tests.query_layer.warehouse import Mart, Provider

PROVIDERS = (
    Provider("f03", num_of_clients=3, total=2**53 + 1, rate=0.25),
    Provider("f01", num_of_clients=1, total=10, rate=None),
    Provider("f02", num_of_clients=2, total=10, rate=1.0),
)


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"


def database_with_mart(server: EmbeddedServer, template: str) -> Iterator[Mart]:
    """Create a migrated database, let api_ro log in, drop it afterwards."""
    for owner in fresh_database(server, template):
        name = owner.rpartition("/")[2]
        roles = ("api_ro", "cdp_auth", "cdp_audit")
        mart = Mart(owner, *(server.dsn(name, user=role) for role in roles))
        mart.let_in(server)
        yield mart


@pytest.fixture(scope="session")
def quiet_mart(server: EmbeddedServer, migrated_template: str) -> Iterator[Mart]:
    """A mart with one built week, for all tests that only read."""
    for mart in database_with_mart(server, migrated_template):
        mart.make()
        mart.write_week(PROVIDERS)
        yield mart


@pytest.fixture(scope="session")
def busy_mart(server: EmbeddedServer, migrated_template: str) -> Iterator[Mart]:
    """The database behind ``mart``: one per test would cost half a second each."""
    yield from database_with_mart(server, migrated_template)


@pytest.fixture
def mart(busy_mart: Mart) -> Mart:
    """A mart of the test's own, before any week was built."""
    busy_mart.make()
    return busy_mart


@pytest.fixture(scope="session")
def seeded_mart(server: EmbeddedServer, ready_template: str) -> Iterator[Mart]:
    """A warehouse with rows in every view."""
    for mart in database_with_mart(server, ready_template):
        fill(mart.owner)
        yield mart


@pytest.fixture(scope="session")
def caller(seeded_mart: Mart) -> Iterator[Caller]:
    """A service over a warehouse with rows in every view."""
    with asyncio.Runner() as runner:
        service = running(seeded_mart.settings(), ROUTES)
        yield Caller(runner.run(service.__aenter__()), runner)
        runner.run(service.__aexit__(None, None, None))


@pytest.fixture
def providers() -> list[Provider]:
    """Three providers, of which two tie in size."""
    return list(PROVIDERS)


@pytest.fixture
async def client(request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    """A running service over one built week; over the test's own mart where it asks for one."""
    if "mart" in request.fixturenames:
        mart: Mart = request.getfixturevalue("mart")
        mart.write_week(PROVIDERS)
    else:
        mart = request.getfixturevalue("quiet_mart")
    async with running(mart.settings()) as client:
        yield client

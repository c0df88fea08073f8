"""A small source database, and a running simulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.database import DmobScale
from simulator.server.http_server import SimulatorServer
from tests.conftest import fresh_database
from tests.integration.conftest import make_source

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
SMALL = DmobScale(
    deals=20_000,
    clients=120,
    providers=90,
    allocators=60,
    start=AS_OF - timedelta(days=42),
    end=AS_OF,
    seed=11,
)
Connection = psycopg.Connection[Any]


@pytest.fixture(scope="session")
def small_template(server: EmbeddedServer) -> str:
    """Name of a database made with ``SMALL`` that nobody is connected to."""
    return make_source(server, "small_dmob", SMALL)


@pytest.fixture(scope="session")
def dmob(server: EmbeddedServer, small_template: str) -> Iterator[Connection]:
    """A database made with ``SMALL``, for tests that only read."""
    for dsn in fresh_database(server, small_template):
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection


@pytest.fixture
def copy(server: EmbeddedServer, small_template: str) -> Iterator[Connection]:
    """A database made with ``SMALL`` that the test may change."""
    for dsn in fresh_database(server, small_template):
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection


@pytest.fixture
def database(empty_dsn: str) -> Iterator[Connection]:
    """An empty database of a test's own."""
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def one_simulator() -> Iterator[SimulatorServer]:
    """The simulator of the session, on a free port."""
    with SimulatorServer(seed=11, as_of=AS_OF) as running:
        yield running


@pytest.fixture
def simulator(one_simulator: SimulatorServer) -> SimulatorServer:
    """The simulator as it was at its start, its clock at ``AS_OF``."""
    world = one_simulator.world
    world.clock.set(AS_OF)
    world.faults.rules.clear()
    world.journal.clear()
    world.chain.forget()
    world.ethereum.forget()
    world.url_finder.forget()
    return one_simulator


@pytest.fixture
def http(simulator: SimulatorServer) -> Iterator[httpx.Client]:
    """A plain client of that simulator."""
    with httpx.Client(base_url=simulator.url, timeout=10) as client:
        yield client


def one_row(connection: Connection, query: str, *values: object) -> tuple[Any, ...]:
    """Return the only row of a query."""
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return tuple(row)


def fingerprint(connection: Connection, relation: str) -> tuple[Any, ...]:
    """Return row count and an order-free hash of all rows of a relation."""
    return one_row(
        connection,
        f"select count(*), sum(hashtextextended(t::text, 0)) from public.{relation} as t",
    )

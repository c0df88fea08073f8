"""A warehouse whose ops tables say what the test makes up."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.integration.sensors.world import World


@pytest.fixture
def world(warehouse_dsn: str) -> Iterator[World]:
    """An empty world over a fresh warehouse, its clock on a Wednesday at noon and five minutes."""
    with psycopg.connect(warehouse_dsn, autocommit=True, options="-c timezone=UTC") as connection:
        yield World(connection)

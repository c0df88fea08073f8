"""Worlds for tests of statements."""

from __future__ import annotations

import pytest

from cdp_assets.settings import publish_environment
from tests.integration.validators.statements.statement_world import (
    NOW,
    P1,
    StatementWorld,
)


@pytest.fixture
def world(dsn: str) -> StatementWorld:
    """Four final periods, people and an agreement of one partner; no line yet."""
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    made = StatementWorld(dsn)
    made.add_people()
    made.add_agreement("A", P1)
    made.write_periods()
    return made


@pytest.fixture
def earned(world: StatementWorld) -> StatementWorld:
    """The same with lines: 60 in three periods of August, 5 in September."""
    world.earn("840", {"V1": 10, "V2": 0})
    world.earn("841", {"V1": 20})
    world.earn("842", {"V1": 30})
    world.earn("843", {"V1": 5})
    return world

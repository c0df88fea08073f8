"""A warehouse with the chain's tables, one user per role, a partner, and periods 848 to 860."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.governance.people_world import PeopleWorld
from tests.integration.validators.payments import add_periods


@pytest.fixture
def people(dsn: str) -> Iterator[PeopleWorld]:
    """Everybody, and periods of which 848 and 849 are closed and 860 is open."""
    with PeopleWorld.over(dsn) as world, world.connection.cursor() as cursor:
        world.add_everybody()
        add_periods(cursor, [848, 849], status="CLOSED")
        add_periods(cursor, range(850, 860))
        add_periods(cursor, [860], status="OPEN")
        yield world

"""Warehouses with nobody, and with everybody in them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.governance.people_world import PeopleWorld


@pytest.fixture
def nobody(warehouse_dsn: str) -> Iterator[PeopleWorld]:
    """A fresh warehouse without users."""
    with PeopleWorld.over(warehouse_dsn) as world:
        yield world


@pytest.fixture
def people(nobody: PeopleWorld) -> PeopleWorld:
    """A fresh warehouse with one user per role."""
    return nobody.add_everybody()

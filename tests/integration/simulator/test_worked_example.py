"""The rows of the specification's worked example."""

from __future__ import annotations

import pytest

from simulator.dmob.worked_example import (
    ALLOCATOR_ALLOWANCES,
    CLIENT_ALLOWANCES,
    DEALS,
    URL_FINDER_RATES,
    load_worked_example,
)
from tests.integration.simulator.conftest import Connection

pytestmark = pytest.mark.integration


def test_the_example_stands_in_the_source_relations(database: Connection) -> None:
    load_worked_example(database)
    deals = database.execute(
        """select "dealId", "clientId", "providerId", "sectorId", "pieceCid", "pieceSize"::int,
            "termStart"::int from unified_verified_deal order by "id" """
    ).fetchall()
    clients = database.execute(
        """select "addressId", "verifierAddressId", "height", "allowance"::int
            from verified_client_allowance order by "id" """
    ).fetchall()
    allocators = database.execute(
        'select "addressId", "height", "allowance"::int from verifier_allowance order by "id"'
    ).fetchall()
    providers = database.execute("select * from unique_providers order by 1").fetchall()
    assert tuple(deals) == DEALS
    assert tuple(clients) == CLIENT_ALLOWANCES
    assert tuple(allocators) == ALLOCATOR_ALLOWANCES
    assert providers == [("200",), ("201",), ("202",)]


def test_the_rates_of_the_example_hold_one_day_without_a_value() -> None:
    assert len(URL_FINDER_RATES) == 6
    assert [day.day for day, _, rate in URL_FINDER_RATES if rate is None] == [7]

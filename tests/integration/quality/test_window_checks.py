"""Data tests of weekly models that look at the week before: kept, and broken in one week only."""

from __future__ import annotations

import psycopg
import pytest

from resources.dbt_runner import DbtRunner
from resources.postgres.warehouse import Warehouse

pytestmark = pytest.mark.integration

# What breaks each test in the week of 2024-03-11, and only there.
BREAKS = {
    "unique_bytes_grow_at_most_by_the_week": (
        "fail",
        "update filplus.client_provider_distribution_weekly_acc set unique_data_size = 65 "
        "where week = '2024-03-11' and client = 'f0100' and provider = 'f0200'",
    ),
    "old_balances_are_at_most_those_of_the_week_before": (
        "warn",
        "update filplus.old_datacap_balance_weekly set old_dc_balance = 81 "
        "where week = '2024-03-11' and allocator = 'f0301'",
    ),
    "grant_ids_are_actor_ids": (
        "warn",
        "update filplus.client_allocator_distribution_weekly set allocator = 'f1abc' "
        "where week = '2024-03-11' and allocator = 'f0300'",
    ),
}


@pytest.mark.parametrize("name", sorted(BREAKS))
def test_a_check_is_red_for_the_week_that_breaks_it_and_for_no_other(
    built: Warehouse, name: str
) -> None:
    status, statement = BREAKS[name]
    assert _status(built, name, "2024-03-04", "2024-03-18", "snapshot") == "pass"
    with psycopg.connect(built.url) as owner:
        owner.execute(statement)
    assert _status(built, name, "2024-03-11", "2024-03-18", "snapshot") == status
    assert _status(built, name, "2024-03-04", "2024-03-11", "snapshot") == "pass"


def test_a_first_week_made_from_the_history_is_not_held_against_an_old_week_before(
    built: Warehouse,
) -> None:
    name = "unique_bytes_grow_at_most_by_the_week"
    with psycopg.connect(built.url) as owner:
        owner.execute(
            "delete from filplus.client_provider_distribution_weekly_acc where week = '2024-03-04'"
        )
    assert _status(built, name, "2024-03-11", "2024-03-18", "history") == "pass"
    assert _status(built, name, "2024-03-11", "2024-03-18", "snapshot") == "fail"


def _status(warehouse: Warehouse, name: str, first: str, end: str, base: str) -> str:
    variables = {
        "min_date": f"{first} 00:00:00",
        "max_date": f"{end} 00:00:00",
        "as_of": "2024-03-15 12:00:00",
        "partitions_start": "2024-02-19 00:00:00",
        "accumulate_from": base,
        "run_id": "",
    }
    runner = DbtRunner(role="cdp_writer")
    (found,) = runner.build(warehouse.address(), [name], variables, print)
    return found.status

"""Allocator checks at their boundaries (compliance §6.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.filplus.checks.allocator_checks import (
    SCHEDULE_START,
    AllocatorFacts,
    CheckedClient,
    ClientOutcomes,
    allocator_checks,
    follows_schedule,
)
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS, CheckResult
from cdp_assets.filplus.registry.editions import edition_of
from cdp_assets.filplus.reports.report_rows import AllocationRow, ReplicaRow
from cdp_assets.filplus.scoring.rules import load_rules

NOW = datetime(2026, 3, 15, 6, tzinfo=UTC)
RULES = load_rules().versions[0].checks
STANDARD = "I will use the standard Allocation Tranche Schedule"


def grants(*sizes: int, first: datetime = SCHEDULE_START) -> list[AllocationRow]:
    return [AllocationRow(first + timedelta(days=n), size) for n, size in enumerate(sizes)]


def client(name: str = "f01", **values: Any) -> CheckedClient:
    row = CheckedClient(name, ["f0300"], [ReplicaRow(5, 1, 1, Decimal(100))], grants(50), 1000, NOW)
    return row._replace(**values)


FACTS = AllocatorFacts(
    now=NOW,
    is_meta=False,
    tranche_schedule=STANDARD,
    required_copies=4,
    clients=[client()],
    outcomes={},
)


def outcome(check: str, rules: Any = RULES, **facts: Any) -> CheckResult:
    results = allocator_checks(replace(FACTS, **facts), rules)
    (found,) = [result for result in results if result.check == check]
    return found


def codes(**facts: Any) -> list[str]:
    return [result.check for result in allocator_checks(replace(FACTS, **facts), RULES)]


def test_twenty_codes_are_produced_each_once() -> None:
    assert sorted(codes()) == sorted(ALLOCATOR_CHECKS)
    assert len(codes()) == 20


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"is_meta": True}, id="a metaallocator"),
        pytest.param({"tranche_schedule": "I will use a custom calculation."}, id="its own rule"),
        pytest.param({"tranche_schedule": None}, id="no rule"),
        pytest.param({"clients": []}, id="no client"),
        pytest.param(
            {"clients": [client(allocations=grants(5, first=datetime(2025, 7, 10, tzinfo=UTC)))]},
            id="no allocation since the edition began",
        ),
    ],
)
def test_the_schedule_is_not_checked_for(facts: dict[str, Any]) -> None:
    assert set(ALLOCATOR_CHECKS) - set(codes(**facts)) == {"MANUAL_ALLOCATION_SCHEDULE"}


@pytest.mark.parametrize(
    ("allocators", "passes"),
    [(["f0300"], True), (["f0121877", "f0300"], True), (["f0300", "f0301"], False)],
)
def test_clients_with_several_allocators(allocators: list[str], passes: bool) -> None:
    found = outcome("CLIENT_MULTIPLE_ALLOCATORS", clients=[client(allocators=allocators)])
    assert found.result is passes
    assert found.metadata["violating_ids"] == ([] if passes else ["f01"])
    assert found.metadata["max_clients_using_multiple_allocators_count"] == 0


@pytest.mark.parametrize(
    ("percentage", "required", "passes"),
    [("34", 4, True), ("34.01", 4, False), ("33.99", 4, True), ("100", None, True)],
)
def test_clients_without_enough_copies(percentage: str, required: int | None, passes: bool) -> None:
    rows = [ReplicaRow(3, 1, 1, Decimal(percentage)), ReplicaRow(4, 1, 1, Decimal(50))]
    found = outcome(
        "CLIENT_NOT_ENOUGH_COPIES", clients=[client(replicas=rows)], required_copies=required
    )
    assert found.result is passes


@pytest.mark.parametrize(
    ("sizes", "requested", "passes"),
    [
        pytest.param([50], 1000, True, id="the first at 5 %"),
        pytest.param([51], 1000, False, id="the first above 5 %"),
        pytest.param([50, 100], 1000, True, id="the second at 10 % and twice the first"),
        pytest.param([50, 101], 1000, False, id="the second above 10 %"),
        pytest.param([40, 81], 1000, False, id="more than twice the one before"),
        pytest.param([40, 80], 1000, True, id="exactly twice the one before"),
        pytest.param([50, 100, 150, 200, 250, 250], 1000, True, id="the whole schedule"),
        pytest.param([50, 100, 150, 200, 250, 251], 1000, False, id="the sixth above 25 %"),
        pytest.param([1], None, False, id="an unknown request allows nothing"),
        pytest.param([1], 19, False, id="5 % of 19 is 0 by integer division"),
        pytest.param([1], 20, True, id="5 % of 20 is 1"),
        pytest.param([], None, True, id="no allocation"),
    ],
)
def test_the_standard_schedule(sizes: list[int], requested: int | None, passes: bool) -> None:
    assert follows_schedule(grants(*sizes), requested, RULES) is passes


def test_the_schedule_restarts_at_the_edition() -> None:
    before = grants(900, first=SCHEDULE_START - timedelta(days=1))
    assert follows_schedule([*grants(50, 100), *before], 1000, RULES)


def test_the_schedule_does_not_depend_on_the_order_of_rows() -> None:
    assert follows_schedule(grants(50, 100, 150)[::-1], 1000, RULES)


@pytest.mark.parametrize(
    ("spent", "passes"),
    [
        pytest.param(NOW - timedelta(days=60), False, id="spent exactly 60 days ago: active"),
        pytest.param(NOW - timedelta(days=60, seconds=1), True, id="R-25: inactive, ignored"),
        pytest.param(None, True, id="never spent: ignored"),
    ],
)
def test_inactive_clients_do_not_break_the_schedule(spent: datetime | None, passes: bool) -> None:
    found = outcome(
        "MANUAL_ALLOCATION_SCHEDULE",
        clients=[client("f01"), client("f02", allocations=grants(999), last_datacap_spent=spent)],
    )
    assert found.result is passes
    assert found.metadata["msg"].startswith("0.00%" if passes else "50.00%")


@pytest.mark.parametrize("code", sorted(CLIENT_CHECKS))
@pytest.mark.parametrize(
    ("failed", "present", "passes"),
    [(0, 0, True), (5, 10, True), (6, 10, False), (501, 1000, False), (4, 10, True)],
)
def test_half_of_the_clients_may_fail(code: str, failed: int, present: int, passes: bool) -> None:
    names = [f"f0{n}" for n in range(failed)]
    found = outcome(code, outcomes={code: ClientOutcomes(names, present)})
    assert found.result is passes
    share = 100 * failed / present if present else 0
    assert found.metadata["msg"].startswith(f"{share:.2f}% of active clients")
    assert found.metadata["violating_ids"] == names


@pytest.mark.parametrize(
    ("moment", "number", "high"),
    [
        (datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), 4, 10),
        (datetime(2024, 3, 1, tzinfo=UTC), 5, 10),
        (datetime(2025, 7, 10, 23, 59, 59, tzinfo=UTC), 5, 10),
        (datetime(2025, 7, 11, tzinfo=UTC), 6, 8),
    ],
)
def test_editions(moment: datetime, number: int, high: int) -> None:
    edition = edition_of(moment)
    assert (edition.number, edition.low_replica, edition.high_replica) == (number, 4, high)


def test_an_edition_of_a_number_in_seconds_and_in_milliseconds() -> None:
    assert edition_of(1_752_192_000).number == 6
    assert edition_of(1_752_191_999).number == 5
    assert edition_of(1_752_192_000_000).number == 6
    assert edition_of(1_752_191_999_000).number == 5

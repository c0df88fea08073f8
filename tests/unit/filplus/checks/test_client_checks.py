"""Client checks at their boundaries (compliance §6.4.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.filplus.checks.check_codes import CLIENT_CHECKS, DEPRECATED_CODES, CheckResult
from cdp_assets.filplus.checks.client_checks import ClientFacts, client_checks
from cdp_assets.filplus.reports.report_rows import Location, ProviderRow, ReplicaRow
from cdp_assets.filplus.scoring.rules import load_rules

NOW = datetime(2026, 3, 15, 1, tzinfo=UTC)
RULES = load_rules().versions[0].checks
SP = "STORAGE_PROVIDER_DISTRIBUTION"
DAYS_60 = timedelta(days=60)
TICK = timedelta(microseconds=1)


def provider(name: str = "f01", **values: Any) -> ProviderRow:
    here = Location(None, "Berlin", "BE", "DE", "52.5,13.4")
    one = Decimal(1)
    row = ProviderRow(name, 100, 100, one, one, one - one, one, one, "OK", 10, 10, here)
    return row._replace(**values)


def replica(copies: int, percentage: str) -> ReplicaRow:
    return ReplicaRow(copies, 100, 100, Decimal(percentage))


HEALTHY = ClientFacts(
    now=NOW,
    allocators=["f0300"],
    available_datacap=None,
    last_datacap_spent=NOW,
    last_datacap_received=NOW,
    declared=["f01", "f02"],
    providers=[provider("f01"), provider("f02")],
    replicas=[replica(5, "100")],
    sharing_rows=0,
    low_replica=4,
    high_replica=8,
    required_copies=4,
    unique_size=100,
    expected_size=100,
)


def outcome(check: str, rules: Any = RULES, **facts: Any) -> CheckResult:
    results = client_checks(replace(HEALTHY, **facts), rules)
    (found,) = [result for result in results if result.check == check]
    return found


def test_seventeen_codes_are_produced_and_no_deprecated_one() -> None:
    produced = [result.check for result in client_checks(HEALTHY, RULES)]
    assert sorted(produced) == sorted(CLIENT_CHECKS)
    assert len(produced) == 17
    assert not set(produced) & set(DEPRECATED_CODES)


def test_every_result_has_a_message() -> None:
    assert all(result.metadata["msg"] for result in client_checks(HEALTHY, RULES))


@pytest.mark.parametrize(
    ("allocators", "passes"),
    [
        ([], True),
        (["f0300"], True),
        (["f0300", "f0301"], False),
        (["f0121877", "f0300"], True),
        (["f0121877", "f0300", "f0301"], False),
    ],
)
def test_the_glif_allocator_does_not_count(allocators: list[str], passes: bool) -> None:
    found = outcome("MULTIPLE_ALLOCATORS", allocators=allocators)
    assert found.result is passes
    assert found.metadata["allocators_count"] == len(set(allocators) - {"f0121877"})
    assert found.metadata["max_allocators_count"] == 1


@pytest.mark.parametrize(
    ("received", "spent", "left", "passes"),
    [
        pytest.param(DAYS_60 - TICK, None, 5, True, id="received just within 60 days"),
        pytest.param(DAYS_60, None, 5, False, id="received exactly 60 days ago"),
        pytest.param(DAYS_60, DAYS_60 - TICK, 5, True, id="spent just within 60 days"),
        pytest.param(DAYS_60, DAYS_60, 5, False, id="spent exactly 60 days ago"),
        pytest.param(DAYS_60, DAYS_60, 0, True, id="nothing left to spend"),
        pytest.param(DAYS_60, DAYS_60, None, True, id="what is left is unknown"),
        pytest.param(None, None, 1, False, id="never received nor spent, something left"),
    ],
)
def test_inactivity(
    received: timedelta | None, spent: timedelta | None, left: int | None, passes: bool
) -> None:
    found = outcome(
        "INACTIVITY",
        last_datacap_received=received and NOW - received,
        last_datacap_spent=spent and NOW - spent,
        available_datacap=left,
    )
    assert found.result is passes


def test_inactivity_tells_the_days_as_text_with_two_decimals() -> None:
    found = outcome(
        "INACTIVITY",
        last_datacap_received=NOW - timedelta(days=61, hours=12),
        last_datacap_spent=None,
        available_datacap=7,
    )
    assert found.metadata["time_since_last_datacap_days"] == "61.50"
    assert found.metadata["available_datacap"] == "7"
    assert found.metadata["inactivity_period_days"] == 60


@pytest.mark.parametrize(
    ("size", "passes"), [(2_499, True), (2_500, True), (2_500.99, True), (2_501, False)]
)
def test_share_of_a_provider(size: float, passes: bool) -> None:
    total = 1_000_000
    mine = int(size * 100)
    others = [provider(f"f0{n}", total_deal_size=(total - mine) // 5) for n in range(2, 7)]
    rest = total - mine - sum(row.total_deal_size for row in others)
    rows = [provider("f01", total_deal_size=mine), *others, provider("f09", total_deal_size=rest)]
    found = outcome(f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL", providers=rows)
    assert found.result is passes
    assert found.metadata["violating_ids"] == ([] if passes else ["f01"])


@pytest.mark.parametrize(
    ("unique", "passes"), [(8_000, True), (7_999, False), (8_001, True), (10_000, True)]
)
def test_duplication_of_a_provider(unique: int, passes: bool) -> None:
    rows = [provider("f01", total_deal_size=10_000, unique_data_size=unique), provider("f02")]
    found = outcome(f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION", providers=rows)
    assert found.result is passes
    assert found.metadata["max_duplication_percentage"] == 20


def test_a_provider_of_size_zero_neither_exceeds_nor_duplicates() -> None:
    rows = [provider("f01", total_deal_size=0, unique_data_size=0)]
    assert outcome(f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL", providers=rows).result is True
    assert outcome(f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION", providers=rows).result is True


@pytest.mark.parametrize(
    "location", [None, Location(None, "Berlin", "BE", None, None)], ids=["none", "no country"]
)
def test_an_unknown_location_is_named(location: Location | None) -> None:
    rows = [provider("f01"), provider("f02", location=location)]
    found = outcome(f"{SP}_PROVIDERS_UNKNOWN_LOCATION", providers=rows)
    assert (found.result, found.metadata["violating_ids"]) == (False, ["f02"])


@pytest.mark.parametrize(
    ("places", "passes"),
    [
        pytest.param([("DE", "BE", "Berlin")], False, id="one provider"),
        pytest.param([("DE", "BE", "Berlin")] * 2, False, id="one place"),
        pytest.param([("DE", "BE", "Berlin"), ("DE", "BE", "Spandau")], True, id="two cities"),
        pytest.param([("DE", "BE", "Berlin"), None], True, id="an unknown one counts as a place"),
        pytest.param([None, None], False, id="all unknown"),
        pytest.param([], False, id="no provider"),
    ],
)
def test_regions(places: list[tuple[str, str, str] | None], passes: bool) -> None:
    rows = [
        provider(f"f0{n}", location=p and Location(None, p[2], p[1], p[0], None))
        for n, p in enumerate(places)
    ]
    found = outcome(f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION", providers=rows)
    assert found.result is passes


@pytest.mark.parametrize(
    ("rate", "zero", "three_quarters"),
    [
        (None, False, False),
        ("0", False, False),
        ("0.0001", True, False),
        ("0.7499", True, False),
        ("0.75", True, True),
        ("0.7501", True, True),
    ],
)
def test_retrievability(rate: str | None, zero: bool, three_quarters: bool) -> None:
    rows = [provider(retrievability=rate and Decimal(rate))]
    code = "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY"
    assert outcome(f"{code}_ZERO", providers=rows).result is zero
    assert outcome(f"{code}_75", providers=rows).result is three_quarters


@pytest.mark.parametrize("status", ["OK", "MISREPORTING", "NOT_REPORTING"])
def test_ipni(status: str) -> None:
    rows = [provider(ipni_reporting_status=status)]
    failing = [
        code
        for code in ("MISREPORTING", "NOT_REPORTING")
        if not outcome(f"{SP}_PROVIDERS_IPNI_{code}", providers=rows).result
    ]
    assert failing == ([] if status == "OK" else [status])


def test_a_declared_provider_without_data_is_named() -> None:
    found = outcome(f"{SP}_PROVIDERS_DECLARED_NOT_USED", declared=["f01", "f02", "f03"])
    assert (found.result, found.metadata["violating_ids"]) == (False, ["f03"])


@pytest.mark.parametrize(
    ("undeclared", "used", "passes"),
    [(2, 10, True), (3, 10, True), (4, 10, False), (301, 1000, False), (0, 0, True)],
)
def test_undeclared_providers(undeclared: int, used: int, passes: bool) -> None:
    rows = [provider(f"f0{n}") for n in range(used)]
    declared = [row.provider for row in rows[undeclared:]]
    found = outcome(f"{SP}_PROVIDERS_NOT_DECLARED", providers=rows, declared=declared)
    assert found.result is passes
    assert len(found.metadata["violating_ids"]) == undeclared


@pytest.mark.parametrize(
    ("percentage", "passes"), [("24.99", True), ("25", True), ("25.01", False)]
)
def test_replicas_below_and_above_their_thresholds(percentage: str, passes: bool) -> None:
    few = [replica(3, percentage), replica(4, "10"), replica(8, "10")]
    assert outcome("DEAL_DATA_REPLICATION_LOW_REPLICA", replicas=few).result is passes
    many = [replica(9, percentage), replica(8, "10"), replica(4, "10")]
    assert outcome("DEAL_DATA_REPLICATION_HIGH_REPLICA", replicas=many).result is passes


@pytest.mark.parametrize(
    ("percentage", "required", "passes"),
    [("33.99", 4, True), ("34", 4, True), ("34.01", 4, False), ("99", None, True), ("99", 3, True)],
)
def test_copies(percentage: str, required: int | None, passes: bool) -> None:
    rows = [replica(3, percentage)]
    found = outcome("NOT_ENOUGH_COPIES", replicas=rows, required_copies=required)
    assert found.result is passes


def test_percentages_of_several_replica_counts_add_up() -> None:
    rows = [replica(1, "17"), replica(2, "17"), replica(3, "0.01")]
    assert outcome("NOT_ENOUGH_COPIES", replicas=rows).result is False


def test_sharing_with_one_client_fails() -> None:
    found = outcome("DEAL_DATA_REPLICATION_CID_SHARING", sharing_rows=1)
    assert (found.result, found.metadata["count"]) == (False, 1)


@pytest.mark.parametrize(
    ("unique", "expected", "passes"),
    [
        pytest.param(1049, 1000, True, id="one below 5 % more"),
        pytest.param(1050, 1000, False, id="exactly 5 % more"),
        pytest.param(19, 19, False, id="5 % of a small size is 0"),
        pytest.param(18, 19, True, id="one below a small size"),
        pytest.param(0, None, False, id="nothing declared"),
        pytest.param(0, 0, False, id="nothing declared, as zero"),
    ],
)
def test_unique_size_against_the_declared_one(
    unique: int, expected: int | None, passes: bool
) -> None:
    found = outcome("UNIQ_DATA_SET_SIZE_TO_DECLARED", unique_size=unique, expected_size=expected)
    assert found.result is passes


@pytest.mark.parametrize(
    ("setting", "check"),
    [
        ("client_report_max_provider_deal_percentage", f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL"),
        ("client_report_max_duplication_percentage", f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION"),
        ("client_report_max_percentage_for_low_replica", "DEAL_DATA_REPLICATION_LOW_REPLICA"),
        ("client_report_max_percentage_for_high_replica", "DEAL_DATA_REPLICATION_HIGH_REPLICA"),
        ("client_report_max_percentage_for_required_copies", "NOT_ENOUGH_COPIES"),
        ("client_report_max_percentage_not_declared_providers", f"{SP}_PROVIDERS_NOT_DECLARED"),
        (
            "client_report_total_uniq_data_set_size_allow_exceeds_percentage",
            "UNIQ_DATA_SET_SIZE_TO_DECLARED",
        ),
    ],
)
def test_a_check_whose_setting_is_unset_is_skipped(setting: str, check: str) -> None:
    rules = RULES.model_copy(update={setting: None})
    codes = [result.check for result in client_checks(HEALTHY, rules)]
    assert set(CLIENT_CHECKS) - set(codes) == {check}


def test_unknown_replica_thresholds_skip_their_checks() -> None:
    facts = replace(HEALTHY, low_replica=None, high_replica=None)
    codes = {result.check for result in client_checks(facts, RULES)}
    assert set(CLIENT_CHECKS) - codes == {
        "DEAL_DATA_REPLICATION_LOW_REPLICA",
        "DEAL_DATA_REPLICATION_HIGH_REPLICA",
    }

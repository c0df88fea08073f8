"""The limit of every check in words: each code once, with the number that the rules hold (G-06)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.checks.check_limits import allocator_limits, client_limits
from cdp_assets.filplus.scoring.rules import load_rules

RULES = load_rules().versions[0].checks
SP = "STORAGE_PROVIDER_DISTRIBUTION"
OF_CLIENTS = {
    "MULTIPLE_ALLOCATORS": "at most 1 allocator, f0121877 not counted",
    "INACTIVITY": "received or spent datacap less than 60 days ago, or has none left",
    f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL": "no provider with more than 25% of the data",
    f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION": "no provider with more than 20% duplicated data",
    f"{SP}_PROVIDERS_UNKNOWN_LOCATION": "the country of every provider known",
    f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION": "providers in more than one place",
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO": "every provider above 0%",
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75": "every provider at 75% or more",
    f"{SP}_PROVIDERS_IPNI_MISREPORTING": "no provider that misreports to IPNI",
    f"{SP}_PROVIDERS_IPNI_NOT_REPORTING": "every provider reports to IPNI",
    f"{SP}_PROVIDERS_DECLARED_NOT_USED": "every declared provider used",
    f"{SP}_PROVIDERS_NOT_DECLARED": "at most 30% of the providers used",
    "DEAL_DATA_REPLICATION_LOW_REPLICA": "at most 25% of the data",
    "DEAL_DATA_REPLICATION_HIGH_REPLICA": "at most 25% of the data",
    "NOT_ENOUGH_COPIES": "at most 34% of the data",
    "DEAL_DATA_REPLICATION_CID_SHARING": "data shared with no other client",
    "UNIQ_DATA_SET_SIZE_TO_DECLARED": "less than 105% of the declared dataset size",
}


def test_every_check_of_clients_has_the_limit_of_the_shipped_rules() -> None:
    assert client_limits(RULES) == OF_CLIENTS
    assert set(OF_CLIENTS) == set(CLIENT_CHECKS)


def test_every_check_of_allocators_has_the_limit_of_the_shipped_rules() -> None:
    found = allocator_limits(RULES)
    assert set(found) == set(ALLOCATOR_CHECKS)
    assert {found[code] for code in CLIENT_CHECKS} == {"at most 50% of the clients fail"}
    assert {code: found[code] for code in ALLOCATOR_CHECKS if code not in CLIENT_CHECKS} == {
        "CLIENT_MULTIPLE_ALLOCATORS": "no client with more than 1 allocator, f0121877 not counted",
        "CLIENT_NOT_ENOUGH_COPIES": "no client with more than 34% of its data in too few copies",
        "MANUAL_ALLOCATION_SCHEDULE": "no allocation above 5, 10, 15, 20, 25% of the request in "
        "turn or 2 times the one before",
    }


@pytest.mark.parametrize(
    ("setting", "code"),
    [
        ("max_provider_deal_percentage", f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL"),
        ("max_duplication_percentage", f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION"),
        ("max_percentage_for_low_replica", "DEAL_DATA_REPLICATION_LOW_REPLICA"),
        ("max_percentage_for_high_replica", "DEAL_DATA_REPLICATION_HIGH_REPLICA"),
        ("max_percentage_for_required_copies", "NOT_ENOUGH_COPIES"),
        ("max_percentage_not_declared_providers", f"{SP}_PROVIDERS_NOT_DECLARED"),
    ],
)
def test_a_limit_follows_its_rule_and_is_absent_where_the_check_is_skipped(
    setting: str, code: str
) -> None:
    name = f"client_report_{setting}"
    other = client_limits(RULES.model_copy(update={name: Decimal("12.5")}))
    assert {found for found in other if other[found] != OF_CLIENTS[found]} == {code}
    assert "12.5%" in other[code]
    skipped = client_limits(RULES.model_copy(update={name: None}))
    assert set(OF_CLIENTS) - set(skipped) == {code}

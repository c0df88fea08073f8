"""What every check publishes, word for word and key for key (compliance §6.3, §6.4.1)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.filplus.checks.allocator_checks import ClientOutcomes
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.checks.client_checks import client_checks
from cdp_assets.filplus.reports.report_rows import Location, ReplicaRow
from tests.unit.filplus.checks import test_allocator_checks as allocators
from tests.unit.filplus.checks.test_client_checks import (
    HEALTHY,
    NOW,
    RULES,
    SP,
    outcome,
    provider,
    replica,
)

Case = tuple[str, dict[str, Any], bool, dict[str, Any]]
FOUR = [provider(f"f0{n}") for n in range(1, 5)]
ELSEWHERE = Location(None, "Kyiv", "30", "UA", "50.45,30.52")

CLIENT_CASES: list[Case] = [
    ("MULTIPLE_ALLOCATORS", {}, True,
     {"msg": "Client receives datacap from 1 allocator", "allocators_count": 1,
      "max_allocators_count": 1}),
    ("MULTIPLE_ALLOCATORS", {"allocators": ["f0300", "f0301"]}, False,
     {"msg": "Client receives datacap from 2 allocators", "allocators_count": 2,
      "max_allocators_count": 1}),
    ("INACTIVITY", {}, True,
     {"msg": "Client is active", "inactivity_period_days": 60, "available_datacap": None,
      "time_since_last_datacap_days": "0.00"}),
    ("INACTIVITY",
     {"last_datacap_received": NOW - timedelta(days=61, hours=12), "last_datacap_spent": None,
      "available_datacap": 2**53 + 1}, False,
     {"msg": "Client has datacap left and was inactive for 60 days", "inactivity_period_days": 60,
      "available_datacap": "9007199254740993", "time_since_last_datacap_days": "61.50"}),
    ("INACTIVITY",
     {"last_datacap_received": None, "last_datacap_spent": None, "available_datacap": 1}, False,
     {"msg": "Client has datacap left and was inactive for 60 days", "inactivity_period_days": 60,
      "available_datacap": "1", "time_since_last_datacap_days": None}),
    (f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL", {"providers": FOUR}, True,
     {"msg": "No storage providers with more than 25% of the data", "violating_ids": [],
      "max_providers_exceeding_provider_deal": 0}),
    (f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL", {}, False,
     {"msg": "2 storage providers with more than 25% of the data", "violating_ids": ["f01", "f02"],
      "max_providers_exceeding_provider_deal": 0}),
    (f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION", {}, True,
     {"msg": "No storage providers with more than 20% duplicated data", "violating_ids": [],
      "max_duplication_percentage": 20, "max_providers_exceeding_max_duplication": 0}),
    (f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION",
     {"providers": [provider("f01", unique_data_size=50), provider("f02")]}, False,
     {"msg": "1 storage provider with more than 20% duplicated data", "violating_ids": ["f01"],
      "max_duplication_percentage": 20, "max_providers_exceeding_max_duplication": 0}),
    (f"{SP}_PROVIDERS_UNKNOWN_LOCATION", {}, True,
     {"msg": "No storage providers at an unknown location", "violating_ids": [],
      "max_providers_with_unknown_location": 0}),
    (f"{SP}_PROVIDERS_UNKNOWN_LOCATION", {"providers": [provider("f01", location=None)]}, False,
     {"msg": "1 storage provider at an unknown location", "violating_ids": ["f01"],
      "max_providers_with_unknown_location": 0}),
    (f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION",
     {"providers": [provider("f01"), provider("f02", location=ELSEWHERE)]}, True,
     {"msg": "Storage providers are in different regions"}),
    (f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION", {}, False,
     {"msg": "All storage providers are in the same region"}),
    (f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION", {"providers": []}, False,
     {"msg": "There is no storage provider"}),
    ("STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO", {}, True,
     {"msg": "No storage providers with no retrievability", "violating_ids": [],
      "max_providers_with_zero_retrievability": 0}),
    ("STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO",
     {"providers": [provider("f01", retrievability=None), provider("f02")]}, False,
     {"msg": "1 storage provider with no retrievability", "violating_ids": ["f01"],
      "max_providers_with_zero_retrievability": 0}),
    ("STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75", {}, True,
     {"msg": "No storage providers with retrievability below 75%", "violating_ids": [],
      "max_providers_with_low_retrievability": 0}),
    ("STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75",
     {"providers": [provider("f01", retrievability=Decimal("0.7499"))]}, False,
     {"msg": "1 storage provider with retrievability below 75%", "violating_ids": ["f01"],
      "max_providers_with_low_retrievability": 0}),
    (f"{SP}_PROVIDERS_IPNI_MISREPORTING", {}, True,
     {"msg": "No storage providers misreporting to IPNI", "violating_ids": [],
      "max_providers_ipni_misreporting": 0}),
    (f"{SP}_PROVIDERS_IPNI_MISREPORTING",
     {"providers": [provider("f01", ipni_reporting_status="MISREPORTING")]}, False,
     {"msg": "1 storage provider misreporting to IPNI", "violating_ids": ["f01"],
      "max_providers_ipni_misreporting": 0}),
    (f"{SP}_PROVIDERS_IPNI_NOT_REPORTING", {}, True,
     {"msg": "No storage providers not reporting to IPNI", "violating_ids": [],
      "max_providers_ipni_not_reporting": 0}),
    (f"{SP}_PROVIDERS_IPNI_NOT_REPORTING",
     {"providers": [provider("f01", ipni_reporting_status="NOT_REPORTING")]}, False,
     {"msg": "1 storage provider not reporting to IPNI", "violating_ids": ["f01"],
      "max_providers_ipni_not_reporting": 0}),
    (f"{SP}_PROVIDERS_DECLARED_NOT_USED", {}, True,
     {"msg": "No storage providers declared but not used", "violating_ids": [],
      "max_providers_declared_not_used": 0}),
    (f"{SP}_PROVIDERS_DECLARED_NOT_USED", {"declared": ["f01", "f02", "f03"]}, False,
     {"msg": "1 storage provider declared but not used", "violating_ids": ["f03"],
      "max_providers_declared_not_used": 0}),
    (f"{SP}_PROVIDERS_NOT_DECLARED", {}, True,
     {"msg": "0.00% of the storage providers used were not declared", "violating_ids": [],
      "percentage_of_not_declared_providers": 0.0,
      "max_percentage_of_not_declared_providers": 30}),
    (f"{SP}_PROVIDERS_NOT_DECLARED", {"providers": FOUR[:3]}, False,
     {"msg": "33.33% of the storage providers used were not declared", "violating_ids": ["f03"],
      "percentage_of_not_declared_providers": 100 / 3,
      "max_percentage_of_not_declared_providers": 30}),
    ("DEAL_DATA_REPLICATION_LOW_REPLICA", {}, True,
     {"msg": "0.00% of the data has fewer than 4 replicas", "max_percentage_for_low_replica": 25}),
    ("DEAL_DATA_REPLICATION_LOW_REPLICA", {"replicas": [replica(3, "25.01")]}, False,
     {"msg": "25.01% of the data has fewer than 4 replicas", "max_percentage_for_low_replica": 25}),
    ("DEAL_DATA_REPLICATION_HIGH_REPLICA", {}, True,
     {"msg": "0.00% of the data has more than 8 replicas", "max_percentage_for_replica": 25}),
    ("DEAL_DATA_REPLICATION_HIGH_REPLICA", {"replicas": [replica(9, "25.01")]}, False,
     {"msg": "25.01% of the data has more than 8 replicas", "max_percentage_for_replica": 25}),
    ("NOT_ENOUGH_COPIES", {}, True,
     {"msg": "0.00% of the data has fewer than 4 copies",
      "max_percentage_for_required_copies": 34}),
    ("NOT_ENOUGH_COPIES", {"required_copies": None}, True,
     {"msg": "The allocator requires no number of copies",
      "max_percentage_for_required_copies": 34}),
    ("NOT_ENOUGH_COPIES", {"replicas": [replica(3, "34.01")]}, False,
     {"msg": "34.01% of the data has fewer than 4 copies",
      "max_percentage_for_required_copies": 34}),
    ("DEAL_DATA_REPLICATION_CID_SHARING", {}, True,
     {"msg": "No CID sharing has been observed", "count": 0}),
    ("DEAL_DATA_REPLICATION_CID_SHARING", {"sharing_rows": 1}, False,
     {"msg": "Data is shared with 1 other client", "count": 1}),
    ("DEAL_DATA_REPLICATION_CID_SHARING", {"sharing_rows": 2}, False,
     {"msg": "Data is shared with 2 other clients", "count": 2}),
    ("UNIQ_DATA_SET_SIZE_TO_DECLARED", {"unique_size": 2, "expected_size": 3}, True,
     {"msg": "Unique data is 66.66% of the declared dataset size"}),
    ("UNIQ_DATA_SET_SIZE_TO_DECLARED", {"unique_size": 105}, False,
     {"msg": "Unique data is 105.00% of the declared dataset size"}),
    ("UNIQ_DATA_SET_SIZE_TO_DECLARED", {"expected_size": None}, False,
     {"msg": "The declared dataset size is unknown"}),
]  # fmt: skip

THREE = [allocators.client(f"f0{n}") for n in range(1, 4)]
LEAVES = "of active clients have allocations that leave the standard tranche schedule"
ALLOCATOR_CASES: list[Case] = [
    ("CLIENT_MULTIPLE_ALLOCATORS", {}, True,
     {"msg": "No clients receiving datacap from more than one allocator", "violating_ids": [],
      "max_clients_using_multiple_allocators_count": 0}),
    ("CLIENT_MULTIPLE_ALLOCATORS",
     {"clients": [allocators.client(allocators=["f0300", "f0301"])]}, False,
     {"msg": "1 client receiving datacap from more than one allocator", "violating_ids": ["f01"],
      "max_clients_using_multiple_allocators_count": 0}),
    ("CLIENT_NOT_ENOUGH_COPIES", {}, True,
     {"msg": "No clients with not enough copies", "violating_ids": [],
      "max_clients_with_not_enough_copies": 0, "max_percentage_for_required_copies": 34}),
    ("CLIENT_NOT_ENOUGH_COPIES",
     {"clients": [c._replace(replicas=[ReplicaRow(3, 1, 1, Decimal("34.01"))]) for c in THREE]},
     False,
     {"msg": "3 clients with not enough copies", "violating_ids": ["f01", "f02", "f03"],
      "max_clients_with_not_enough_copies": 0, "max_percentage_for_required_copies": 34}),
    ("MANUAL_ALLOCATION_SCHEDULE", {}, True,
     {"msg": f"0.00% {LEAVES}", "violating_ids": [], "max_clients_with_invalid_allocations": 0}),
    ("MANUAL_ALLOCATION_SCHEDULE",
     {"clients": [allocators.client(allocations=allocators.grants(51)), *THREE[1:]]}, False,
     {"msg": f"33.33% {LEAVES}", "violating_ids": ["f01"],
      "max_clients_with_invalid_allocations": 0}),
]  # fmt: skip

# What an allocator's message calls each check of its clients.
CALLED = {
    "MULTIPLE_ALLOCATORS": "Multiple allocators",
    "INACTIVITY": "Inactivity",
    f"{SP}_PROVIDERS_EXCEED_PROVIDER_DEAL": "Providers above their share",
    f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION": "Duplicated data",
    f"{SP}_PROVIDERS_UNKNOWN_LOCATION": "Unknown locations",
    f"{SP}_ALL_LOCATED_IN_THE_SAME_REGION": "Same region",
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO": "No retrievability",
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75": "Retrievability below 75 %",
    f"{SP}_PROVIDERS_IPNI_MISREPORTING": "IPNI misreporting",
    f"{SP}_PROVIDERS_IPNI_NOT_REPORTING": "IPNI not reporting",
    f"{SP}_PROVIDERS_DECLARED_NOT_USED": "Declared providers not used",
    f"{SP}_PROVIDERS_NOT_DECLARED": "Providers not declared",
    "DEAL_DATA_REPLICATION_LOW_REPLICA": "Low replica",
    "DEAL_DATA_REPLICATION_HIGH_REPLICA": "High replica",
    "NOT_ENOUGH_COPIES": "Not enough copies",
    "DEAL_DATA_REPLICATION_CID_SHARING": "CID sharing",
    "UNIQ_DATA_SET_SIZE_TO_DECLARED": "Unique dataset size",
}


def _name(case: Case) -> str:
    return f"{case[0]} {'passes' if case[2] else 'fails'}: {case[3]['msg']}"


@pytest.mark.parametrize("case", CLIENT_CASES, ids=_name)
def test_metadata_of_a_client_check(case: Case) -> None:
    code, facts, passes, metadata = case
    assert outcome(code, **facts) == (code, passes, metadata)


@pytest.mark.parametrize("case", ALLOCATOR_CASES, ids=_name)
def test_metadata_of_an_allocators_own_check(case: Case) -> None:
    code, facts, passes, metadata = case
    assert allocators.outcome(code, **facts) == (code, passes, metadata)


@pytest.mark.parametrize("code", CALLED)
@pytest.mark.parametrize(
    ("failed", "share", "passes"), [(["f01"], "33.33%", True), (["f01", "f03"], "66.67%", False)]
)
def test_metadata_of_the_share_of_failing_clients(
    code: str, failed: list[str], share: str, passes: bool
) -> None:
    found = allocators.outcome(code, outcomes={code: ClientOutcomes(failed, 3)})
    assert found == (
        code,
        passes,
        {
            "msg": f"{share} of active clients fail the check '{CALLED[code]}'",
            "violating_ids": failed,
            "max_failing_clients_percentage": 50,
            "clients_count": 3,
        },
    )


def test_every_code_has_a_case_that_passes_and_one_that_fails() -> None:
    both = {(code, passes) for code in CLIENT_CHECKS for passes in (True, False)}
    assert {(code, passes) for code, _, passes, _ in CLIENT_CASES} == both
    own = {(code, passes) for code, _, passes, _ in ALLOCATOR_CASES}
    assert {code for code, _ in own} | set(CALLED) == set(ALLOCATOR_CHECKS)
    assert len(own) == 2 * len(set(ALLOCATOR_CHECKS) - set(CALLED))


def test_a_limit_that_is_no_whole_number_is_shown_as_it_is() -> None:
    rules = RULES.model_copy(update={"client_report_max_duplication_percentage": Decimal("12.5")})
    (found,) = (
        result.metadata
        for result in client_checks(HEALTHY, rules)
        if result.check == f"{SP}_PROVIDERS_EXCEED_MAX_DUPLICATION"
    )
    assert found["max_duplication_percentage"] == 12.5
    assert found["msg"] == "No storage providers with more than 12.5% duplicated data"


@pytest.mark.parametrize(
    ("code", "words", "rule", "limit"),
    [
        ("UNIQ_DATA_SET_SIZE_TO_DECLARED", "less than 105 % of the declared dataset",
         "client_report_total_uniq_data_set_size_allow_exceeds_percentage", 5),
        ("CLIENT_NOT_ENOUGH_COPIES", "more than 34 % of its data in fewer copies",
         "client_report_max_percentage_for_required_copies", 34),
        ("STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75", "a retrievability of 75 % or more",
         "min_retrievability", Decimal("0.75")),
        ("INACTIVITY", "in the last 60 days, or has none left that is known",
         "activity_window_days", 60),
        ("MULTIPLE_ALLOCATORS", "one allocator at most, Glif's not counted",
         "glif_allocator", "f0121877"),
        ("CLIENT_MULTIPLE_ALLOCATORS", "several allocators, Glif's not counted",
         "glif_allocator", "f0121877"),
        ("DEAL_DATA_REPLICATION_CID_SHARING", "At most half of the clients fail",
         "max_failing_clients_percentage", 50),
    ],
)  # fmt: skip
def test_published_words_say_what_is_compared(
    code: str, words: str, rule: str, limit: object
) -> None:
    assert words in ALLOCATOR_CHECKS[code].description
    assert getattr(RULES, rule) == limit

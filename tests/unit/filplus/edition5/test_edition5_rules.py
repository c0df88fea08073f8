"""The fixed edition-5 files: what is read of each, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.filplus.edition5 import rules as rules
from cdp_assets.filplus.registry.rows import KnownAllocators
from simulator.github.edition5 import Edition5

ROBUST = "f410f7l5mtq7w3m52y4joj4ckkiaaqgireqton3l6joy"
KNOWN = KnownAllocators({"f03220716": ROBUST}, {ROBUST: "f03220716"})


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def state(allocator: str = "f01", **audit: Any) -> dict[str, Any]:
    return {"allocatorId": allocator, "allocatorName": "A", "audits": [audit]}


def test_audits_are_numbered_from_zero_with_outcomes_by_name_or_code() -> None:
    document = [
        {**state("f02"), "audits": [{"outcome": "passed", "datacap_amount": 2.5}, {}]},
        state("f01", outcome="REJECTED", started="2024-05-01T00:00:00Z", datacap_amount="5"),
    ]
    first, second, third = rules.read_audit_states(body(document), KNOWN)[0]
    assert (first.allocator_id, first.outcome, first.datacap_amount_pib) == ("f01", "failed", 5)
    assert first.started_at is not None
    assert (second.audit_number, second.outcome) == (0, "passed")
    assert second.datacap_amount_pib == Decimal("2.5")
    assert (third.audit_number, third.outcome, third.datacap_amount_pib) == (1, "unknown", None)


def test_times_are_by_round_from_one_and_a_null_series_has_none() -> None:
    document = {"averageConversationTimesSecs": [10, 20], "averageAllocationTimesSecs": None}
    assert rules.read_audit_times(body(document), KNOWN)[0] == [
        rules.AuditTime("conversation", 1, 10),
        rules.AuditTime("conversation", 2, 20),
    ]


def test_months_have_a_row_for_each_outcome_that_is_counted_or_has_datacap() -> None:
    document = [{"month": "2024-03", "count": {"passed": 2}, "datacap": {"failed": 0.5}}]
    assert rules.read_monthly_outcomes(body(document), KNOWN)[0] == [
        rules.MonthlyOutcome(date(2024, 3, 1), "failed", 0, Decimal("0.5")),
        rules.MonthlyOutcome(date(2024, 3, 1), "passed", 2, Decimal(0)),
    ]


def test_words_of_one_month_are_summed_by_outcome_and_those_outside_the_list_are_noted() -> None:
    document = [
        {
            "month": "2024-03",
            "count": {"DENIED": 2, "passed": 1, "MATCH": 3, "Withdrawn": 4},
            "datacap": {"passed": 0.1, "DOUBLE": "0.2", "DENIED": 5, "lost": None},
        },
        {"month": "2024-04", "count": {"REJECTED": 1}, "datacap": {}},
    ]
    rows, issues = rules.read_monthly_outcomes(body(document), KNOWN)
    assert rows == [
        rules.MonthlyOutcome(date(2024, 3, 1), "passed", 4, Decimal("0.3")),
        rules.MonthlyOutcome(date(2024, 3, 1), "unknown", 6, Decimal(5)),
        rules.MonthlyOutcome(date(2024, 4, 1), "failed", 1, Decimal(0)),
    ]
    (issue,) = issues
    assert (issue.location, issue.reason) == (
        "edition5_AuditOutcomes.json/2024-03",
        "unlisted_outcome",
    )
    for field in ("count.DENIED is '2'", "count.Withdrawn is '4'", "datacap.lost is 'None'"):
        assert field in issue.detail
    (issue,) = rules.read_monthly_outcomes(
        body([{"month": "2024-03", "count": {"DENIED": 2, "passed": 1}, "datacap": {}}]), KNOWN
    )[1]
    assert issue.detail == "count.DENIED is '2', which belongs to no outcome of the list"


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (rules.read_audit_states, {}),
        (rules.read_audit_states, [1]),
        (rules.read_audit_states, [{"allocatorId": "f01"}]),
        (rules.read_audit_states, [{"allocatorId": "f01", "audits": [1]}]),
        (rules.read_audit_states, [{"allocatorId": None, "audits": [{}]}]),
        (rules.read_audit_states, [state(), state()]),
        (rules.read_audit_states, [state(datacap_amount="five")]),
        (rules.read_audit_states, [state(datacap_amount="1e999999")]),
        (rules.read_audit_states, [state(datacap_amount="NaN")]),
        (rules.read_audit_times, []),
        (rules.read_audit_times, {"other": []}),
        (rules.read_audit_times, {"averageAuditTimesSecs": [1.5]}),
        (rules.read_audit_times, {"averageAuditTimesSecs": 5}),
        (rules.read_audit_times, {"averageAuditTimesSecs": {}}),
        (rules.read_pathways, [{"allocatorId": "f01"}]),
        (rules.read_pathways, [{"allocatorId": "f01", "typeOfAllocator": "", "pathway": "x"}]),
        (rules.read_monthly_outcomes, [{"month": "spring", "count": {}, "datacap": {}}]),
        (rules.read_monthly_outcomes, [{"month": "2024-03", "count": {"a": "2"}, "datacap": {}}]),
        (rules.read_monthly_outcomes, [{"month": "2024-03", "count": [], "datacap": {}}]),
        (rules.read_monthly_outcomes, [{"month": "2024-03", "count": {}, "datacap": {"a": "x"}}]),
        (
            rules.read_monthly_outcomes,
            [
                {"month": "2024-03", "count": {"passed": 1}, "datacap": {}},
                {"month": "2024-03-01T00:00:00Z", "count": {"failed": 1}, "datacap": {}},
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:40]),
)
def test_a_file_of_another_form_is_refused(
    read: Callable[[bytes, KnownAllocators], Any], document: object
) -> None:
    with pytest.raises(InvalidSourceResponse):
        read(body(document), KNOWN)


def test_the_invented_files_have_the_form_of_the_real_ones() -> None:
    files = Edition5(3).files()
    assert len(rules.read_audit_states(body(files["edition5_AuditStates.json"]), KNOWN)[0]) >= 12
    assert (
        len(rules.read_audit_times(body(files["edition5_AuditTimesByRound.json"]), KNOWN)[0]) == 12
    )
    assert len(rules.read_pathways(body(files["edition5_DatacapFlow.json"]), KNOWN)[0]) == 12
    assert (
        len(rules.read_monthly_outcomes(body(files["edition5_AuditOutcomes.json"]), KNOWN)[0]) == 64
    )
    assert Edition5(3).files() == files != Edition5(4).files()


def test_what_is_dropped_of_an_audit_is_noted_and_an_address_becomes_the_actor_id() -> None:
    document = [
        state(ROBUST, outcome="DENIED", started="2025-08-212T01:00:00.000Z"),
        state("nobody", outcome="passed") | {"allocatorName": 5},
    ]
    rows, issues = rules.read_audit_states(body(document), KNOWN)
    assert [(r.allocator_id, r.outcome, r.started_at) for r in rows] == [
        ("f03220716", "unknown", None),
        ("nobody", "passed", None),
    ]
    assert {(i.location.split("/")[1], i.reason) for i in issues} == {
        (ROBUST, "id_is_address"),
        (ROBUST, "unlisted_outcome"),
        (ROBUST, "unreadable_time"),
        ("nobody", "unreadable_id"),
        ("nobody", "unreadable_text"),
    }
    flow = [{"allocatorId": ROBUST, "typeOfAllocator": "a", "pathway": "b"}]
    (row,), (issue,) = rules.read_pathways(body(flow), KNOWN)
    assert (row.allocator_id, issue.reason) == ("f03220716", "id_is_address")

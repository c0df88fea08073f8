"""The fixed edition-5 files: what is read of each, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.errors import BadSourceAnswer
from cdp_assets.filplus import edition5_rules as rules
from simulator.edition5 import Edition5


def body(document: object) -> bytes:
    return json.dumps(document).encode()


def state(allocator: str = "f01", **audit: Any) -> dict[str, Any]:
    return {"allocatorId": allocator, "allocatorName": "A", "audits": [audit]}


def test_audits_are_numbered_from_zero_with_outcomes_by_name_or_code() -> None:
    document = [
        {**state("f02"), "audits": [{"outcome": "passed", "datacap_amount": 2.5}, {}]},
        state("f01", outcome="REJECTED", started="2024-05-01T00:00:00Z", datacap_amount="5"),
    ]
    first, second, third = rules.read_audit_states(body(document))
    assert (first.allocator_id, first.outcome, first.datacap_amount_pib) == ("f01", "failed", 5)
    assert first.started_at is not None
    assert (second.audit_number, second.outcome) == (0, "passed")
    assert second.datacap_amount_pib == Decimal("2.5")
    assert (third.audit_number, third.outcome, third.datacap_amount_pib) == (1, "unknown", None)


def test_times_are_by_round_from_one_and_a_null_series_has_none() -> None:
    document = {"averageConversationTimesSecs": [10, 20], "averageAllocationTimesSecs": None}
    assert rules.read_audit_times(body(document)) == [
        rules.AuditTime("conversation", 1, 10),
        rules.AuditTime("conversation", 2, 20),
    ]


def test_months_have_a_row_for_each_outcome_that_is_counted_or_has_datacap() -> None:
    document = [{"month": "2024-03", "count": {"passed": 2}, "datacap": {"failed": 0.5}}]
    assert rules.read_monthly_outcomes(body(document)) == [
        rules.MonthlyOutcome(date(2024, 3, 1), "failed", 0, Decimal("0.5")),
        rules.MonthlyOutcome(date(2024, 3, 1), "passed", 2, Decimal(0)),
    ]


@pytest.mark.parametrize(
    ("read", "document"),
    [
        (rules.read_audit_states, {}), (rules.read_audit_states, [1]),
        (rules.read_audit_states, [{"allocatorId": "f01"}]),
        (rules.read_audit_states, [{"allocatorId": "f01", "audits": [1]}]),
        (rules.read_audit_states, [{"allocatorId": None, "audits": [{}]}]),
        (rules.read_audit_states, [state(), state()]),
        (rules.read_audit_states, [state(datacap_amount="five")]),
        (rules.read_audit_states, [state(datacap_amount="1e999999")]),
        (rules.read_audit_states, [state(datacap_amount="NaN")]),
        (rules.read_audit_times, []), (rules.read_audit_times, {"other": []}),
        (rules.read_audit_times, {"averageAuditTimesSecs": [1.5]}),
        (rules.read_pathways, [{"allocatorId": "f01"}]),
        (rules.read_pathways, [{"allocatorId": "f01", "typeOfAllocator": "", "pathway": "x"}]),
        (rules.read_monthly_outcomes, [{"month": "spring", "count": {}, "datacap": {}}]),
        (rules.read_monthly_outcomes, [{"month": "2024-03", "count": {"a": "2"}, "datacap": {}}]),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:40]),
)  # fmt: skip
def test_a_file_of_another_form_is_refused(
    read: Callable[[bytes], list[Any]], document: object
) -> None:
    with pytest.raises(BadSourceAnswer):
        read(body(document))


def test_the_invented_files_have_the_form_of_the_real_ones() -> None:
    files = Edition5(3).files()
    assert len(rules.read_audit_states(body(files["edition5_AuditStates.json"]))) >= 12
    assert len(rules.read_audit_times(body(files["edition5_AuditTimesByRound.json"]))) == 12
    assert len(rules.read_pathways(body(files["edition5_DatacapFlow.json"]))) == 12
    assert len(rules.read_monthly_outcomes(body(files["edition5_AuditOutcomes.json"]))) == 64
    assert Edition5(3).files() == files != Edition5(4).files()

"""Agreements: versions that meet, what is refused with its field, retroactive changes by two."""

from __future__ import annotations

from typing import Any

import pytest

from cdp_assets.validators.agreements.agreement_job import (
    AgreementForm,
    agreement_job,
    change_agreement,
)
from cdp_assets.validators.agreements.agreement_store import versions_from
from cdp_assets.validators.canonical.canonical_tables import IDENTITIES
from tests.integration.governance.people_world import (
    PARTNER_ID,
    PeopleWorld,
    done,
    email_of,
    refusal,
)
from tests.integration.validators.payments import add_rows, identity

pytestmark = pytest.mark.integration
FINANCE, ADMIN = email_of("finance"), email_of("admin")
CHAIN = "solana-mainnet"
RULE: dict[str, Any] = {
    "rule_id": "r1",
    "method": "FIXED_SHARE",
    "component": "MEV_TIPS",
    "rate_bps": 500,
}
NEW: dict[str, Any] = {
    "action": "create",
    "agreement_id": "A",
    "introducer_id": PARTNER_ID,
    "name": "First",
    "chain_id": CHAIN,
    "effective_from_period": 850,
    "rules": [RULE],
}
NEXT = {"action": "new_version", "agreement_id": "A", "chain_id": CHAIN, "rules": [RULE]}
RANGES = """
    select version, effective_from_period, effective_to_period
    from governance.agreement_versions order by agreement_id, version
"""
STATUS = "select agreement_id, status from governance.agreements order by 1"


def test_an_agreement_is_stored_with_its_terms_as_written(people: PeopleWorld) -> None:
    bounds = {"scope": "PERIOD", "amount_native": 2**70}
    shown = done(people.launch(agreement_job, FINANCE, **NEW, caps=[bounds]))
    assert (shown["result"], shown["version"]) == ("applied", 1)
    assert people.rows(STATUS) == [("A", "ACTIVE")]
    with people.connection.cursor() as cursor:
        (version,) = versions_from(cursor, CHAIN, 850)
    assert version.rules[0].rate_bps == 500
    assert version.caps[0].amount_native == 2**70
    assert people.rows("select jsonb_typeof(caps -> 0 -> 'amount_native') from {}".format(
        "governance.agreement_versions"
    )) == [("string",)]  # fmt: skip
    assert people.actions() == ["CREATE_AGREEMENT"]


def test_a_new_version_ends_its_predecessor_at_its_start(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    done(people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=855))
    assert people.rows(RANGES) == [(1, 850, 855), (2, 855, None)]
    again = people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=852)
    assert refusal(again).startswith("effective_from_period: the range overlaps")
    first = people.launch(
        agreement_job, FINANCE, **NEXT, effective_from_period=852, effective_to_period=855
    )
    assert done(first)["version"] == 3
    assert people.rows(RANGES) == [(1, 850, 852), (2, 855, None), (3, 852, 855)]


def test_a_suspended_agreement_has_no_open_range_and_a_new_version_resumes_it(
    people: PeopleWorld,
) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    done(people.launch(agreement_job, FINANCE, action="suspend", agreement_id="A"))
    assert people.rows(RANGES) == [(1, 850, 860)]
    assert people.rows(STATUS) == [("A", "SUSPENDED")]
    done(people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=865))
    assert people.rows(STATUS) == [("A", "ACTIVE")]
    end = {"action": "end", "agreement_id": "A", "effective_to_period": 870}
    done(people.launch(agreement_job, FINANCE, **end))
    assert people.rows(RANGES) == [(1, 850, 860), (2, 865, 870)]
    assert people.rows(STATUS) == [("A", "ENDED")]
    late = people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=880)
    assert "agreement A has ended" in refusal(late)
    assert people.actions() == [
        "CREATE_AGREEMENT", "SUSPEND_AGREEMENT", "CREATE_AGREEMENT_VERSION", "END_AGREEMENT",
    ]  # fmt: skip


def test_an_agreement_of_two_chains_ends_on_each_at_its_own_period(people: PeopleWorld) -> None:
    other = {"chain_id": "ethereum-mainnet", "effective_from_period": 1300}
    done(people.launch(agreement_job, FINANCE, **NEW))
    done(people.launch(agreement_job, FINANCE, **{**NEXT, **other}))
    end = {"action": "end", "agreement_id": "A", "effective_to_period": 1400}
    refused = people.refusal_of(change_agreement, AgreementForm, FINANCE, end)
    assert "chain_id: periods of ethereum-mainnet, solana-mainnet have different" in refused
    shown = done(people.launch(agreement_job, FINANCE, **end, chain_id="ethereum-mainnet"))
    assert shown["status"] == "ACTIVE"
    rest = {**end, "effective_to_period": 860, "chain_id": CHAIN}
    shown = done(people.launch(agreement_job, FINANCE, **rest))
    assert shown["status"] == "ENDED"
    assert people.rows(RANGES) == [(1, 850, 860), (2, 1300, 1400)]


def test_partners_together_take_no_more_than_there_is_in_any_period(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    most = {**NEW, "agreement_id": "B", "effective_from_period": 900}
    taken = people.launch(agreement_job, FINANCE, **{**most, "rules": [{**RULE, "rate_bps": 9501}]})
    assert "rules: OVER_ATTRIBUTION: from period 900 on, 10001 of 10000" in refusal(taken)
    rest = {**most, "rules": [{**RULE, "rate_bps": 9500}], "effective_to_period": 950}
    done(people.launch(agreement_job, FINANCE, **rest))
    raised = {**NEXT, "effective_from_period": 880, "rules": [{**RULE, "rate_bps": 501}]}
    assert "from period 900 on, 10001" in refusal(people.launch(agreement_job, FINANCE, **raised))
    assert people.rows(RANGES) == [(1, 850, None), (1, 900, 950)]
    done(people.launch(agreement_job, FINANCE, **{**raised, "effective_from_period": 950}))


def test_a_change_of_a_closed_period_needs_two_people_and_the_same_terms(
    people: PeopleWorld,
) -> None:
    early = {**NEW, "effective_from_period": 849}
    first = done(people.launch(agreement_job, FINANCE, **early))
    assert str(first["result"]).startswith("approved by one person")
    assert "has approved agreement_change A already" in refusal(
        people.launch(agreement_job, FINANCE, **early)
    )
    other = {**early, "rules": [{**RULE, "rate_bps": 400}]}
    assert str(done(people.launch(agreement_job, ADMIN, **other))["result"]).startswith("approved")
    assert people.rows(STATUS) == []
    done(people.launch(agreement_job, FINANCE, **other))
    assert people.rows(STATUS) == [("A", "ACTIVE")]
    assert people.actions() == [
        "APPROVE_AGREEMENT_CHANGE",
        "VOID_AGREEMENT_CHANGE_APPROVALS",
        "APPROVE_AGREEMENT_CHANGE",
        "APPROVE_AGREEMENT_CHANGE",
        "CREATE_AGREEMENT",
        "VOID_AGREEMENT_CHANGE_APPROVALS",  # used up: the same change later needs new ones
    ]


_TIERS = [
    {"from_native": 0, "to_native": 100, "rate_bps": 500},
    {"from_native": 200, "to_native": None, "rate_bps": 700},
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no partner", {"introducer_id": None}, "introducer_id: is missing"),
    ("unknown partner", {"introducer_id": PARTNER_ID[:-1] + "2"}, "introducer_id: the partner"),
    ("no chain", {"chain_id": None}, "chain_id: is missing"),
    ("unknown chain", {"chain_id": "solana"}, "solana: unknown chain (known: solana-mainnet"),
    ("no start", {"effective_from_period": None}, "effective_from_period: is missing"),
    ("empty range", {"effective_to_period": 850}, "effective_to_period: 850 is not after"),
    ("a part of a period", {"effective_from_period": 850.5}, "effective_from_period: 850.5"),
    ("no rules", {"rules": []}, "rules: give at least one"),
    ("half a basis point", {"rules": [{**RULE, "rate_bps": 2.5}]}, "RATE_NOT_BPS"),
    (
        "floor above cap",
        {"rules": [{**RULE, "floor_native": 2, "cap_native": "1"}]},
        "the floor of 2 is above the cap of 1",
    ),
    ("tiers with a gap", {"rules": [{**RULE, "rate_bps": None, "tiers": _TIERS}]}, "must be 100"),
    ("a bar", {"agreement_id": "A|B"}, "agreement_id: 'A|B' is not allowed"),
    ("never made", {**NEXT, "effective_from_period": 850}, "agreement_id: there is no agreement A"),
]


def test_a_validator_that_is_unknown_on_the_chain_is_refused_with_the_field(
    people: PeopleWorld,
) -> None:
    named = {**NEW, "rules": [RULE, {**RULE, "rule_id": "r2", "validators": ["vote1", "voteX"]}]}
    with people.connection.cursor() as cursor:
        add_rows(cursor, IDENTITIES, 850, identity(850, "vote1"), identity(850, "vote2"))
    refused = people.refusal_of(change_agreement, AgreementForm, FINANCE, named)
    assert "rules.1.validators: solana-mainnet has no validator voteX; the closest" in refused
    assert people.rows(STATUS) == []
    named["rules"] = [{**RULE, "validators": ["vote1", "vote2"]}]
    done(people.launch(agreement_job, FINANCE, **named))


def test_terms_that_do_not_hold_together_are_refused_with_the_field(people: PeopleWorld) -> None:
    for name, wrong, words in WRONG:
        refused = people.refusal_of(change_agreement, AgreementForm, FINANCE, {**NEW, **wrong})
        assert words in refused, name
    assert people.rows("select count(*) from governance.agreements") == [(0,)]
    assert people.rows("select count(*) from governance.range_numbers") == [(0,)]
    assert people.actions() == []
    done(people.launch(agreement_job, FINANCE, **NEW))
    assert "already" in refusal(people.launch(agreement_job, FINANCE, **NEW))
    assert "has no right to" in refusal(people.launch(agreement_job, email_of("ops"), **NEW))

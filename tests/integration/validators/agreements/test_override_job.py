"""Overrides of a period's total: what their author saw, closed periods, revoking (§8)."""

from __future__ import annotations

from typing import Any

import pytest

from cdp_assets.validators.agreements.agreement_job import agreement_job
from cdp_assets.validators.agreements.override_job import (
    OverrideForm,
    change_override,
    override_job,
)
from tests.integration.governance.people_world import (
    NOW,
    PeopleWorld,
    done,
    email_of,
    refusal,
)
from tests.integration.validators.agreements.test_agreement_job import CHAIN, NEW

pytestmark = pytest.mark.integration
FINANCE, ADMIN = email_of("finance"), email_of("admin")
SET: dict[str, Any] = {
    "action": "create",
    "agreement_id": "A",
    "period_id": "850",
    "amount_native": "60000000",
}


def add_line(people: PeopleWorld, number: int, kind: str, rule: str, amount: int | None) -> None:
    people.connection.execute(
        """
        insert into validators.partner_commission_lines (chain_id, line_id, period_id, month,
            agreement_id, agreement_version, introducer_id, line_kind, rule_id,
            pre_override_amount_native, quality, computation_version, computed_at, inputs_hash,
            code_version, is_current, recorded_at, config_hash, content_hash)
        values (%(chain)s, md5(%(number)s::text)::uuid, '850', '2025-01', 'A', 1,
            '11111111-1111-4111-8111-111111111111', %(kind)s, %(rule)s, %(amount)s, 'COMPLETE', 1,
            %(now)s, 'h', 'c', true, %(now)s, 'c', 'h')
        """,
        {"chain": CHAIN, "number": number, "kind": kind, "rule": rule, "amount": amount,
         "now": NOW},
    )  # fmt: skip


def test_an_override_stores_the_total_that_its_author_saw(people: PeopleWorld) -> None:
    """Vector O1's 50000000, with lines that an override of a period leaves alone."""
    done(people.launch(agreement_job, FINANCE, **NEW))
    assert done(people.launch(override_job, FINANCE, **SET))["pre_override_native"] is None
    for number, (kind, rule, amount) in enumerate(
        [
            ("ATTRIBUTION", "r1", 30000000),
            ("FLOOR_TOPUP", "", 20000000),
            ("CAP_REDUCTION", "month", -7),
            ("ADJUSTMENT", "r1", 5),
            ("OVERRIDE", "", 9),
        ]
    ):
        add_line(people, number, kind, rule, amount)
    shown = done(people.launch(override_job, FINANCE, **{**SET, "period_id": 850}))
    assert shown["pre_override_native"] == "50000000"
    add_line(people, 9, "ATTRIBUTION", "r2", None)
    assert done(people.launch(override_job, FINANCE, **SET))["pre_override_native"] is None
    assert people.rows(
        "select count(*), count(distinct override_id) from governance.overrides"
    ) == [(3, 3)]


def test_an_override_is_revoked_once_and_stays_for_the_record(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    override_id = done(people.launch(override_job, FINANCE, **SET))["override_id"]
    revoke = {"action": "revoke", "override_id": override_id}
    done(people.launch(override_job, ADMIN, **revoke))
    assert "is revoked already" in refusal(people.launch(override_job, ADMIN, **revoke))
    assert people.rows(
        "select amount_native::text, revoked_by <> created_by, revoke_reason, chain_id "
        "from governance.overrides"
    ) == [("60000000", True, "agreed by both sides", CHAIN)]
    assert people.actions()[1:] == ["CREATE_OVERRIDE", "REVOKE_OVERRIDE"]
    assert people.rows("select after from audit.log where seq = 2") == [
        (
            {
                "agreement_id": "A",
                "amount_native": "60000000",
                "chain_id": CHAIN,
                "period_id": "850",
            },
        )
    ]


def test_what_may_not_be_overridden_is_refused_with_the_field(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **{**NEW, "effective_to_period": 855}))
    override_id = done(people.launch(override_job, FINANCE, **SET))["override_id"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"period_id": "849"}, "period_id: period 849 is closed: a released statement has used it"),
        ({"period_id": "999"}, "period_id: solana-mainnet has no period 999"),
        ({"period_id": "856"}, "period_id: agreement A is not in force in period 856"),
        ({"period_id": None}, "period_id: is missing"),
        ({"amount_native": None}, "amount_native: is missing"),
        ({"amount_native": -1}, "amount_native: -1 is not allowed"),
        ({"amount_native": 0.5}, "amount_native: 0.5 is not allowed"),
        ({"amount_native": str(10**78)}, "amount_native"),
        ({"agreement_id": "B"}, "agreement_id: there is no agreement B"),
        ({"chain_id": "ethereum-mainnet"}, "chain_id: agreement A has the chains solana-mainnet"),
        ({"action": "revoke"}, "override_id: is missing"),
    ]
    for changed, words in wrong:
        refused = people.refusal_of(change_override, OverrideForm, FINANCE, {**SET, **changed})
        assert words in refused, changed
    people.connection.execute(
        "alter table validators.canonical_periods__solana_mainnet disable trigger user"
    )
    people.connection.execute(
        "update validators.canonical_periods set status = 'CLOSED' where period_id = '850'"
    )
    closed = people.launch(override_job, FINANCE, action="revoke", override_id=override_id)
    assert "period 850 is closed" in refusal(closed)
    assert "reason: 'why not' is not allowed" in refusal(
        people.launch(override_job, FINANCE, "why not", **SET)
    )
    assert people.rows("select count(*) from governance.overrides") == [(1,)]

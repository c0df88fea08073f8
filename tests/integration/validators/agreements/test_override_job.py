"""Overrides of a period's total: what their author saw, closed periods, revoking (§8)."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from cdp_assets.validators.agreements.agreement_job import agreement_job
from cdp_assets.validators.agreements.override_job import (
    OverrideForm,
    change_override,
    override_job,
)
from cdp_assets.validators.canonical.canonical_tables import IDENTITIES
from tests.integration.governance.people_world import (
    NOW,
    PeopleWorld,
    done,
    email_of,
    refusal,
)
from tests.integration.validators.agreements.test_agreement_job import CHAIN, NEW, RULE
from tests.integration.validators.payments import add_rows, identity

pytestmark = pytest.mark.integration
FINANCE, ADMIN = email_of("finance"), email_of("admin")
SET: dict[str, Any] = {
    "action": "create",
    "agreement_id": "A",
    "period_id": "850",
    "amount_native": "60000000",
}


def add_line(
    people: PeopleWorld,
    number: int,
    kind: str,
    rule: str,
    amount: int | None,
    validator: str | None = None,
) -> None:
    people.connection.execute(
        """
        insert into validators.partner_commission_lines (chain_id, line_id, period_id, month,
            agreement_id, agreement_version, introducer_id, line_kind, rule_id,
            validator_key, revenue_component, pre_override_amount_native, quality,
            computation_version, computed_at, inputs_hash,
            code_version, is_current, recorded_at, config_hash, content_hash)
        values (%(chain)s, md5(%(number)s::text)::uuid, '850', '2025-01', 'A', 1,
            '11111111-1111-4111-8111-111111111111', %(kind)s, %(rule)s,
            %(validator)s, 'MEV_TIPS', %(amount)s, 'COMPLETE', 1,
            %(now)s, 'h', 'c', true, %(now)s, 'c', 'h')
        """,
        {"chain": CHAIN, "number": number, "kind": kind, "rule": rule, "amount": amount,
         "validator": validator, "now": NOW},
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


def test_an_override_of_a_part_stores_the_total_of_its_lines(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    for number, validator in enumerate(("v1", "v2")):
        add_line(people, number, "ATTRIBUTION", "r1", 10 + number, validator)
    part = {**SET, "validator_key": "v2", "component": "MEV_TIPS"}
    shown = done(people.launch(override_job, FINANCE, **part))
    assert (shown["pre_override_native"], shown["validator_key"]) == ("11", "v2")
    assert people.rows(
        "select validator_key, component, pre_override_native from governance.overrides"
    ) == [("v2", "MEV_TIPS", 11)]
    assert people.rows("select after ->> 'component' from audit.log where seq = 2") == [
        ("MEV_TIPS",)
    ]


def test_an_override_of_a_part_of_what_another_one_sets_is_refused(people: PeopleWorld) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    both = {"validator_key": "v1", "component": "MEV_TIPS"}
    for part in (both, {"validator_key": "v1"}, {"validator_key": "v2"}, {"validator_key": "v1"}):
        done(people.launch(override_job, FINANCE, **SET, **part))
    for part, field in ((both, "validator_key"), ({"component": "MEV_TIPS"}, "component")):
        refused = people.refusal_of(change_override, OverrideForm, FINANCE, {**SET, **part})
        assert refused.startswith(f"{field}: override ")
        assert "sets some of these lines together with others" in refused
    total = done(people.launch(override_job, FINANCE, **SET))["override_id"]
    refused = people.refusal_of(
        change_override, OverrideForm, FINANCE, {**SET, "validator_key": "v3"}
    )
    assert f"override {total} sets some" in refused
    done(people.launch(override_job, FINANCE, action="revoke", override_id=total))
    done(people.launch(override_job, FINANCE, **SET, validator_key="v3"))


def test_a_part_without_lines_is_refused_with_the_field(people: PeopleWorld) -> None:
    tiers = [{"from_native": 0, "to_native": None, "rate_bps": 100}]
    summed = {**RULE, "rule_id": "r2", "component": "EXEC_FEES", "rate_bps": None, "tiers": tiers}
    rules = [{**RULE, "validators": ["v1"]}, {**summed, "tier_scope": "AGREEMENT"}]
    done(people.launch(agreement_job, FINANCE, **{**NEW, "rules": rules}))
    with people.connection.cursor() as cursor:
        add_rows(cursor, IDENTITIES, 850, identity(850, "v1"), identity(850, "v2"))
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"component": "TOTAL"}, "component: version 1 of agreement A shares EXEC_FEES, MEV_TIPS"),
        ({"component": "FEES"}, "component: 'FEES' is not allowed"),
        ({"validator_key": "vv"}, "validator_key: solana-mainnet has no validator vv"),
        ({"validator_key": "v2"}, "validator_key: version 1 of agreement A has no lines of"),
        (
            {"validator_key": "v1", "component": "EXEC_FEES"},
            "validator_key: version 1 of agreement A has no lines of validator v1",
        ),
    ]
    for changed, words in wrong:
        refused = people.refusal_of(change_override, OverrideForm, FINANCE, {**SET, **changed})
        assert words in refused, changed


def test_the_author_saw_nothing_before_the_lines_and_0_where_none_was_yielded(
    people: PeopleWorld,
) -> None:
    done(people.launch(agreement_job, FINANCE, **NEW))
    assert done(people.launch(override_job, FINANCE, **SET))["pre_override_native"] is None
    people.connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, "
        "version) values ('validators/solana_mainnet/partner_commission_lines', '850', "
        "'MATERIALIZED', true, 1)"
    )
    assert done(people.launch(override_job, FINANCE, **SET))["pre_override_native"] == "0"


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
    for reason in ("why not", "why not" + " " * 10):
        with pytest.raises(dg.DagsterInvalidConfigError, match=f"reason: {reason!r} is not"):
            people.launch(override_job, FINANCE, reason, **SET)
    assert people.rows("select count(*) from governance.overrides") == [(1,)]

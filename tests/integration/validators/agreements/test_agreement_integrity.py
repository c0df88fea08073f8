"""Agreements that differ from what the audit log recorded of them are named."""

from __future__ import annotations

import pytest

from cdp_assets.validators.agreements.agreement_job import agreement_job
from cdp_assets.validators.verification.integrity import verify_agreements
from tests.integration.governance.people_world import PARTNER_ID, PeopleWorld, done
from tests.integration.validators.agreements.test_agreement_job import (
    CHAIN,
    FINANCE,
    NEW,
    NEXT,
    RULE,
)

pytestmark = pytest.mark.integration
AGREEMENTS = "agreements are as the audit log recorded them"
VERSIONS = "agreement_versions are as the audit log recorded them"
_SET = "update governance.agreement_versions set {} where agreement_id = 'A' and version = {}"
FORGERIES = {
    _SET.format("rules = jsonb_set(rules, '{{0,rate_bps}}', '9000')", 1): (
        VERSIONS,
        "A version 1: rules differ from entry 1 ",
    ),
    _SET.format("caps = '[]'", 1): (VERSIONS, "A version 1: caps differ from entry 1 "),
    _SET.format("floors = '[{{}}]'", 2): (VERSIONS, "A version 2: floors differ from entry "),
    _SET.format("effective_to_period = 854", 1): (VERSIONS, "A version 1: effective_to_period "),
    _SET.format("effective_to_period = null", 3): (VERSIONS, "A version 3: effective_to_period "),
    _SET.format("effective_from_period = 851", 1): (VERSIONS, "version 1: effective_from_period "),
    "delete from governance.agreement_versions where version = 2": (
        VERSIONS,
        "A version 2: entry 2 of the audit log has it, it is gone",
    ),
    _SET.format("version = 9", 2): (VERSIONS, "A version 9: no entry of the audit log has it"),
    "update governance.agreements set introducer_id = gen_random_uuid() where agreement_id = 'A'": (
        AGREEMENTS,
        f"the audit log has ENDED of {PARTNER_ID}",
    ),
    "update governance.agreements set status = 'ACTIVE' where agreement_id = 'A'": (
        AGREEMENTS,
        "A: is ACTIVE of ",
    ),
}


def _broken(people: PeopleWorld) -> dict[str, tuple[str, ...]]:
    results = list(verify_agreements(people.connection))
    assert [result.what for result in results] == [AGREEMENTS, VERSIONS]
    return {result.what: result.broken for result in results if result.broken_count}


def test_each_forgery_of_an_agreement_is_named(people: PeopleWorld) -> None:
    cap = {"scope": "PERIOD", "amount_native": 2**70}
    done(people.launch(agreement_job, FINANCE, **NEW, caps=[cap]))
    done(people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=855))
    done(people.launch(agreement_job, FINANCE, action="suspend", agreement_id="A"))
    done(people.launch(agreement_job, FINANCE, **NEXT, effective_from_period=865))
    end = {"action": "end", "agreement_id": "A", "effective_to_period": 870}
    done(people.launch(agreement_job, FINANCE, **end))
    small = {**RULE, "rate_bps": 1}
    other = {**NEW, "agreement_id": "B", "rules": [small]}
    done(people.launch(agreement_job, FINANCE, **other))
    abroad = {"chain_id": "ethereum-mainnet", "effective_from_period": 1300, "rules": [small]}
    done(people.launch(agreement_job, FINANCE, **{**NEXT, **abroad, "agreement_id": "B"}))
    stop = {"action": "end", "agreement_id": "B", "effective_to_period": 858, "chain_id": CHAIN}
    done(people.launch(agreement_job, FINANCE, **stop))
    assert _broken(people) == {}
    people.connection.execute("set session_replication_role = replica")  # guards are triggers
    for forgery, (what, text) in FORGERIES.items():
        with people.connection.transaction(force_rollback=True):
            people.connection.execute(forgery.replace("{{", "{").replace("}}", "}").encode())
            found = _broken(people)
        assert found.keys() == {what}, (forgery, found)
        assert any(text in line for line in found[what]), (forgery, found)

"""Explanations of lines down to the places of amounts, and dry runs of terms."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from cdp_assets.errors import BadConfiguration, MissingUpstream, PermanentFailure
from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import FEES
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.commissions.explanation.dry_run import DryRun, dry_run
from cdp_assets.validators.commissions.explanation.explain import explain_line
from cdp_assets.validators.commissions.explanation.payload_places import places_of
from tests.integration.validators.payments import (
    CHAIN,
    NOW,
    RULE,
    Ledger,
    add_override,
    add_partner,
    add_periods,
    add_rows,
    add_validators,
    add_version,
    fees,
)


@pytest.fixture
def ledger(dsn: str, registry: Registry) -> Iterator[Ledger]:
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    chain = registry.chains[0].model_copy(update={"operator_stake_accounts": {}})
    registry = registry.model_copy(update={"chains": [chain]})
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        add_periods(cursor, range(850, 854))
        add_partner(cursor)
        yield Ledger(dsn, registry, cursor)


def add_response(ledger: Ledger, period: int, document: object) -> uuid.UUID:
    """Store a response of fees; return its id."""
    payload = uuid.uuid4()
    body = json.dumps(document)
    ledger.cursor.execute(
        "insert into staging.staging_payloads (payload_id, run_id, chain_id, period_id, "
        "validator_key, provider_name, data_type, request_fingerprint, http_status, "
        "fetch_timestamp, last_seen_at, role, is_complete, response_hash, raw_payload, raw_body) "
        "values (%s, 'r', %s, %s, '', 'test', 'FEES', 'f', 200, %s, %s, 'answer', true, 'h', "
        "%s, %s)",
        [payload, CHAIN, str(period), NOW, NOW, body, body.encode()],
    )
    return payload


def explained(ledger: Ledger) -> list[str]:
    ((line_id,),) = ledger.query(
        "select line_id from validators.partner_commission_lines "
        "where is_current and line_kind = 'ATTRIBUTION'"
    )
    return list(explain_line(ledger.cursor.connection, line_id))


def test_a_line_is_explained_in_order_down_to_the_place_of_its_amount(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE)
    add_validators(ledger.cursor, 850, A=1000)
    payload = add_response(
        ledger,
        850,
        {"result": [{"rewards": [{"pubkey": "A", "lamports": 600, "rewardType": "Fee"}]},
                    {"rewards": [{"pubkey": "A", "lamports": 400, "rewardType": "Fee"}]}]},
    )  # fmt: skip
    row = replace(fees(850, "A", 1000), origin=("test", payload), quality_flags=("X",))
    add_rows(ledger.cursor, FEES, 850, row)
    ledger.compute(850)
    override = add_override(ledger.cursor, "A", 850, 60, seen=50)
    ledger.lines(850)
    found = explained(ledger)
    heads = [text.split(":")[0] for text in found if not text.startswith("  ")]
    assert heads[1:] == [
        "agreement version", "rule", "base", "rate", "raw amount, rounded down once",
        "floor of the rule adds", "cap of the rule takes", "amount before an override",
        "override", "final amount", "P&L of A", "canonical_validator_fees",
        "canonical_validator_mev", "canonical_stake_rewards", "canonical_validator_meta",
    ]  # fmt: skip
    text = "\n".join(found)
    for part in (
        "1000/1 exactly",
        "500 bps",
        "rounded down once: 50",
        f"60 of override {override} by user-1",
        "final amount: 60 (COMPLETE)",
        f"payload {payload} (answer): $.result[0].rewards[0].lamports = 600",
        "$.result[1].rewards[0].lamports = 400",
    ):
        assert part in text


def test_an_unknown_line_is_refused(ledger: Ledger) -> None:
    with pytest.raises(PermanentFailure, match="no such line"):
        list(explain_line(ledger.cursor.connection, uuid.uuid4()))


def test_places_are_found_by_name_of_the_object_or_by_the_amount() -> None:
    document = {
        "result": [None, {"amount": 82, "commission": 2}],
        "rewards": [{"vote_account": "A", "mev_revenue": "900", "epoch": 842}, {"amount": 1}],
    }
    assert list(places_of(document, {82, 0}, {"A"})) == [
        ("$.result[1].amount", "82"),
        ("$.rewards[0].mev_revenue", "900"),
    ]


def tried(ledger: Ledger, *rules: dict[str, object], first: str = "850") -> DryRun:
    return dry_run(
        ledger.cursor.connection, ledger.chain, {"rules": list(rules)}, first, "852", NOW
    )


def test_a_dry_run_computes_terms_beside_those_in_force_and_writes_nothing(
    ledger: Ledger,
) -> None:
    add_version(ledger.cursor, "B", {**RULE, "rate_bps": 9000})
    for period in (850, 851, 852):
        add_validators(ledger.cursor, period, A=80)
    ledger.compute(850, 851, 852)
    before = ledger.rows()
    tiers = [
        {"from_native": 0, "to_native": 100, "rate_bps": 500},
        {"from_native": 100, "to_native": None, "rate_bps": 5000},
    ]
    done = tried(
        ledger, {"rule_id": "t", "method": "FIXED_SHARE", "component": "EXEC_FEES",
                 "tiers": tiers, "tier_window": "LIFETIME"},
    )  # fmt: skip
    assert [period.total_native for period in done.periods] == [4, 31, 40]
    assert [one.period_id for one in done.periods if one.over_attributed] == ["851", "852"]
    ((rate,),) = [done.over_attributed]
    assert (rate.attributed, rate.agreement_ids) == (14_000, ("B", "dry-run"))
    assert ledger.rows() == before


def test_a_dry_run_refuses_wrong_terms_and_unknown_periods(ledger: Ledger) -> None:
    with pytest.raises(BadConfiguration, match="rules.0"):
        tried(ledger, {"rule_id": "t"})
    with pytest.raises(MissingUpstream, match="canonical_periods"):
        tried(ledger, RULE, first="1")

"""Recomputation: equal inputs write nothing, restated ones give a report and only what changed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import FEES
from cdp_assets.validators.chain_assets.recompute_job import (
    Recomputation,
    build_recompute_job,
    recompute,
)
from cdp_assets.validators.chains.chain_registry import Registry
from resources.postgres.warehouse import Warehouse
from tests.integration.governance.people_world import add_user
from tests.integration.validators.payments import (
    NOW,
    RULE,
    Ledger,
    add_partner,
    add_periods,
    add_rows,
    add_validators,
    add_version,
    fees,
)

BANDS = [
    {"from_native": "0", "to_native": "100", "rate_bps": 500},
    {"from_native": "100", "to_native": None, "rate_bps": 5000},
]
LIFETIME = {
    "rule_id": "t", "method": "FIXED_SHARE", "component": "EXEC_FEES", "tiers": BANDS,
    "tier_window": "LIFETIME", "validators": ["A"],
}  # fmt: skip


@pytest.fixture
def ledger(dsn: str, registry: Registry) -> Iterator[Ledger]:
    """Four computed periods with a flat agreement and one of lifetime tiers."""
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    chain = registry.chains[0].model_copy(update={"operator_stake_accounts": {}})
    registry = registry.model_copy(update={"chains": [chain]})
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        add_periods(cursor, range(850, 856))
        add_partner(cursor)
        add_version(cursor, "F", RULE)
        add_version(cursor, "T", LIFETIME)
        for period in range(850, 854):
            add_validators(cursor, period, A=80, B=1000)
        made = Ledger(dsn, registry, cursor)
        made.compute(*range(850, 854))
        yield made


def again(ledger: Ledger, first: int, last: int) -> Recomputation:
    ledger.runs += 1
    run = DirectRun(f"recompute-{ledger.runs}")
    warehouse = Warehouse(url=ledger.dsn)
    return recompute(run, warehouse, ledger.registry, ledger.chain, str(first), str(last))


def test_equal_inputs_write_nothing_and_are_unchanged(ledger: Ledger) -> None:
    before = ledger.rows(), ledger.query("select * from ops.asset_version order by 1")
    done = again(ledger, 850, 853)
    assert done.outcome == "UNCHANGED"
    assert done.report()["lines_changed"] == 0
    assert (ledger.rows(), ledger.query("select * from ops.asset_version order by 1")) == before


def test_a_restatement_reports_its_lines_and_computes_the_rest_of_the_window(
    ledger: Ledger,
) -> None:
    """80 becomes 100 in 850: F gains 1, T's later bands move by 20 at half the rate."""
    add_rows(ledger.cursor, FEES, 850, fees(850, "A", 100), fees(850, "B", 1000))
    done = again(ledger, 850, 850)
    assert (done.outcome, done.periods, done.later) == ("CHANGED", ("850",), ("851", "852", "853"))
    report = done.report()
    assert report["validator_pnl_versions"] == 1
    assert json.loads(report["by_period"]) == {
        "850": {"added": 0, "removed": 0, "changed": 2, "delta_native": "2"},
        "851": {"added": 0, "removed": 0, "changed": 1, "delta_native": "9"},
        "852": {"added": 0, "removed": 0, "changed": 0, "delta_native": "0"},
        "853": {"added": 0, "removed": 0, "changed": 0, "delta_native": "0"},
    }
    assert ledger.stale() == []
    assert again(ledger, 850, 853).outcome == "UNCHANGED"


def test_an_agreement_that_is_new_adds_lines_in_its_periods_alone(ledger: Ledger) -> None:
    add_version(ledger.cursor, "N", {**RULE, "validators": ["B"]}, start=852)
    assert ledger.stale() == ["852", "853"]
    report = again(ledger, 850, 853).report()
    assert (report["lines_added"], report["delta_native"]) == (2, "100")
    assert set(json.loads(report["by_period"])) == {"852", "853"}


def test_the_job_reports_the_diff_and_leaves_an_audit_row(ledger: Ledger) -> None:
    add_user(ledger.cursor.connection, "ops@example.org", "ops")
    add_rows(ledger.cursor, FEES, 850, fees(850, "A", 100), fees(850, "B", 1000))
    result = build_recompute_job(ledger.registry).execute_in_process(
        run_config={
            "chain_id": "solana-mainnet",
            "from_period": 850,
            "to_period": "853",
            "reason": "fees of 850 were restated",
        },
        resources={"warehouse": Warehouse(url=ledger.dsn)},
        tags={"user": "ops@example.org"},
    )
    (event,) = [e for e in result.all_events if e.is_successful_output]
    shown = {name: entry.value for name, entry in event.step_output_data.metadata.items()}
    assert (shown["outcome"], shown["lines_changed"], shown["delta_native"]) == ("CHANGED", 3, "11")
    ((after, reason),) = ledger.query(
        "select after, reason from audit.log where action = 'RECOMPUTE_PERIODS'"
    )
    assert (after["delta_native"], reason) == ("11", "fees of 850 were restated")


def test_an_unknown_or_reversed_range_is_refused(ledger: Ledger) -> None:
    with pytest.raises(MissingUpstream, match="999"):
        again(ledger, 850, 999)
    with pytest.raises(BadConfiguration, match="comes after"):
        again(ledger, 851, 850)

"""Commission lines over the tables: windows, overrides, staleness, refusals, and equal bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from cdp_assets.errors import MissingUpstream, PermanentFailure
from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import FEES, REWARDS
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.commissions.line_table import LINES, adjustment_lines
from cdp_assets.validators.storage.versioned_append import Stamp, VersionedRow, append_versions
from tests.integration.validators.payments import (
    CHAIN,
    JANUARY,
    NOW,
    PARTNER,
    RULE,
    Ledger,
    add_mapping,
    add_override,
    add_partner,
    add_periods,
    add_rows,
    add_validators,
    add_version,
    fees,
    reward,
)

BANDS = [
    {"from_native": "0", "to_native": "100", "rate_bps": 500},
    {"from_native": "100", "to_native": "500", "rate_bps": 5000},
    {"from_native": "500", "to_native": None, "rate_bps": 10000},
]
TIERED = {"rule_id": "t", "method": "FIXED_SHARE", "component": "EXEC_FEES", "tiers": BANDS}


@pytest.fixture
def ledger(dsn: str, registry: Registry) -> Iterator[Ledger]:
    """Periods 850 to 859 end every two days from 1 January 2025 on, 859 on the 19th."""
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    chain = registry.chains[0].model_copy(update={"operator_stake_accounts": {}})
    registry = registry.model_copy(update={"chains": [chain]})
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        add_periods(cursor, range(850, 860))
        add_partner(cursor)
        yield Ledger(dsn, registry, cursor)


def restate(ledger: Ledger, period: int, **fees_of: int) -> None:
    rows = [fees(period, name, amount) for name, amount in sorted(fees_of.items())]
    add_rows(ledger.cursor, FEES, period, *rows)


def test_lines_are_written_with_their_base_rate_and_inputs(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE)
    add_validators(ledger.cursor, 850, A=1999, B=None)
    done = ledger.compute(850)["850"]
    assert (done.rows, done.appended.new, done.statistics["lines_incomplete"]) == (2, 2, 1)
    assert ledger.query(
        "select validator_key, agreement_version, introducer_id::text, month, base_numerator, "
        "base_denominator, commission_rate_bps, raw_amount_native, final_amount_native, quality, "
        "reason_code, tiers from validators.partner_commission_lines order by 1"
    ) == [
        ("A", 1, PARTNER, "2025-01", 1999, 1, 500, 99, 99, "COMPLETE", None, None),
        ("B", 1, PARTNER, "2025-01", None, None, 500, None, None, "INCOMPLETE", "INCOMPLETE", None),
    ]
    assert ledger.query("select label, row_count from ops.record_counts") == [("FIXED_SHARE", 2)]


def test_windows_add_up_over_stored_lines_in_the_order_of_periods(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "LIFETIME"})
    for period, amount in ((850, 80), (851, 50), (852, 500)):
        add_validators(ledger.cursor, period, A=amount)
    ledger.compute(850)
    ledger.compute(851)
    ledger.compute(852)
    assert [ledger.finals(period)["A"] for period in (850, 851, 852)] == [4, 16, 315]
    ((tiers,),) = ledger.query(
        "select tiers from validators.partner_commission_lines where period_id = '852'"
    )
    assert tiers["measured_before"] == "130"
    assert [band["part"] for band in tiers["bands"]] == ["370", "130"]


def test_a_restatement_computes_the_rest_of_its_window_in_the_same_run(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "LIFETIME"})
    add_version(ledger.cursor, "B", {**RULE, "rate_bps": 1})
    for period in (850, 851, 852):
        add_validators(ledger.cursor, period, A=80)
    ledger.compute(850, 851, 852)
    restate(ledger, 850, A=100)
    done = ledger.compute(850, 851, 852)
    assert [ledger.finals(period)["A"] for period in (850, 851, 852)] != [4, 31, 40]
    assert [done[str(period)].appended.changed for period in (850, 851, 852)] == [2, 1, 1]
    assert ledger.stale() == []


def test_a_restatement_marks_the_rest_of_its_window_alone(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "MONTH"}, end=853)
    for period in range(850, 855):
        add_validators(ledger.cursor, period, A=80)
    ledger.compute(*range(850, 855))
    restate(ledger, 851, A=100)
    ledger.pnl(851)
    assert ledger.stale() == ["851"]
    ledger.lines(851)
    assert ledger.stale()[0] == "852"
    assert "850" not in ledger.stale()


def test_a_restatement_marks_the_window_of_a_later_version(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "PERIOD"}, end=851)
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "LIFETIME"}, start=851, number=2)
    for period in (850, 851):
        add_validators(ledger.cursor, period, A=80)
    ledger.compute(850, 851)
    assert ledger.finals(851) == {"A": 31}
    restate(ledger, 850, A=100)
    ledger.pnl(850)
    ledger.lines(850)
    assert ledger.stale() == ["851"]
    ledger.compute(851)
    assert ledger.finals(851) == {"A": 40}


def test_a_period_out_of_order_is_refused_where_a_window_needs_the_earlier_one(
    ledger: Ledger,
) -> None:
    add_version(ledger.cursor, "A", TIERED | {"tier_window": "LIFETIME"})
    for period in (850, 851):
        add_validators(ledger.cursor, period, A=80)
    with pytest.raises(MissingUpstream, match="period out of order.*850 has no lines"):
        ledger.compute(851)
    assert ledger.rows() == []
    ledger.compute(850, 851)
    assert ledger.finals(851) == {"A": 31}


def test_over_attribution_names_who_and_writes_nothing(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", {**RULE, "rate_bps": 9000})
    add_version(ledger.cursor, "B", {**RULE, "rate_bps": 2000})
    add_validators(ledger.cursor, 850, A=100)
    with pytest.raises(
        PermanentFailure, match="OVER_ATTRIBUTION.*EXEC_FEES of A: 110 of 100 by A, B"
    ):
        ledger.compute(850)
    assert ledger.rows() == []


def test_o1_an_override_is_the_last_word_and_its_revocation_the_inverse(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE)
    add_validators(ledger.cursor, 850, A=1_000_000_000)
    ledger.compute(850)
    plain = ledger.query("select * from validators.partner_commission_lines")
    override = add_override(ledger.cursor, "A", 850, 60_000_000, seen=50_000_000)
    assert ledger.stale() == ["850"]
    done = ledger.lines(850)["850"]
    assert (done.statistics["lines_changed"], done.statistics["delta_native"]) == (1, 10_000_000)
    restate(ledger, 850, A=1_040_000_000)
    ledger.compute(850)
    assert ledger.query(
        "select pre_override_amount_native, override_amount_native, final_amount_native, "
        "override_id::text, override_reason, override_user_id, override_stale "
        "from validators.partner_commission_lines where is_current"
    ) == [(52_000_000, 60_000_000, 60_000_000, override, "goodwill of a test", "user-1", True)]
    ledger.cursor.execute(
        "update governance.overrides set revoked_at = created_at, revoked_by = 'u', "
        "revoke_reason = 'it was a mistake'"
    )
    restate(ledger, 850, A=1_000_000_000)
    ledger.compute(850)
    assert ledger.finals(850) == {"A": 50_000_000}
    assert len(plain) == 1


def test_an_override_without_lines_is_carried_by_one_of_its_own(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", {**RULE, "validators": ["elsewhere"]})
    add_validators(ledger.cursor, 850, A=1000)
    add_override(ledger.cursor, "A", 850, 77)
    ledger.compute(850)
    assert ledger.finals(850) == {"OVERRIDE": 77}


def end_january_with(ledger: Ledger, last: int) -> None:
    """Let the periods after one end in a later month."""
    end = JANUARY + timedelta(days=31) - timedelta(seconds=1)
    ledger.cursor.execute("set session_replication_role = replica")
    ledger.cursor.execute(
        "update validators.canonical_periods set end_ts = %s where period_id = %s",
        [end, str(last)],
    )
    for period in range(last + 1, 860):
        ledger.cursor.execute(
            "update validators.canonical_periods set end_ts = end_ts + interval '40 days' "
            "where period_id = %s", [str(period)],
        )  # fmt: skip
    ledger.cursor.execute("set session_replication_role = origin")


def test_bounds_of_a_month_hold_for_an_agreement_that_ended_in_it(ledger: Ledger) -> None:
    """The bound is written under the month's last period (validator §7.4)."""
    end_january_with(ledger, 853)
    floor = {"scope": "MONTH", "amount_native": "50000000"}
    add_version(ledger.cursor, "A", {**RULE, "rate_bps": 10_000}, floors=[floor])
    for period in range(850, 855):
        add_validators(ledger.cursor, period, A=10_000_000)
    ledger.compute(*range(850, 855))
    assert ledger.finals(853) == {"A": 10_000_000, "FLOOR_TOPUP": 10_000_000}
    ledger.cursor.execute("update governance.agreement_versions set effective_to_period = 853")
    ledger.compute(853)
    assert ledger.finals(853) == {"FLOOR_TOPUP": 20_000_000}
    ledger.cursor.execute("update governance.agreement_versions set effective_to_period = 851")
    ledger.lines(851, 852)
    assert ledger.stale() == ["853", "854"]
    ledger.lines(853, 854)
    assert [ledger.finals(period) for period in range(850, 855)] == [
        {"A": 10_000_000}, {}, {}, {"FLOOR_TOPUP": 40_000_000}, {},
    ]  # fmt: skip
    restate(ledger, 850, A=20_000_000)
    ledger.pnl(850)
    ledger.lines(850)
    assert "853" in ledger.stale()
    ledger.lines(853)
    assert ledger.finals(853) == {"FLOOR_TOPUP": 30_000_000}


def test_an_override_of_one_validator_and_component_leaves_the_other_lines(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE)
    add_validators(ledger.cursor, 850, A=1000, B=2000)
    first = add_override(ledger.cursor, "A", 850, 7, validator="A", component="EXEC_FEES")
    second = add_override(ledger.cursor, "A", 850, 8, validator="C")
    ledger.compute(850)
    assert ledger.query(
        "select line_kind, validator_key, final_amount_native, override_id::text, override_stale "
        "from validators.partner_commission_lines where is_current order by 2"
    ) == [
        ("ATTRIBUTION", "A", 7, first, False),
        ("ATTRIBUTION", "B", 100, None, None),
        ("OVERRIDE", "C", 8, second, False),
    ]
    done = ledger.compute(850)["850"]
    assert done.appended.written == 0


def test_over_attribution_by_a_line_of_all_validators_is_found(ledger: Ledger) -> None:
    """That of a rule whose tiers measure all validators together."""
    tiers = [{"from_native": "0", "to_native": None, "rate_bps": 9000}]
    summed = {**TIERED, "tiers": tiers, "tier_scope": "AGREEMENT"}
    add_version(ledger.cursor, "A", summed)
    add_version(ledger.cursor, "B", {**RULE, "rate_bps": 2000, "validators": ["A"]})
    add_validators(ledger.cursor, 850, A=100, B=500)
    with pytest.raises(PermanentFailure, match="EXEC_FEES of A: 110 of 100 by A, B"):
        ledger.compute(850)
    assert ledger.rows() == []


def test_month_bounds_are_written_under_the_last_period_of_the_month(ledger: Ledger) -> None:
    """Vector F1: lines of 0.03 and 0.01 SOL, a floor of 0.05 tops up 0.01."""
    end_january_with(ledger, 851)
    floor = {"scope": "MONTH", "amount_native": "50000000"}
    add_version(ledger.cursor, "A", {**RULE, "rate_bps": 10_000}, floors=[floor])
    add_validators(ledger.cursor, 850, A=30_000_000)
    add_validators(ledger.cursor, 851, A=10_000_000)
    ledger.compute(850, 851)
    assert ledger.finals(850) == {"A": 30_000_000}
    assert ledger.finals(851) == {"A": 10_000_000, "FLOOR_TOPUP": 10_000_000}


def test_clients_earn_by_their_accounts_and_a_mapping_makes_its_periods_stale(
    ledger: Ledger,
) -> None:
    """Vector C1: rewards of 0.5 SOL at 1000 bps are 0.05 SOL."""
    rule = {
        "rule_id": "r1", "method": "CLIENT_REVENUE", "component": "STAKE_REWARDS",
        "rate_bps": 1000,
    }  # fmt: skip
    add_version(ledger.cursor, "A", rule)
    for period in (850, 851):
        add_validators(ledger.cursor, period, ABC=0)
        add_rows(
            ledger.cursor, REWARDS, period, reward(period, "ABC", commission=0),
            reward(period, "ABC", "S1", net=500_000_000, commission=7, stake=250),
        )  # fmt: skip
    ledger.compute(850, 851)
    assert ledger.finals(850) == {}
    add_mapping(ledger.cursor, "XYZ", "S1", start=850, end=851)
    ledger.compute(850, 851)
    assert ledger.query(
        "select period_id, client_id, validator_key, stake_native, rewards_native "
        "from validators.canonical_client_stakes where is_current"
    ) == [("850", "XYZ", "ABC", 250, 500_000_000)]
    assert (ledger.finals(850), ledger.finals(851)) == ({"ABC": 50_000_000}, {})


def test_stakes_are_read_again_only_where_a_mapping_or_a_reward_changed(ledger: Ledger) -> None:
    key = ledger.keys.client_stakes
    own = reward(850, "ABC", commission=0)
    add_rows(ledger.cursor, REWARDS, 850, own, reward(850, "ABC", "S1", net=5, stake=250))
    add_mapping(ledger.cursor, "XYZ", "S1", start=850)

    def written() -> tuple[int, int, int, int]:
        done = ledger.run(key, [850])["850"].appended
        return done.new, done.changed, done.voided, done.unchanged

    assert written() == (1, 0, 0, 0)
    assert written() == (0, 0, 0, 1)
    add_rows(ledger.cursor, REWARDS, 850, own, reward(850, "ABC", "S1", net=6, stake=250))
    assert written() == (0, 1, 0, 0)
    ledger.cursor.execute("update governance.client_mappings set to_period = 860")
    assert written() == (0, 1, 0, 0)
    ledger.cursor.execute(
        "update governance.client_mappings set to_period = 850, from_period = 849"
    )
    assert written() == (0, 0, 1, 0)
    assert written() == (0, 0, 0, 0)


def test_computing_a_period_again_leaves_adjustments_of_statements_alone(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE)
    add_validators(ledger.cursor, 850, A=1000)
    ledger.compute(850)
    adjustment = VersionedRow(
        key=("850", str(uuid.uuid4())),
        values=tuple(
            {"month": "2025-01", "agreement_id": "A", "agreement_version": 1,
             "introducer_id": PARTNER, "line_kind": "ADJUSTMENT", "final_amount_native": -7,
             "statement_month": "2025-02", "quality": "COMPLETE"}.get(name)
            for name in LINES.values
        ),
        origin=("hash", "1"),
    )  # fmt: skip
    with ledger.cursor.connection.transaction():
        scope = adjustment_lines("2025-02", [uuid.UUID(PARTNER)])
        append_versions(ledger.cursor, LINES, CHAIN, ["850"], [adjustment], Stamp(NOW, "c"), scope)
    restate(ledger, 850, A=2000)
    done = ledger.compute(850)["850"]
    assert (done.appended.changed, done.appended.voided) == (1, 0)
    assert ledger.finals(850) == {"A": 100, "ADJUSTMENT": -7}


def test_an_ended_agreement_keeps_what_it_earned(ledger: Ledger) -> None:
    add_version(ledger.cursor, "A", RULE, end=851)
    for period in (850, 851):
        add_validators(ledger.cursor, period, A=1000)
    ledger.compute(850, 851)
    ledger.cursor.execute("update governance.agreements set status = 'ENDED'")
    done = ledger.compute(850, 851)
    assert sum(result.appended.written for result in done.values()) == 0
    assert (ledger.finals(850), ledger.finals(851)) == ({"A": 50}, {})

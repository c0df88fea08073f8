"""The engine: the page's vectors, real figures of an epoch, and cases at the edges."""

from __future__ import annotations

import csv
import dataclasses
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid5

import pytest

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.commissions.engine.agreement_terms import Window
from cdp_assets.validators.commissions.engine.compute_lines import compute_lines, compute_range
from cdp_assets.validators.commissions.engine.lines import LineKey, LineKind
from cdp_assets.validators.commissions.engine.period_inputs import ValidatorPnl
from tests.conftest import SHARED_DATA
from tests.unit.validators.commissions.periods import (
    BANDS,
    CHAIN,
    NOTHING_BEFORE,
    account,
    fees,
    finals,
    only,
    period,
    rule,
    version,
)
from tests.unit.validators.vectors import VECTORS


def test_c1_a_client_brings_its_partner_a_share_of_its_own_rewards() -> None:
    vector = VECTORS["C1"]
    terms = version(
        rule(
            method=vector["method"],
            component="STAKE_REWARDS",
            rate_bps=vector["rate_bps"],
            clients=["XYZ"],
        )
    )
    inputs = period(
        ABC=fees(0),
        stakes=(
            account("XYZ", "ABC", 1, address="s1", rewards_native=300_000_000),
            account("XYZ", "ABC", 1, address="s2", rewards_native=200_000_000),
            account("other", "ABC", 1, rewards_native=7),
        ),
    )
    line = only(compute_lines(terms, inputs, NOTHING_BEFORE))
    assert line.final_native == int(vector["expect"])
    assert line.base == int(vector["base"])
    assert str(line.line_id) == VECTORS["U1"]["expect"]


def test_c2_a_fixed_share_of_mev() -> None:
    vector = VECTORS["C2"]
    terms = version(
        rule(method=vector["method"], component="MEV_TIPS", rate_bps=vector["rate_bps"])
    )
    inputs = period(ABC=fees(0, mev_tips_native=int(vector["base"])))
    assert finals(compute_lines(terms, inputs, NOTHING_BEFORE)) == [int(vector["expect"])]


@pytest.mark.parametrize(
    ("name", "component", "part"),
    [("C3", "COMMISSION", "commission_native"), ("C4", "EXEC_FEES", "exec_fees_native")],
)
def test_c3_c4_a_share_by_stake(name: str, component: str, part: str) -> None:
    vector = VECTORS[name]
    terms = version(rule(method=vector["method"], component=component, rate_bps=vector["rate_bps"]))
    pnl = dataclasses.replace(
        fees(0), **{part: int(vector["component"])}, total_stake_native=int(vector["total"])
    )
    inputs = period(ABC=pnl, stakes=(account("c", "ABC", int(vector["introduced"])),))
    line = only(compute_lines(terms, inputs, NOTHING_BEFORE))
    assert line.final_native == int(vector["expect"])
    assert (line.stake, line.total_stake) == (int(vector["introduced"]), int(vector["total"]))


def test_c5_five_percent_of_the_fees_of_all_validators_of_a_real_epoch() -> None:
    vector = VECTORS["C5"]
    with (SHARED_DATA / "validator" / vector["source"]).open() as file:
        rows = list(csv.DictReader(file))
    validators = {
        row["votekey"]: fees(to_native(Decimal(row["block_rewards"]), SOL_DECIMALS)) for row in rows
    }
    terms = version(rule(**{name: vector[name] for name in ("method", "component", "rate_bps")}))
    lines = compute_lines(terms, period(842, **validators), NOTHING_BEFORE)
    assert len(lines) == 986
    total = sum(line.final_native or 0 for line in lines)
    assert total == int(vector["expect_sum"])
    published = Decimal(vector["published_unrounded_sol"]).scaleb(SOL_DECIMALS)
    assert 0 <= published - total < len(lines)


def test_the_bands_of_these_tests_are_the_pages() -> None:
    assert [
        [band["from_native"], band["to_native"], band["rate_bps"]] for band in BANDS
    ] == VECTORS["tier_bands"]


@pytest.mark.parametrize("mode", ["marginal", "whole"])
@pytest.mark.parametrize("vector", VECTORS["T_flat"], ids=lambda vector: vector["base"])
def test_tiers_at_their_edges(vector: dict[str, str], mode: str) -> None:
    terms = version(rule(tiers=BANDS, tier_mode=mode.upper()))
    lines = compute_lines(terms, period(ABC=fees(int(vector["base"]))), NOTHING_BEFORE)
    assert finals(lines) == [int(vector[mode])]


def test_a_window_goes_on_where_the_period_before_it_ended() -> None:
    vector = VECTORS["T_window"]
    terms = version(rule(tiers=BANDS, tier_window="MONTH"))
    periods = [period(850 + n, ABC=fees(int(base))) for n, base in enumerate(vector["bases"])]
    found, _ = compute_range([terms], periods, NOTHING_BEFORE)
    assert [finals(lines) for lines in found.values()] == [[int(v)] for v in vector["expect"]]
    february = dataclasses.replace(periods[1], month="2025-02")
    found, _ = compute_range([terms], [periods[0], february], NOTHING_BEFORE)
    assert finals(found["851"]) == [2_500_000_000]


def test_a_whole_tier_of_a_window_leaves_earlier_lines_as_they_were() -> None:
    terms = version(rule(tiers=BANDS, tier_window="LIFETIME", tier_mode="WHOLE"))
    periods = [period(850 + n, ABC=fees(base)) for n, base in enumerate([80 * 10**9, 50 * 10**9])]
    found, _ = compute_range([terms], periods, NOTHING_BEFORE)
    assert finals(found["850"]) == [4_000_000_000]
    assert finals(found["851"]) == [50 * 10**9 * 750 // 10_000]


def test_one_measure_of_all_validators_gives_one_line() -> None:
    terms = version(rule(tiers=BANDS, tier_scope="AGREEMENT"))
    line = only(
        compute_lines(terms, period(ABC=fees(60 * 10**9), DEF=fees(70 * 10**9)), NOTHING_BEFORE)
    )
    assert line.key.validator_key == ""
    assert line.base == 130 * 10**9
    assert line.final_native == 7_250_000_000


@pytest.mark.parametrize(
    ("name", "bounds", "amount", "change", "kind"),
    [
        ("F1", "floors", "floor", "expect_topup", LineKind.FLOOR_TOPUP),
        ("F1_cap", "caps", "cap", "expect_cap_reduction", LineKind.CAP_REDUCTION),
    ],
)
def test_f1_bounds_of_a_period_are_lines_of_their_own(
    name: str, bounds: str, amount: str, change: str, kind: LineKind
) -> None:
    vector = VECTORS[name]
    bound = [{"scope": "PERIOD", "amount_native": vector[amount]}]
    terms = version(rule(rate_bps=10_000), **{bounds: bound})
    validators = {f"V{n}": fees(int(base)) for n, base in enumerate(vector["lines"])}
    lines = compute_lines(terms, period(**validators), NOTHING_BEFORE)
    (bound_line,) = [line for line in lines if line.key.kind is kind]
    assert bound_line.final_native == int(vector[change])
    assert sum(line.final_native or 0 for line in lines) == int(vector["expect_sum"])


def test_f2_a_floor_needs_a_base_unless_it_is_guaranteed() -> None:
    vector = VECTORS["F2"]
    inputs = period(ABC=fees(int(vector["base"])))
    floor = int(vector["line_floor"])
    plain = version(rule(floor_native=floor, guaranteed=vector["guaranteed"]))
    assert finals(compute_lines(plain, inputs, NOTHING_BEFORE)) == [int(vector["expect"])]
    sure = version(rule(floor_native=floor, guaranteed=True))
    line = only(compute_lines(sure, inputs, NOTHING_BEFORE))
    assert (line.raw_native, line.floor_applied_native, line.final_native) == (0, floor, floor)


def test_a_rules_cap_comes_after_its_floor() -> None:
    terms = version(rule(floor_native=60, cap_native=70))
    lines = compute_lines(
        terms, period(ABC=fees(1_000), DEF=fees(1_300), GHI=fees(2_000)), NOTHING_BEFORE
    )
    found = {line.key.validator_key: line for line in lines}
    assert {key: line.final_native for key, line in found.items()} == {
        "ABC": 60,
        "DEF": 65,
        "GHI": 70,
    }
    assert found["GHI"].cap_applied_native == -30


def test_bounds_of_a_month_come_last_and_only_in_its_last_period() -> None:
    terms = version(
        rule(rate_bps=10_000),
        floors=[
            {"scope": "PERIOD", "amount_native": 50},
            {"scope": "MONTH", "amount_native": 500},
        ],
    )
    periods = [period(850, ABC=fees(30)), period(851, is_last_of_month=True, ABC=fees(70))]
    found, _ = compute_range([terms], periods, NOTHING_BEFORE)
    kinds = {line.key.rule_id: line.final_native for line in found["851"]}
    assert kinds == {"r1": 70, "month": 380}
    assert sum(line.final_native or 0 for lines in found.values() for line in lines) == 500
    ids = [line.line_id for lines in found.values() for line in lines]
    assert len(set(ids)) == len(ids)


def month_bounds(**found: Any) -> dict[str, int | None]:
    """Return the bound of the month by period."""
    return {
        name: line.final_native
        for name, lines in found.items()
        for line in lines
        if line.key.rule_id == "month"
    }


def test_bounds_of_a_month_hold_for_an_agreement_that_ended_in_it() -> None:
    bounded = version(
        rule(rate_bps=10_000),
        floors=[{"scope": "MONTH", "amount_native": 500}],
        effective_to=851,
    )
    periods = [
        period(850, ABC=fees(30)),
        period(851, ABC=fees(70)),
        period(852, is_last_of_month=True, first_of_month=850, ABC=fees(7)),
        period(853, month="2025-02", is_last_of_month=True, ABC=fees(7)),
    ]
    found, _ = compute_range([bounded], periods, NOTHING_BEFORE)
    assert month_bounds(**found) == {"852": 470}
    assert sum(line.final_native or 0 for lines in found.values() for line in lines) == 500
    assert [len(lines) for lines in found.values()] == [1, 0, 1, 0]


def test_bounds_of_a_month_are_those_of_the_version_that_was_in_force_last_in_it() -> None:
    first = version(
        rule(rate_bps=10_000), caps=[{"scope": "MONTH", "amount_native": 1}], effective_to=851
    )
    second = version(
        rule(rate_bps=10_000), caps=[{"scope": "MONTH", "amount_native": 60}],
        version=2, effective_from=851, effective_to=852,
    )  # fmt: skip
    periods = [
        period(850, ABC=fees(30)),
        period(851, ABC=fees(70)),
        period(852, is_last_of_month=True, first_of_month=850, ABC=fees(7)),
    ]
    found, _ = compute_range([first, second], periods, NOTHING_BEFORE)
    assert month_bounds(**found) == {"852": -40}
    assert found["852"][0].key.agreement_version == 2
    open_ended = second.model_copy(update={"effective_to": None, "caps": ()})
    found, _ = compute_range([first, open_ended], periods, NOTHING_BEFORE)
    assert month_bounds(**found) == {}


def test_a_guaranteed_floor_of_the_month_needs_no_line_of_the_ended_agreement() -> None:
    floor = {"scope": "MONTH", "amount_native": 500, "guaranteed": True}
    bounded = version(rule(validators=["elsewhere"]), floors=[floor], effective_to=851)
    last = period(852, is_last_of_month=True, first_of_month=850, ABC=fees(7))
    found, _ = compute_range([bounded], [last], NOTHING_BEFORE)
    assert month_bounds(**found) == {"852": 500}
    alone = dataclasses.replace(last, first_of_month=851)
    assert compute_range([bounded], [alone], NOTHING_BEFORE)[0] == {"852": ()}


def test_a_negative_base_pays_nothing_and_says_why() -> None:
    line = only(compute_lines(version(), period(ABC=fees(-5)), NOTHING_BEFORE))
    assert (line.final_native, line.reason_code, line.base) == (0, "NEGATIVE_BASE", -5)


def test_no_total_stake_makes_the_share_zero_and_says_why() -> None:
    terms = version(rule(method="STAKE_WEIGHT"))
    inputs = period(ABC=fees(10, total_stake_native=0), stakes=(account("c", "ABC", 5),))
    line = only(compute_lines(terms, inputs, NOTHING_BEFORE))
    assert (line.final_native, line.reason_code) == (0, "ZERO_DENOMINATOR")


def test_a_stake_account_counts_once() -> None:
    twice = (account("c", "ABC", 1, address="s1"), account("d", "ABC", 2, address="s1"))
    with pytest.raises(ValueError, match="period 850: listed twice: s1"):
        period(stakes=twice)


def test_more_introduced_than_total_stake_is_all_of_it() -> None:
    terms = version(rule(method="STAKE_WEIGHT", rate_bps=10_000))
    inputs = period(ABC=fees(10, total_stake_native=4), stakes=(account("c", "ABC", 5),))
    assert finals(compute_lines(terms, inputs, NOTHING_BEFORE)) == [10]


@pytest.mark.parametrize(
    ("terms", "pnl", "stakes"),
    [
        (rule(), fees(None), ()),
        (rule(component="TOTAL"), fees(None), ()),
        (rule(method="STAKE_WEIGHT"), fees(10), (account("c", "ABC", 5),)),
        (rule(method="CLIENT_REVENUE", component="STAKE_REWARDS"), fees(10),
         (account("c", "ABC", 5, address="a", rewards_native=3), account("c", "ABC", 5))),
        (rule(method="CLIENT_REVENUE", component="COMMISSION"), fees(10),
         (account("c", "ABC", 5),)),
        (rule(tiers=BANDS, tier_scope="AGREEMENT"), fees(None), ()),
        (rule(component="TOTAL", base_basis="NET"), fees(10), ()),
        (rule(component="MEV_TIPS", base_basis="GROSS"), fees(10), ()),
    ],
)  # fmt: skip
def test_a_missing_input_is_unknown_and_never_zero(
    terms: dict[str, Any], pnl: ValidatorPnl, stakes: tuple[Any, ...]
) -> None:
    bounded = version(
        terms,
        floors=[{"scope": "PERIOD", "amount_native": 50}],
        caps=[{"scope": "PERIOD", "amount_native": 60}],
    )
    lines = compute_lines(bounded, period(ABC=pnl, stakes=stakes), NOTHING_BEFORE)
    assert {line.key.kind for line in lines} == {
        LineKind.ATTRIBUTION,
        LineKind.FLOOR_TOPUP,
        LineKind.CAP_REDUCTION,
    }
    assert {(line.final_native, line.reason_code) for line in lines} == {(None, "INCOMPLETE")}


def test_gross_and_net_take_another_amount() -> None:
    pnl = fees(10, gross_mev_native=1_000, net_profit_native=2_000)
    for terms, expected in (
        (rule(component="MEV_TIPS", base_basis="GROSS", rate_bps=10_000), 1_000),
        (rule(component="TOTAL", base_basis="NET", rate_bps=10_000), 2_000),
        (rule(component="TOTAL", rate_bps=10_000), 10),
    ):
        assert finals(compute_lines(version(terms), period(ABC=pnl), NOTHING_BEFORE)) == [expected]


def test_a_clients_share_of_fees_goes_by_its_stake() -> None:
    terms = version(rule(method="CLIENT_REVENUE", rate_bps=10_000))
    inputs = period(
        ABC=fees(1_000, total_stake_native=10),
        stakes=(account("c", "ABC", 3), account("d", "ABC", 4), account("e", "DEF", 9)),
    )
    found = compute_lines(terms, inputs, NOTHING_BEFORE)
    assert {line.key.client_id: line.final_native for line in found} == {"c": 300, "d": 400}


def test_only_validators_of_the_rule_and_periods_of_the_version_have_lines() -> None:
    terms = version(rule(validators=["ABC"]), effective_to=851)
    both = {"ABC": fees(100), "DEF": fees(100)}
    assert len(compute_lines(terms, period(850, **both), NOTHING_BEFORE)) == 1
    assert compute_lines(terms, period(851, **both), NOTHING_BEFORE) == ()
    assert compute_lines(terms, period(839, **both), NOTHING_BEFORE) == ()
    other = dataclasses.replace(period(850, **both), chain_id="ethereum-mainnet")
    assert compute_lines(terms, other, NOTHING_BEFORE) == ()


def test_a_new_version_goes_on_with_the_measure_of_the_old_one() -> None:
    terms = rule(tiers=BANDS, tier_window="LIFETIME")
    versions = [
        version(terms, effective_to=851),
        version(terms, version=2, effective_from=851),
    ]
    periods = [period(850, ABC=fees(80 * 10**9)), period(851, ABC=fees(50 * 10**9))]
    found, history = compute_range(versions, periods, NOTHING_BEFORE)
    assert finals(found["851"]) == [3_250_000_000]
    assert history.lifetime == {("r1", "ABC", ""): Fraction(130 * 10**9)}


def test_i14_no_amount_passes_through_a_float() -> None:
    for amount in (2**53 + 1, 2**256 - 1):
        line = only(
            compute_lines(version(rule(rate_bps=10_000)), period(ABC=fees(amount)), NOTHING_BEFORE)
        )
        assert line.final_native == amount


def test_a_missing_base_leaves_the_measure_of_its_window_unknown() -> None:
    terms = version(rule(tiers=BANDS, tier_window="LIFETIME"))
    periods = [
        period(850, A=fees(1000)),
        period(851, A=fees(None), B=fees(1000)),
        period(852, A=fees(1000), B=fees(1000)),
    ]
    found, history = compute_range([terms], periods, NOTHING_BEFORE)
    assert [line.reason_code for line in found["851"]].count("INCOMPLETE") == 1
    by_validator = {line.key.validator_key: line for line in found["852"]}
    assert (by_validator["A"].final_native, by_validator["A"].reason_code) == (None, "INCOMPLETE")
    assert by_validator["B"].final_native == 50
    assert history.measured(Window.LIFETIME, ("r1", "A", ""), "2025-01") is None


def test_an_account_of_unknown_stake_makes_the_share_unknown() -> None:
    terms = version(rule(method="STAKE_WEIGHT"))
    stakes = (account("X", "A", 100), dataclasses.replace(account("Y", "A", 1), stake_native=None))
    line = only(
        compute_lines(
            terms, period(A=fees(1000, total_stake_native=1000), stakes=stakes), NOTHING_BEFORE
        )
    )
    assert (line.base, line.final_native, line.reason_code) == (None, None, "INCOMPLETE")


def test_an_id_depends_on_what_tells_lines_apart_alone() -> None:
    key = LineKey("A", 1, CHAIN, "850", LineKind.ATTRIBUTION, "r1", "ABC", "XYZ", "STAKE_REWARDS")
    vector = VECTORS["U1"]
    assert str(key.line_id) == vector["expect"]
    assert str(uuid5(UUID(vector["namespace"]), vector["name"])) == vector["expect"]
    others = {
        dataclasses.replace(key, **{part: value}).line_id
        for part, value in {
            "agreement_id": "B", "agreement_version": 2, "chain_id": "x", "period_id": "851",
            "kind": LineKind.OVERRIDE, "rule_id": "r2", "validator_key": "D", "client_id": "",
            "component": "TOTAL", "statement_month": "2025-02",
        }.items()
    }  # fmt: skip
    assert len(others | {key.line_id}) == 11

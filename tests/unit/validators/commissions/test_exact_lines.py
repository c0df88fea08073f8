"""Lines with all that they hold, so that no column of one can go wrong unseen."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from cdp_assets.validators.commissions.engine.agreement_terms import (
    Basis,
    Component,
    Method,
    Tier,
    TierMode,
    Window,
    version_of_lines,
)
from cdp_assets.validators.commissions.engine.attribution import Attribution, attributions
from cdp_assets.validators.commissions.engine.compute_lines import (
    History,
    compute_lines,
    compute_range,
)
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from cdp_assets.validators.commissions.engine.period_inputs import PeriodInputs, ValidatorPnl
from cdp_assets.validators.commissions.engine.tiers import BandShare, band_shares
from tests.unit.validators.commissions.periods import (
    CHAIN,
    NOTHING_BEFORE,
    PARTNER,
    account,
    fees,
    finals,
    only,
    period,
    rule,
    version,
)

BANDS = [
    {"from_native": 0, "to_native": 100, "rate_bps": 500},
    {"from_native": 100, "to_native": 500, "rate_bps": 5_000},
    {"from_native": 500, "to_native": None, "rate_bps": 10_000},
]
TIERS = tuple(Tier.model_validate(band) for band in BANDS)


def key_of(kind: LineKind, rule_id: str = "", **parts: str) -> LineKey:
    """Return the key of a line of version 2 of agreement A."""
    return LineKey("A", 2, CHAIN, "850", kind, rule_id, **parts)


def kinds(lines: tuple[CommissionLine, ...]) -> dict[str, int | None]:
    """Return what lines pay, by validator or kind."""
    return {line.key.validator_key or line.key.kind.value: line.final_native for line in lines}


def test_a_line_of_a_flat_rate() -> None:
    terms = version(rule(floor_native=60, cap_native=70), version=2)
    assert compute_lines(terms, period(V=fees(1_010)), NOTHING_BEFORE) == (
        CommissionLine(
            key=key_of(
                LineKind.ATTRIBUTION, "r1", validator_key="V", client_id="", component="EXEC_FEES"
            ),
            introducer_id=PARTNER,
            month="2025-01",
            component=Component.EXEC_FEES,
            method=Method.FIXED_SHARE,
            base=Fraction(1_010),
            rate_bps=500,
            bands=(),
            measured_before=None,
            stake=None,
            total_stake=None,
            raw_native=50,
            floor_applied_native=10,
            cap_applied_native=0,
            pre_override_native=60,
        ),
    )


def test_a_line_of_tiers_and_stake() -> None:
    terms = version(rule(method="STAKE_WEIGHT", tiers=BANDS, tier_window="LIFETIME"), version=2)
    inputs = period(
        V=fees(300, total_stake_native=9), stakes=(account("c", "V", 4), account("d", "V", 2))
    )
    before = History(lifetime={("r1", "V", ""): Fraction(90)})
    assert compute_lines(terms, inputs, before) == (
        CommissionLine(
            key=key_of(
                LineKind.ATTRIBUTION, "r1", validator_key="V", client_id="", component="EXEC_FEES"
            ),
            introducer_id=PARTNER,
            month="2025-01",
            component=Component.EXEC_FEES,
            method=Method.STAKE_WEIGHT,
            base=Fraction(200),
            rate_bps=None,
            bands=(
                BandShare(0, 500, Fraction(10)),
                BandShare(100, 5_000, Fraction(190)),
            ),
            measured_before=Fraction(90),
            stake=6,
            total_stake=9,
            raw_native=95,
            pre_override_native=95,
        ),
    )


def test_a_line_without_its_input() -> None:
    terms = version(rule(), version=2)
    assert compute_lines(terms, period(V=fees(None)), NOTHING_BEFORE) == (
        CommissionLine(
            key=key_of(
                LineKind.ATTRIBUTION, "r1", validator_key="V", client_id="", component="EXEC_FEES"
            ),
            introducer_id=PARTNER,
            month="2025-01",
            component=Component.EXEC_FEES,
            method=Method.FIXED_SHARE,
            rate_bps=500,
            reason_code="INCOMPLETE",
        ),
    )


@pytest.mark.parametrize(("scope", "rule_id"), [("PERIOD", ""), ("MONTH", "month")])
@pytest.mark.parametrize(
    ("bound", "kind", "amount"),
    [("floors", LineKind.FLOOR_TOPUP, 20), ("caps", LineKind.CAP_REDUCTION, -30)],
)
def test_the_line_of_a_bound(
    scope: str, rule_id: str, bound: str, kind: LineKind, amount: int
) -> None:
    terms = version(
        rule(rate_bps=10_000),
        version=2,
        **{bound: [{"scope": scope, "amount_native": 100 + amount}]},
    )
    found = compute_lines(terms, period(V=fees(100), is_last_of_month=True), NOTHING_BEFORE)
    (line,) = [line for line in found if line.key.kind is kind]
    assert line == CommissionLine(
        key=key_of(kind, rule_id),
        introducer_id=PARTNER,
        month="2025-01",
        raw_native=amount,
        pre_override_native=amount,
    )


@pytest.mark.parametrize(
    ("floor", "cap", "expected"),
    [
        (100, None, {"V": 100}),
        (101, None, {"V": 100, "FLOOR_TOPUP": 1}),
        (None, 100, {"V": 100}),
        (None, 99, {"V": 100, "CAP_REDUCTION": -1}),
        (150, 150, {"V": 100, "FLOOR_TOPUP": 50}),
        (50, 60, {"V": 100, "CAP_REDUCTION": -40}),
    ],
)
def test_a_bound_that_is_just_met_adds_no_line(
    floor: int | None, cap: int | None, expected: dict[str, int]
) -> None:
    terms = version(
        rule(rate_bps=10_000),
        floors=[] if floor is None else [{"scope": "PERIOD", "amount_native": floor}],
        caps=[] if cap is None else [{"scope": "PERIOD", "amount_native": cap}],
    )
    assert kinds(compute_lines(terms, period(V=fees(100)), NOTHING_BEFORE)) == expected


@pytest.mark.parametrize(("base", "paid"), [(0, [0]), (1, [5])])
def test_a_base_of_one_unit_is_enough_for_a_floor(base: int, paid: list[int]) -> None:
    terms = version(rule(floor_native=5))
    assert finals(compute_lines(terms, period(V=fees(base)), NOTHING_BEFORE)) == paid
    bounded = version(rule(), floors=[{"scope": "PERIOD", "amount_native": 5}])
    found = compute_lines(bounded, period(V=fees(base)), NOTHING_BEFORE)
    assert kinds(found) == ({"V": 0, "FLOOR_TOPUP": 5} if base else {"V": 0})


def test_a_cap_that_is_just_met_takes_nothing_and_a_floor_above_the_amount_fills_up_to_it() -> None:
    inputs = period(V=fees(1_000))
    for terms, parts in (
        ({"cap_native": 50}, (0, 0)),
        ({"cap_native": 49}, (0, -1)),
        ({"floor_native": 50}, (0, 0)),
        ({"floor_native": 51, "cap_native": 51}, (1, 0)),
    ):
        line = only(compute_lines(version(rule(**terms)), inputs, NOTHING_BEFORE))
        assert (line.floor_applied_native, line.cap_applied_native) == parts, terms


def test_a_rate_of_zero_pays_nothing() -> None:
    line = only(compute_lines(version(rule(rate_bps=0)), period(V=fees(10**9)), NOTHING_BEFORE))
    assert (line.raw_native, line.final_native, line.rate_bps) == (0, 0, 0)


def test_one_measure_of_no_validators_is_no_line() -> None:
    terms = version(rule(tiers=BANDS, tier_scope="AGREEMENT", validators=["elsewhere"]))
    assert compute_lines(terms, period(V=fees(10)), NOTHING_BEFORE) == ()


@pytest.mark.parametrize(
    ("mode", "before", "base", "expected"),
    [
        (TierMode.MARGINAL, 0, 0, ()),
        (TierMode.MARGINAL, 0, 100, ((0, 500, 100),)),
        (TierMode.MARGINAL, 100, 400, ((100, 5_000, 400),)),
        (TierMode.MARGINAL, 50, 500, ((0, 500, 50), (100, 5_000, 400), (500, 10_000, 50))),
        (TierMode.MARGINAL, 700, 1, ((500, 10_000, 1),)),
        (TierMode.WHOLE, 0, 99, ((0, 500, 99),)),
        (TierMode.WHOLE, 0, 100, ((100, 5_000, 100),)),
        (TierMode.WHOLE, 99, 1, ((100, 5_000, 1),)),
        (TierMode.WHOLE, 400, 200, ((500, 10_000, 200),)),
        (TierMode.WHOLE, 400, 0, ()),
    ],
)
def test_the_bands_that_a_base_reaches(
    mode: TierMode, before: int, base: int, expected: tuple[tuple[int, int, int], ...]
) -> None:
    found = band_shares(TIERS, mode, Fraction(before), Fraction(base))
    assert found == tuple(BandShare(start, rate, Fraction(part)) for start, rate, part in expected)
    assert [share.product for share in found] == [
        Fraction(rate * part, 10_000) for _, rate, part in expected
    ]


STAKED = {"method": "STAKE_WEIGHT"}
OF_CLIENTS = {"method": "CLIENT_REVENUE"}


@pytest.mark.parametrize(
    ("terms", "pnl", "expected"),
    [
        ({}, fees(7), Attribution("V", None, Fraction(7))),
        ({}, fees(None), Attribution("V", None, None, reason_code="INCOMPLETE")),
        (STAKED, fees(7, total_stake_native=14),
         Attribution("V", None, Fraction(5, 2), 5, 14)),
        (STAKED, fees(7, total_stake_native=3), Attribution("V", None, Fraction(7), 3, 3)),
        (STAKED, fees(7, total_stake_native=0),
         Attribution("V", None, Fraction(), 5, 0, "ZERO_DENOMINATOR")),
        (STAKED, fees(7), Attribution("V", None, None, 5, None, "INCOMPLETE")),
        (STAKED, fees(None, total_stake_native=14),
         Attribution("V", None, None, 5, 14, "INCOMPLETE")),
        (STAKED | {"component": "MEV_TIPS", "base_basis": "GROSS"},
         fees(7, mev_tips_native=1, gross_mev_native=28, total_stake_native=14),
         Attribution("V", None, Fraction(10), 5, 14)),
        (OF_CLIENTS, fees(7, total_stake_native=14), Attribution("V", "c", Fraction(5, 2), 5, 14)),
        (OF_CLIENTS, fees(7), Attribution("V", "c", None, 5, None, "INCOMPLETE")),
        (OF_CLIENTS, fees(7, total_stake_native=0),
         Attribution("V", "c", Fraction(), 5, 0, "ZERO_DENOMINATOR")),
        (OF_CLIENTS | {"component": "COMMISSION"}, fees(7),
         Attribution("V", "c", None, reason_code="INCOMPLETE")),
        (OF_CLIENTS | {"component": "STAKE_REWARDS"}, fees(7), Attribution("V", "c", Fraction(9))),
    ],
)  # fmt: skip
def test_the_base_of_each_method(
    terms: dict[str, Any], pnl: ValidatorPnl, expected: Attribution
) -> None:
    (one,) = version(rule(**terms)).rules
    inputs = period(V=pnl, stakes=(account("c", "V", 5, rewards_native=9),))
    assert list(attributions(one, PARTNER, inputs)) == [expected]


def test_a_clients_commission_is_that_of_its_accounts() -> None:
    (one,) = version(rule(component="COMMISSION", **OF_CLIENTS)).rules
    stakes = (
        account("c", "V", 5, address="s1", commission_native=3),
        account("c", "V", 5, address="s2", commission_native=4),
    )
    found = list(attributions(one, PARTNER, period(V=fees(0), stakes=stakes)))
    assert found == [Attribution("V", "c", Fraction(7))]


def _months(*, window: str) -> list[list[CommissionLine]]:
    """Return the lines of two periods of January and three of February; B begins in the last."""
    terms = version(
        rule(tiers=BANDS, tier_window=window), floors=[{"scope": "MONTH", "amount_native": 1_000}]
    )
    periods: list[PeriodInputs] = [
        period(850, V=fees(80)),
        period(851, is_last_of_month=True, V=fees(80)),
        period(852, month="2025-02", V=fees(80)),
        period(853, month="2025-02", V=fees(80)),
        period(854, month="2025-02", is_last_of_month=True, V=fees(80), B=fees(100)),
    ]
    found, history = compute_range([terms], periods, NOTHING_BEFORE)
    assert history.month == "2025-02"
    assert history.of_month == {("r1", "V", ""): 240, ("r1", "B", ""): 100}
    assert history.lifetime == {("r1", "V", ""): 400, ("r1", "B", ""): 100}
    assert [line.key.period_id for line in history.lines_of_month] == ["852", "853", "854", "854"]
    return [list(lines) for lines in found.values()]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ("PERIOD", [4, 4, 4, 4, 4]),
        ("MONTH", [4, 31, 4, 31, 40]),
        ("LIFETIME", [4, 31, 40, 40, 40]),
    ],
)
def test_a_window_of_a_month_ends_with_it_and_so_does_its_floor(
    window: str, expected: list[int]
) -> None:
    periods = _months(window=window)
    paid = [kinds(tuple(lines)) for lines in periods]
    assert [one["V"] for one in paid] == expected
    assert paid[4]["B"] == 5
    topups = {n: one["FLOOR_TOPUP"] for n, one in enumerate(paid) if "FLOOR_TOPUP" in one}
    assert topups == {1: 1_000 - sum(expected[:2]), 4: 1_000 - sum(expected[2:]) - 5}


def test_a_month_is_unknown_before_its_first_period() -> None:
    history = History(of_month={("r1", "V", ""): Fraction(7)}, month="2025-01")
    assert history.measured(Window.MONTH, ("r1", "V", ""), "2025-01") == 7
    assert history.measured(Window.MONTH, ("r1", "W", ""), "2025-01") == 0
    assert history.measured(Window.MONTH, ("r1", "V", ""), "2025-02") == 0
    assert history.measured(Window.PERIOD, ("r1", "V", ""), "2025-01") == 0


def test_the_parts_of_a_total_are_known_only_together() -> None:
    pnl = ValidatorPnl(1, 2, 4, 8)
    assert pnl.total_revenue_native == 15
    parts_of_pnl = ("EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION", "TOTAL")
    found = [pnl.amount(Component(part), Basis.VALIDATOR_NET) for part in parts_of_pnl]
    assert found == [1, 2, 4, 8, 15]
    for number in range(4):
        parts: list[int | None] = [1, 2, 4, 8]
        parts[number] = None
        assert ValidatorPnl(*parts).total_revenue_native is None


def test_accounts_that_are_listed_twice_are_named_in_order() -> None:
    stakes = tuple(account("c", "V", 1, address=address) for address in "dcbdcab")
    with pytest.raises(ValueError, match="^period 850: listed twice: b, c, d$"):
        period(stakes=stakes)


def test_a_month_of_one_period_does_not_go_on_with_the_month_before() -> None:
    terms = version(rule(rate_bps=10_000), floors=[{"scope": "MONTH", "amount_native": 100}])
    periods = [
        period(850, is_last_of_month=True, V=fees(60)),
        period(851, month="2025-02", is_last_of_month=True, V=fees(70)),
    ]
    found, _ = compute_range([terms], periods, NOTHING_BEFORE)
    assert kinds(found["850"]) == {"V": 60, "FLOOR_TOPUP": 40}
    assert kinds(found["851"]) == {"V": 70, "FLOOR_TOPUP": 30}


def test_flat_rates_and_bounds_leave_no_measure() -> None:
    terms = version(rule(), floors=[{"scope": "PERIOD", "amount_native": 100}])
    _, history = compute_range([terms], [period(V=fees(60))], NOTHING_BEFORE)
    assert (history.lifetime, history.of_month) == ({}, {})


def test_the_parts_of_one_measure_are_the_bases_of_each_validator() -> None:
    terms = version(rule(method="CLIENT_REVENUE", tiers=BANDS, tier_scope="AGREEMENT"))
    inputs = period(
        V=fees(10, total_stake_native=10),
        W=fees(20, total_stake_native=10),
        stakes=(account("c", "V", 1), account("d", "V", 2), account("c", "W", 5)),
    )
    line = only(compute_lines(terms, inputs, NOTHING_BEFORE))
    assert line.parts == (("V", Fraction(3)), ("W", Fraction(10)))
    assert line.base == 13


def test_the_versions_of_a_month_and_their_ends() -> None:
    plain, bound = version(), version(caps=[{"scope": "MONTH", "amount_native": 1}])
    assert bound.is_in_force_between(839, 840)
    assert not bound.is_in_force_between(838, 839)
    ended = version(caps=[{"scope": "MONTH", "amount_native": 1}], effective_to=850)
    assert version_of_lines([ended], 850, 849) == ended
    assert version_of_lines([ended], 851, 850) is None
    assert version_of_lines([version(effective_to=850)], 850, 849) is None
    assert version_of_lines([plain], 850, None) == plain
    assert version(rule(rate_bps=0)).rules[0].max_rate_bps == 0
    assert [period(850).month_start, period(850, first_of_month=848).month_start] == [850, 848]

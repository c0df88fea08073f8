"""Invariants of the engine as properties (validator §11)."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.commissions.engine.compute_lines import compute_lines, compute_range
from cdp_assets.validators.commissions.engine.over_attribution import (
    over_attributed_amounts,
    over_attributed_rates,
)
from cdp_assets.validators.commissions.engine.period_inputs import PeriodInputs
from tests.unit.validators.commissions.periods import (
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

_amounts = st.integers(min_value=-(10**12), max_value=10**24)
_bands = st.lists(st.tuples(st.integers(1, 10**20), st.integers(0, 10_000)), min_size=1, max_size=4)


@st.composite
def _tiers(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps = draw(_bands)
    edges = [0]
    for width, _ in steps[:-1]:
        edges.append(edges[-1] + width)
    return [
        {"from_native": low, "to_native": high, "rate_bps": rate}
        for low, high, (_, rate) in zip(edges, [*edges[1:], None], steps, strict=True)
    ]


@st.composite
def _rules(draw: st.DrawFn) -> dict[str, Any]:
    terms: dict[str, Any] = {
        "method": draw(st.sampled_from(["FIXED_SHARE", "STAKE_WEIGHT", "CLIENT_REVENUE"])),
        "component": draw(st.sampled_from(["EXEC_FEES", "COMMISSION", "TOTAL"])),
    }
    if draw(st.booleans()):
        terms["rate_bps"] = draw(st.integers(0, 10_000))
    else:
        terms["tiers"] = draw(_tiers())
        terms["tier_window"] = draw(st.sampled_from(["PERIOD", "MONTH", "LIFETIME"]))
        terms["tier_mode"] = draw(st.sampled_from(["MARGINAL", "WHOLE"]))
        terms["tier_scope"] = draw(st.sampled_from(["VALIDATOR", "AGREEMENT"]))
    return rule(**terms)


@st.composite
def _periods(draw: st.DrawFn) -> list[PeriodInputs]:
    found = []
    for n in range(draw(st.integers(1, 4))):
        validators = {
            key: fees(
                draw(_amounts),
                commission_native=draw(_amounts),
                total_stake_native=draw(st.integers(0, 10**18)),
            )
            for key in draw(st.sets(st.sampled_from(["ABC", "DEF", "GHI"]), min_size=1))
        }
        stakes = tuple(
            account(client, key, draw(st.integers(0, 10**18)), commission_native=draw(_amounts))
            for key in sorted(validators)
            for client in draw(st.sets(st.sampled_from(["c", "d"])))
        )
        month = "2025-01" if n < 2 else "2025-02"
        found.append(
            period(850 + n, month=month, is_last_of_month=n == 1, stakes=stakes, **validators)
        )
    return found


@given(_rules(), _periods(), st.randoms(use_true_random=False))
def test_i5_any_order_of_inputs_gives_the_same_lines(
    terms: dict[str, Any], periods: list[PeriodInputs], chance: random.Random
) -> None:
    one = version(terms, rule(rule_id="r2"))
    other = version(rule(rule_id="r2"), terms)
    shuffled = []
    for inputs in periods:
        validators = list(inputs.validators.items())
        stakes = list(inputs.stakes)
        chance.shuffle(validators)
        chance.shuffle(stakes)
        shuffled.append(
            dataclasses.replace(inputs, validators=dict(validators), stakes=tuple(stakes))
        )
    chance.shuffle(shuffled)
    assert compute_range([one], periods, NOTHING_BEFORE) == compute_range(
        [other], shuffled, NOTHING_BEFORE
    )


@given(_rules(), _periods(), st.integers(0, 4))
def test_i6_periods_apart_give_what_the_range_gives(
    terms: dict[str, Any], periods: list[PeriodInputs], cut: int
) -> None:
    terms_of = [version(terms, floors=[{"scope": "MONTH", "amount_native": 10**15}])]
    whole, end = compute_range(terms_of, periods, NOTHING_BEFORE)
    first, between = compute_range(terms_of, periods[:cut], NOTHING_BEFORE)
    rest, last = compute_range(terms_of, periods[cut:], between)
    assert first | rest == whole
    assert last == end


@given(_rules(), _periods())
def test_i2_a_raw_amount_is_less_than_a_unit_below_base_times_rate(
    terms: dict[str, Any], periods: list[PeriodInputs]
) -> None:
    found, _ = compute_range([version(terms)], periods, NOTHING_BEFORE)
    for line in (line for lines in found.values() for line in lines):
        assert line.base is not None
        assert line.raw_native is not None
        base = max(line.base, Fraction())
        exact = (
            sum((band.product for band in line.bands), Fraction())
            if line.rate_bps is None
            else base * line.rate_bps / 10_000
        )
        assert sum((band.part for band in line.bands), Fraction()) == (
            base if line.rate_bps is None else 0
        )
        assert 0 <= exact - line.raw_native < 1
        assert line.raw_native <= base


@given(_tiers(), st.integers(0, 10**22), st.integers(0, 10**22), st.integers(0, 10**21))
def test_i11_a_higher_base_never_lowers_a_marginal_amount(
    tiers: list[dict[str, Any]], before: int, base: int, more: int
) -> None:
    terms = [version(rule(tiers=tiers, tier_window="LIFETIME"))]
    amounts = []
    for last in (base, base + more):
        periods = [period(850, ABC=fees(before)), period(851, ABC=fees(last))]
        found, _ = compute_range(terms, periods, NOTHING_BEFORE)
        amounts += finals(found["851"])
    assert (amounts[0] or 0) <= (amounts[1] or 0)


@given(_tiers(), st.integers(0, 10**20), st.integers(1, 12))
def test_i10_ten_times_everything_is_ten_times_the_product(
    tiers: list[dict[str, Any]], base: int, power: int
) -> None:
    factor = 10**power
    scaled = [
        {
            **tier,
            "from_native": tier["from_native"] * factor,
            "to_native": None if tier["to_native"] is None else tier["to_native"] * factor,
        }
        for tier in tiers
    ]
    products = []
    for bands, amount in ((tiers, base), (scaled, base * factor)):
        lines = compute_lines(version(rule(tiers=bands)), period(ABC=fees(amount)), NOTHING_BEFORE)
        products.append(sum((band.product for band in only(lines).bands), Fraction()))
    assert products[0] * factor == products[1]


@given(
    st.integers(0, 10**20),
    st.integers(1, 10**18),
    st.lists(st.integers(0, 10**17), min_size=1, max_size=6),
)
def test_i12_disjoint_partners_at_a_hundred_percent_take_no_more_than_there_is(
    amount: int, total: int, stakes: list[int]
) -> None:
    total = max(total, sum(stakes))
    paid = 0
    for number, stake in enumerate(stakes):
        terms = version(rule(method="STAKE_WEIGHT", rate_bps=10_000), introducer_id=f"p{number}")
        mapped = dataclasses.replace(account("c", "ABC", stake), introducer_id=f"p{number}")
        inputs = period(ABC=fees(amount, total_stake_native=total), stakes=(mapped,))
        paid += only(compute_lines(terms, inputs, NOTHING_BEFORE)).final_native or 0
    exact = Fraction(amount * sum(stakes), total)
    assert 0 <= exact - paid < len(stakes)


_shares = st.tuples(
    st.sampled_from(["FIXED_SHARE", "STAKE_WEIGHT"]),
    st.sampled_from(["EXEC_FEES", "COMMISSION", "TOTAL"]),
    st.sampled_from(["VALIDATOR", "AGREEMENT"]),
    st.integers(0, 7_000),
    st.sampled_from([PARTNER, "another"]),
)


@given(
    st.lists(_shares, min_size=1, max_size=4),
    st.dictionaries(
        st.sampled_from(["ABC", "DEF", "GHI"]), st.tuples(_amounts, _amounts), min_size=1
    ),
    st.integers(0, 10**6),
)
def test_i1_what_rates_allow_never_takes_more_than_there_is(
    shares: list[tuple[str, str, str, int, str]], parts: dict[str, tuple[int, int]], stake: int
) -> None:
    versions = [
        version(
            rule(
                method=method,
                component=component,
                tiers=[{"from_native": 0, "to_native": None, "rate_bps": rate}],
                tier_scope=scope,
            ),
            agreement_id=f"A{number}",
            introducer_id=partner,
        )
        for number, (method, component, scope, rate, partner) in enumerate(shares)
    ]
    pnl = {
        key: fees(fee, commission_native=commission, total_stake_native=10**6)
        for key, (fee, commission) in parts.items()
    }
    mapped = tuple(account("c", key, stake) for key in parts)
    inputs = period(stakes=mapped, **pnl)
    lines = [line for terms in versions for line in compute_lines(terms, inputs, NOTHING_BEFORE)]
    found = over_attributed_amounts(lines, inputs)
    # A total may be less than its parts where a part is negative: that the amounts alone show.
    if not over_attributed_rates(versions) and min(min(both) for both in parts.values()) >= 0:
        assert found == []
    for one in found:
        assert one.attributed > one.available

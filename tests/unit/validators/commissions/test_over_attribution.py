"""Over-attribution is found when terms are saved and when lines are computed."""

from __future__ import annotations

import dataclasses

import pytest

from cdp_assets.validators.commissions.engine.agreement_terms import AgreementVersion, Component
from cdp_assets.validators.commissions.engine.compute_lines import History, compute_lines
from cdp_assets.validators.commissions.engine.lines import LineKind
from cdp_assets.validators.commissions.engine.over_attribution import (
    OverAttribution,
    over_attributed_amounts,
    over_attributed_rates,
)
from tests.unit.validators.commissions.periods import (
    BANDS,
    PARTNER,
    account,
    fees,
    period,
    rule,
    version,
)


def of(name: str, *rules: dict[str, object], partner: str = "p") -> AgreementVersion:
    """Return an agreement by name."""
    return version(*rules, agreement_id=name, introducer_id=partner)


def places(found: list[OverAttribution]) -> dict[tuple[str, str], int]:
    """Return what is over-attributed, by validator and component."""
    return {(one.validator_key, one.component.value): one.attributed for one in found}


STAKE = "STAKE_WEIGHT"


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([of("A", rule(rate_bps=6_000)), of("B", rule(rate_bps=4_000))], {}),
        ([of("A", rule(rate_bps=6_000)), of("B", rule(rate_bps=4_001))],
         {("all", "EXEC_FEES"): 10_001}),
        ([of("A", rule(rate_bps=6_000, validators=["V"])), of("B", rule(rate_bps=4_001))],
         {("V", "EXEC_FEES"): 10_001}),
        ([of("A", rule(rate_bps=6_000, validators=["V"])),
          of("B", rule(rate_bps=9_000, validators=["W"]))], {}),
        ([of("A", rule(rate_bps=6_000)), of("B", rule(rate_bps=4_001, component="MEV_TIPS"))], {}),
        ([of("A", rule(rate_bps=6_000)), of("B", rule(rate_bps=4_001, component="TOTAL"))],
         {("all", "EXEC_FEES"): 10_001}),
        ([of("A", rule(method=STAKE, rate_bps=10_000), partner="p"),
          of("B", rule(method=STAKE, rate_bps=10_000), partner="q")], {}),
        ([of("A", rule(method=STAKE, rate_bps=10_000)),
          of("B", rule(method=STAKE, rate_bps=1))], {("all", "EXEC_FEES"): 10_001}),
        ([of("A", rule(method=STAKE, rate_bps=9_500)), of("B", rule(tiers=BANDS), partner="q")],
         {("all", "EXEC_FEES"): 10_500}),
        ([of("A", rule(method="CLIENT_REVENUE", component="STAKE_REWARDS", rate_bps=10_000)),
          of("B", rule(method="CLIENT_REVENUE", component="STAKE_REWARDS", rate_bps=10_000))], {}),
    ],
)  # fmt: skip
def test_rates_that_could_take_more_than_there_is(
    versions: list[AgreementVersion], expected: dict[tuple[str, str], int]
) -> None:
    found = over_attributed_rates(versions)
    assert places(found) == expected
    assert all(one.agreement_ids == ("A", "B") and one.available == 10_000 for one in found)


def test_amounts_that_take_more_than_there_is_are_named() -> None:
    inputs = period(ABC=fees(100, mev_tips_native=50), DEF=fees(100))
    lines = [
        line
        for terms in (
            of("A", rule(rate_bps=6_000)),
            of("B", rule(rate_bps=4_100, validators=["ABC"])),
        )
        for line in compute_lines(terms, inputs, History())
    ]
    (found,) = over_attributed_amounts(lines, inputs)
    assert found == OverAttribution("ABC", Component.EXEC_FEES, 101, 100, ("A", "B"))


def test_a_line_of_all_validators_takes_of_each_in_proportion_to_its_base() -> None:
    whole = [{"from_native": 0, "to_native": None, "rate_bps": 6_000}]
    summed = rule(tiers=whole, tier_scope="AGREEMENT")
    inputs = period(ABC=fees(100, mev_tips_native=50), DEF=fees(300), GHI=fees(-50))
    both = [
        line
        for terms in (of("A", summed), of("B", rule(rate_bps=4_000)))
        for line in compute_lines(terms, inputs, History())
    ]
    assert over_attributed_amounts(both, inputs) == []
    alone = [
        line
        for terms in (of("A", summed), of("B", rule(rate_bps=6_000, validators=["ABC"])))
        for line in compute_lines(terms, inputs, History())
    ]
    (found,) = over_attributed_amounts(alone, inputs)
    # 210 of 400 that are not negative: 52.5 of ABC, beside its 60
    assert found == OverAttribution("ABC", Component.EXEC_FEES, 113, 100, ("A", "B"))


def test_shares_of_parts_and_of_the_total_are_held_against_the_total() -> None:
    inputs = period(ABC=fees(100, mev_tips_native=50))
    lines = [
        line
        for terms in (
            of("A", rule(rate_bps=10_000)),
            of("B", rule(component="TOTAL", rate_bps=3_400)),
        )
        for line in compute_lines(terms, inputs, History())
    ]
    (found,) = over_attributed_amounts(lines, inputs)
    assert (found.component, found.attributed, found.available) == (Component.TOTAL, 151, 150)


def test_an_adjustment_is_no_attribution_though_it_has_a_component() -> None:
    inputs = period(ABC=fees(100))
    (line,) = compute_lines(of("A", rule(rate_bps=10_000)), inputs, History())
    key = dataclasses.replace(line.key, kind=LineKind.ADJUSTMENT)
    adjustment = dataclasses.replace(line, key=key)
    assert adjustment.component is Component.EXEC_FEES
    assert over_attributed_amounts([line, adjustment], inputs) == []


def test_top_ups_and_clients_own_rewards_are_no_attribution() -> None:
    terms = of(
        "A",
        rule(rate_bps=10_000, floor_native=500),
        rule(rule_id="r2", method="CLIENT_REVENUE", component="STAKE_REWARDS", rate_bps=10_000),
        partner=PARTNER,
    )
    inputs = period(ABC=fees(100), stakes=(account("c", "ABC", 1, rewards_native=10**9),))
    lines = compute_lines(terms, inputs, History())
    assert sum(line.final_native or 0 for line in lines) == 500 + 10**9
    assert over_attributed_amounts(lines, inputs) == []


def test_a_negative_or_missing_component_has_nothing_to_give() -> None:
    inputs = period(ABC=fees(-5), DEF=fees(None))
    lines = compute_lines(of("A", rule()), inputs, History())
    assert over_attributed_amounts(lines, inputs) == []


def test_rules_about_something_else_do_not_end_the_sum() -> None:
    found = over_attributed_rates(
        [
            of("A", rule(component="MEV_TIPS", rate_bps=1), rule(rule_id="r2", rate_bps=6_000)),
            of("B", rule(component="MEV_TIPS", rate_bps=1), rule(rule_id="r2", rate_bps=4_001)),
        ]
    )
    assert places(found) == {("all", "EXEC_FEES"): 10_001}


def test_lines_of_no_one_validator_are_not_counted_and_do_not_end_the_sum() -> None:
    validators = {name: fees(100) for name in "ABCDEFGHIJ"}
    inputs = period(**validators, K=fees(None))
    terms = of(
        "A",
        rule(rate_bps=10_000),
        rule(rule_id="r2", rate_bps=10_000, component="TOTAL"),
        rule(rule_id="r3", tiers=BANDS, tier_scope="AGREEMENT"),
    )
    lines = compute_lines(terms, inputs, History())
    by_kind = sorted(lines, key=lambda line: (line.key.validator_key, line.key.rule_id))
    for ordered in (by_kind, by_kind[::-1]):
        assert over_attributed_amounts(ordered, inputs) == [
            OverAttribution(name, Component.TOTAL, 200, 100, ("A",)) for name in "ABCDEFGHIJ"
        ]


def test_one_unit_of_nothing_is_too_much_and_all_of_one_unit_is_not() -> None:
    (line,) = compute_lines(of("A", rule(rate_bps=10_000)), period(V=fees(1)), History())
    assert over_attributed_amounts([line], period(V=fees(1))) == []
    for there_is in (0, -5):
        found = over_attributed_amounts([line], period(V=fees(there_is)))
        assert found == [OverAttribution("V", Component.EXEC_FEES, 1, there_is, ("A",))]


def test_a_share_of_one_part_stands_where_another_makes_the_total_negative() -> None:
    inputs = period(V=fees(100, mev_tips_native=-500))
    lines = compute_lines(of("A", rule(rate_bps=10_000)), inputs, History())
    assert over_attributed_amounts(lines, inputs) == []


def test_what_is_over_attributed_is_in_the_order_of_validators_and_components() -> None:
    terms = of(
        "A",
        *(
            rule(rule_id=f"{part}{n}", component=part, rate_bps=10_000)
            for part in ("EXEC_FEES", "MEV_TIPS", "COMMISSION")
            for n in (1, 2)
        ),
    )
    inputs = period(
        **{name: fees(1, mev_tips_native=1, commission_native=1) for name in "hgfedcba"}
    )
    found = over_attributed_amounts(compute_lines(terms, inputs, History()), inputs)
    assert [(one.validator_key, one.component.value) for one in found] == [
        (name, part) for name in "abcdefgh" for part in ("COMMISSION", "EXEC_FEES", "MEV_TIPS")
    ]


def test_bounds_are_no_attribution_wherever_they_are_in_the_list() -> None:
    inputs = period(V=fees(100))
    terms = version(rule(rate_bps=1), floors=[{"scope": "PERIOD", "amount_native": 500}])
    lines = compute_lines(terms, inputs, History())
    over = compute_lines(of("B", rule(rate_bps=10_000)), inputs, History())
    assert over_attributed_amounts(lines, inputs) == []
    for ordered in ([*lines, *over, *over], [*over, *over, *lines]):
        found = over_attributed_amounts(ordered, inputs)
        assert [(one.component, one.attributed) for one in found] == [(Component.EXEC_FEES, 200)]


def test_a_line_of_all_validators_takes_of_those_with_a_base_alone() -> None:
    inputs = period(A=fees(1), B=fees(0), D=fees(1))
    terms = of(
        "A",
        rule(
            tiers=[{"from_native": 0, "to_native": None, "rate_bps": 10_000}],
            tier_scope="AGREEMENT",
        ),
    )
    lines = compute_lines(terms, inputs, History())
    other = compute_lines(of("B", rule(rate_bps=10_000)), inputs, History())
    found = over_attributed_amounts([*lines, *other], inputs)
    assert {(one.validator_key, one.agreement_ids) for one in found} == {
        ("A", ("A", "B")), ("D", ("A", "B")),
    }  # fmt: skip

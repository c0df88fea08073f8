"""Terms that do not hold together are refused by field; those that do are read exactly."""

from __future__ import annotations

from typing import Any

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.commissions.engine.agreement_terms import BoundScope, parse_version
from tests.unit.validators.commissions.periods import BANDS, rule, version


def bands(*edges: tuple[Any, Any]) -> dict[str, Any]:
    """Return a rule with bands of 1 %."""
    return rule(tiers=[{"from_native": a, "to_native": b, "rate_bps": 100} for a, b in edges])


@pytest.mark.parametrize(
    ("rules", "terms", "said"),
    [
        ([rule(rate_bps=None)], {}, "rules.0: rate_bps: give either rate_bps or tiers"),
        ([rule(rate_bps=100, tiers=BANDS)], {}, "rate_bps: give either rate_bps or tiers"),
        ([rule(rate_bps="0.05")], {}, "rules.0.rate_bps: RATE_NOT_BPS"),
        ([rule(rate_bps=1.5)], {}, "rules.0.rate_bps: RATE_NOT_BPS"),
        ([rule(rate_bps="five")], {}, "rules.0.rate_bps: RATE_NOT_BPS"),
        ([rule(rate_bps=True)], {}, "rules.0.rate_bps: RATE_NOT_BPS"),
        ([rule(rate_bps=10_001)], {}, "rules.0.rate_bps"),
        ([rule(rate_bps=-1)], {}, "rules.0.rate_bps"),
        ([bands((1, None))], {}, "tiers.0.from_native: must be 0"),
        ([bands((0, 5), (6, None))], {}, "tiers.1.from_native: must be 5"),
        ([bands((0, 5), (4, None))], {}, "tiers.1.from_native: must be 5"),
        ([bands((0, None), (5, None))], {}, "tiers.0.to_native: only the last band is open"),
        ([bands((0, 0), (0, None))], {}, "tiers.0.to_native: must come after 0"),
        ([bands((0, 5))], {}, "tiers.0.to_native: the last band must be open"),
        ([rule(tier_window="MONTH")], {}, "tier_window and tier_scope need tiers"),
        ([rule(tier_scope="AGREEMENT")], {}, "tier_window and tier_scope need tiers"),
        ([rule(component="STAKE_REWARDS")], {}, "component: STAKE_REWARDS is defined only for"),
        ([rule(base_basis="GROSS")], {}, "base_basis: GROSS is defined only for MEV_TIPS"),
        ([rule(base_basis="NET")], {}, "base_basis: NET is defined only for TOTAL"),
        ([rule(clients=["c"])], {}, "rules.0: clients: a list is defined only for CLIENT_REVENUE"),
        ([rule(method="STAKE_WEIGHT", clients=["c"])], {}, "clients: a list is defined only for"),
        ([rule(validators=[])], {}, "rules.0.validators"),
        ([rule(method="CLIENT_REVENUE", clients=[])], {}, "rules.0.clients"),
        ([rule()], {"caps": [{"scope": "MONTH", "amount_native": 1, "guaranteed": True}]},
         "caps.0.guaranteed"),
        ([rule(floor_native=5, cap_native=4)], {}, "floor_native: the floor of 5 is above the cap"),
        ([rule(floor_native=1.0)], {}, "rules.0.floor_native: must be a whole number"),
        ([rule(floor_native=True)], {}, "rules.0.floor_native: must be a whole number"),
        ([rule(floor_native="1.5")], {}, "rules.0.floor_native"),
        ([rule(cap_native=-1)], {}, "rules.0.cap_native"),
        ([rule(surprise=1)], {}, "rules.0.surprise"),
        ([rule(method="GUESS")], {}, "rules.0.method"),
        ([rule(rule_id="a|b")], {}, "rules.0.rule_id"),
        ([rule(), rule()], {}, "rules: rule_id: given twice: r1"),
        ([rule(rule_id="month")], {}, "rules: rule_id: month is the id of floors and caps"),
        ([rule()], {"rules": []}, "rules: give at least one"),
        ([rule()], {"effective_to": 840}, "effective_to: must come after effective_from"),
        ([rule()], {"version": 0}, "version"),
        ([rule()], {"floors": [{"scope": "PERIOD", "amount_native": 1}] * 2},
         "floors: scope: given twice: PERIOD"),
        ([rule()], {"caps": [{"scope": "MONTH", "amount_native": 1}] * 2},
         "caps: scope: given twice: MONTH"),
        ([rule()], {"floors": [{"scope": "MONTH", "amount_native": 6}],
                    "caps": [{"scope": "MONTH", "amount_native": 5}]},
         "floors: the floor of 6 is above the cap of 5"),
    ],
)  # fmt: skip
def test_a_version_that_errs_is_refused_by_its_field(
    rules: list[dict[str, Any]], terms: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadConfiguration) as refused:
        version(*rules, **terms)
    assert said in refused.value.message
    assert refused.value.key == "A"


def test_a_refusal_names_key_and_every_field_and_what_to_do() -> None:
    with pytest.raises(BadConfiguration) as refused:
        version(rule(rate_bps="0.05"), rule(rule_id="r2", cap_native="1_000"))
    assert str(refused.value) == (
        "A: rules.0.rate_bps: RATE_NOT_BPS: must be a whole number of basis points; "
        "rules.1.cap_native: must be a whole number of the smallest unit. "
        "Hint: correct the named fields; nothing was saved"
    )
    with pytest.raises(BadConfiguration) as refused:
        version(effective_to=840)
    assert refused.value.message == "effective_to: must come after effective_from"
    with pytest.raises(BadConfiguration) as refused:
        parse_version({"rules": []})
    assert refused.value.key == "agreement"
    with pytest.raises(BadConfiguration) as refused:
        version(rule(), rule(), rule(rule_id="r2"), rule(rule_id="r2"))
    assert refused.value.message == "rules: rule_id: given twice: r1, r2"


@pytest.mark.parametrize("rate", ["x", "0.05", 1.5, True, None, [1]])
def test_a_rate_that_is_no_number_of_basis_points_has_one_name(rate: Any) -> None:
    with pytest.raises(BadConfiguration) as refused:
        version(rule(tiers=[{"from_native": 0, "to_native": None, "rate_bps": rate}]))
    assert refused.value.message == (
        "rules.0.tiers.0.rate_bps: RATE_NOT_BPS: must be a whole number of basis points"
    )


@pytest.mark.parametrize("amount", ["1_000", " 7", "7 ", "７", "7.0", "--7", "7-", "", "+7", 7.0])
def test_an_amount_is_digits_and_nothing_else(amount: Any) -> None:
    with pytest.raises(BadConfiguration) as refused:
        version(rule(floor_native=amount))
    assert refused.value.message == (
        "rules.0.floor_native: must be a whole number of the smallest unit"
    )


def test_a_negative_amount_is_refused_as_one() -> None:
    with pytest.raises(BadConfiguration, match="greater than or equal to 0"):
        version(rule(floor_native="-7"))


def test_an_amount_in_digits_keeps_every_one() -> None:
    assert version(rule(floor_native=str(2**256 - 1))).rules[0].floor_native == 2**256 - 1


def test_the_edges_of_what_holds_together() -> None:
    assert version(effective_to=841).holds(840)
    assert not version(effective_to=841).holds(841)
    assert not version().holds(839)
    assert version(rule(rate_bps=10_000, floor_native=0, cap_native=0), version=1).version == 1
    month = [{"scope": "MONTH", "amount_native": 5}]
    assert version(floors=month, caps=month).cap(BoundScope.MONTH) is not None


def test_what_a_rule_covers() -> None:
    (everything,) = version(rule()).rules
    (some,) = version(rule(method="CLIENT_REVENUE", validators=["V"], clients=["c"])).rules
    assert [everything.covers("V"), everything.covers_client("c")] == [True, True]
    assert [some.covers(key) for key in "VW"] == [True, False]
    assert [some.covers_client(key) for key in "cd"] == [True, False]


def test_amounts_may_be_digits_and_rates_whole_decimals() -> None:
    read = version(rule(rate_bps="5.0", floor_native="7", cap_native="7"))
    (only,) = read.rules
    assert (only.rate_bps, only.floor_native, only.cap_native) == (5, 7, 7)
    assert only.max_rate_bps == 5
    assert version(rule(tiers=BANDS)).rules[0].max_rate_bps == 1000


def test_a_version_is_read_back_from_what_is_stored() -> None:
    written = version(
        rule(method="CLIENT_REVENUE", tiers=BANDS, validators=["ABC"], clients=["c"]),
        floors=[{"scope": "PERIOD", "amount_native": 2**80}],
    )
    stored = written.model_dump(mode="json")
    assert version(**stored) == written
    assert written.floor(BoundScope.PERIOD) == written.floors[0]
    assert written.floor(BoundScope.MONTH) is None


def test_floors_and_caps_of_different_scopes_do_not_meet() -> None:
    read = version(
        floors=[{"scope": "PERIOD", "amount_native": 6}],
        caps=[{"scope": "MONTH", "amount_native": 5, "guaranteed": False}],
    )
    assert read.cap(BoundScope.MONTH) == read.caps[0]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"rules": []}, "rules: give at least one"),
        ({"rules": [rule(base_basis="GROSS")]},
         "rules.0: base_basis: GROSS is defined only for MEV_TIPS"),
        ({"rules": [rule(base_basis="NET")]}, "rules.0: base_basis: NET is defined only for TOTAL"),
        ({"rules": [rule(component="STAKE_REWARDS")]},
         "rules.0: component: STAKE_REWARDS is defined only for CLIENT_REVENUE"),
        ({"rules": [rule(tier_window="MONTH")]},
         "rules.0: tiers: tier_window and tier_scope need tiers"),
    ],
)  # fmt: skip
def test_a_refusal_is_this_sentence(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        version(**terms)
    assert refused.value.message == message

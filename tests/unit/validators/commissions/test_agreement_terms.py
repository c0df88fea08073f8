"""Terms that do not hold together are refused by field; those that do are read exactly."""

from __future__ import annotations

from typing import Any

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.commissions.engine.agreement_terms import BoundScope
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
        ([rule()], {"rules": []}, "rules"),
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


def test_amounts_may_be_digits_and_rates_whole_decimals() -> None:
    read = version(rule(rate_bps="5.0", floor_native="7", cap_native="7"))
    (only,) = read.rules
    assert (only.rate_bps, only.floor_native, only.cap_native) == (5, 7, 7)
    assert only.max_rate_bps == 5
    assert version(rule(tiers=BANDS)).rules[0].max_rate_bps == 1000


def test_a_version_is_read_back_from_what_is_stored() -> None:
    written = version(
        rule(tiers=BANDS, validators=["ABC"], clients=["c"]),
        floors=[{"scope": "PERIOD", "amount_native": 2**80}],
    )
    stored = written.model_dump(mode="json")
    assert version(**stored) == written
    assert written.floor(BoundScope.PERIOD) == written.floors[0]
    assert written.floor(BoundScope.MONTH) is None


def test_floors_and_caps_of_different_scopes_do_not_meet() -> None:
    read = version(
        floors=[{"scope": "PERIOD", "amount_native": 6}],
        caps=[{"scope": "MONTH", "amount_native": 5}],
    )
    assert read.cap(BoundScope.MONTH) == read.caps[0]

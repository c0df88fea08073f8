"""Overrides: the last word, exactly, until they are revoked."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.commissions.engine.compute_lines import History, compute_lines
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from cdp_assets.validators.commissions.engine.overrides import (
    Override,
    apply_overrides,
    in_force,
    is_stale,
    total_before,
)
from tests.unit.validators.commissions.periods import (
    CHAIN,
    PARTNER,
    fees,
    period,
    rule,
    version,
)
from tests.unit.validators.vectors import VECTORS

NOON = datetime(2025, 1, 20, 12, tzinfo=UTC)


def lines_of(*amounts: int | None, **terms: object) -> tuple[CommissionLine, ...]:
    """Return lines of the amounts, one validator each."""
    validators = {f"V{n}": fees(amount) for n, amount in enumerate(amounts)}
    return compute_lines(
        version(rule(rate_bps=10_000), **terms), period(850, **validators), History()
    )


def override(amount: int, *, seen: int | None = None, minutes: int = 0, **scope: str) -> Override:
    """Return an override."""
    return Override(f"O{minutes}", amount, NOON + timedelta(minutes=minutes), seen, **scope)


def paid(lines: tuple[CommissionLine, ...]) -> dict[str, int | None]:
    """Return final amounts by validator, or kind."""
    return {line.key.validator_key or line.key.kind.value: line.final_native for line in lines}


def test_o1_an_override_stays_when_what_it_replaced_changes() -> None:
    vector = {key: v if isinstance(v, bool) else int(v) for key, v in VECTORS["O1"].items()}
    one = override(vector["override"], seen=vector["pre_override"])
    before = lines_of(vector["pre_override"])
    (line,) = apply_overrides(before, [one])
    assert line.final_native == vector["final"]
    assert not is_stale(one, before)
    after = lines_of(vector["after_recompute_pre"])
    (line,) = apply_overrides(after, [one])
    assert line.final_native == vector["after_recompute_final"]
    assert is_stale(one, after) is vector["override_stale"]


def test_it_is_spread_over_lines_with_an_amount_and_the_others_get_nothing() -> None:
    lines = lines_of(30, 10, 0, caps=[{"scope": "PERIOD", "amount_native": 35}])
    found = {
        line.key.validator_key or line.key.kind.value: line.final_native
        for line in apply_overrides(lines, [override(8)])
    }
    assert found == {"V0": 6, "V1": 2, "V2": 0, "CAP_REDUCTION": 0}


def test_without_an_amount_a_line_of_its_own_carries_it_until_it_is_revoked() -> None:
    lines = lines_of(0, -4)
    spread = apply_overrides(lines, [override(9)])
    assert sum(line.final_native or 0 for line in spread) == 9
    (own,) = [line for line in spread if line.key.kind is LineKind.OVERRIDE]
    assert (own.final_native, own.pre_override_native) == (9, 0)
    assert apply_overrides(spread, []) == lines
    assert apply_overrides(spread, [override(9)]) == spread


def test_the_line_that_carries_it_is_one_of_the_same_agreement_version_and_period() -> None:
    lines = lines_of(0, version=3)
    (own,) = [
        line for line in apply_overrides(lines, [override(9)]) if line.key.kind is LineKind.OVERRIDE
    ]
    assert own == CommissionLine(
        key=LineKey("A", 3, CHAIN, "850", LineKind.OVERRIDE),
        introducer_id=PARTNER,
        month="2025-01",
        raw_native=0,
        pre_override_native=0,
        override_native=9,
        override_id="O0",
    )


def test_a_line_of_one_unit_takes_part_and_lines_keep_the_order_of_their_ids() -> None:
    spread = apply_overrides(lines_of(1, 0, 1), [override(8)])
    assert {line.key.validator_key: line.final_native for line in spread} == {
        "V0": 4, "V1": 0, "V2": 4,
    }  # fmt: skip
    assert {line.override_id for line in spread} == {"O0"}
    ids = [line.line_id for line in apply_overrides(lines_of(0, 0, 0), [override(8)])]
    assert ids == sorted(ids)


def test_bounds_of_a_month_are_outside_of_it() -> None:
    terms = version(rule(rate_bps=10_000), floors=[{"scope": "MONTH", "amount_native": 100}])
    inputs = period(850, is_last_of_month=True, ABC=fees(40))
    lines = compute_lines(terms, inputs, History())
    assert total_before(lines, override(7)) == 40
    found = {line.key.kind: line.final_native for line in apply_overrides(lines, [override(7)])}
    assert found == {LineKind.ATTRIBUTION: 7, LineKind.FLOOR_TOPUP: 60}


def test_an_override_settles_a_period_with_a_missing_input() -> None:
    lines = lines_of(30, None)
    assert total_before(lines, override(8)) is None
    assert sum(line.final_native or 0 for line in apply_overrides(lines, [override(8)])) == 8
    assert not is_stale(override(8), lines)


def test_the_newest_that_was_not_revoked_counts_ties_to_the_larger_id() -> None:
    first, second = override(1), override(2, minutes=1)
    revoked = dataclasses.replace(override(3, minutes=2), is_revoked=True)
    tied = dataclasses.replace(second, override_id="Z")
    assert in_force([second, revoked, first]) == (second,)
    assert in_force([tied, second]) == in_force([second, tied]) == (tied,)
    assert in_force([revoked]) == ()


def test_a_period_without_lines_cannot_be_overridden() -> None:
    with pytest.raises(PermanentFailure) as refused:
        apply_overrides([], [override(1)])
    assert str(refused.value) == (
        "O0: the agreement has no line in the period, so nothing can be overridden. "
        "Hint: choose a period within the agreement's range"
    )
    assert apply_overrides([], []) == ()


def test_an_override_is_not_stale_where_its_author_saw_no_amount() -> None:
    assert not is_stale(override(8), lines_of(30))
    assert not is_stale(override(8, seen=30), lines_of(30))
    assert is_stale(override(8, seen=0), lines_of(30))
    assert is_stale(override(8, seen=30), lines_of(None))


def test_an_override_of_one_validator_leaves_the_others_and_the_bounds_as_they_are() -> None:
    lines = lines_of(30, 10, floors=[{"scope": "PERIOD", "amount_native": 50}])
    one = override(7, seen=30, validator_key="V0")
    spread = apply_overrides(lines, [one])
    assert paid(spread) == {"V0": 7, "V1": 10, "FLOOR_TOPUP": 10}
    assert total_before(lines, one) == 30
    assert not is_stale(one, lines_of(30, 11))
    assert apply_overrides(spread, []) == lines


def test_an_override_of_a_component_is_spread_over_its_lines_alone() -> None:
    terms = version(rule(), rule(rule_id="r2", component="MEV_TIPS", rate_bps=10_000))
    inputs = period(850, V0=fees(100, mev_tips_native=30), V1=fees(100, mev_tips_native=10))
    lines = compute_lines(terms, inputs, History())
    spread = apply_overrides(lines, [override(8, component="MEV_TIPS")])
    found = {(line.key.component, line.key.validator_key): line.final_native for line in spread}
    assert found == {
        ("EXEC_FEES", "V0"): 5,
        ("EXEC_FEES", "V1"): 5,
        ("MEV_TIPS", "V0"): 6,
        ("MEV_TIPS", "V1"): 2,
    }


def test_a_part_without_an_amount_has_a_line_of_its_own() -> None:
    (own,) = [
        line
        for line in apply_overrides(
            lines_of(30), [override(9, validator_key="V7", component="MEV_TIPS")]
        )
        if line.key.kind is LineKind.OVERRIDE
    ]
    assert (own.key.validator_key, own.key.component, own.component) == (
        "V7", "MEV_TIPS", "MEV_TIPS",
    )  # fmt: skip
    assert own.final_native == 9


def test_overrides_of_different_parts_hold_together_and_a_later_total_takes_their_place() -> None:
    lines = lines_of(30, 10)
    parts = [override(1, validator_key="V0"), override(2, minutes=1, validator_key="V1")]
    assert paid(apply_overrides(lines, parts)) == {"V0": 1, "V1": 2}
    total = override(400, minutes=2)
    assert in_force([*parts, total]) == (total,)
    assert paid(apply_overrides(lines, [total, *parts])) == {"V0": 300, "V1": 100}
    revoked = dataclasses.replace(total, is_revoked=True)
    assert paid(apply_overrides(lines, [*parts, revoked])) == {"V0": 1, "V1": 2}


@given(st.lists(st.integers(-(10**6), 10**24), min_size=1, max_size=6), st.integers(0, 10**24))
def test_i7_i8_finals_add_up_to_it_and_revoking_restores_every_line(
    amounts: list[int], amount: int
) -> None:
    lines = lines_of(*amounts)
    spread = apply_overrides(lines, [override(amount)])
    assert sum(line.final_native or 0 for line in spread) == amount
    assert all((line.final_native or 0) >= 0 for line in spread)
    assert apply_overrides(spread, []) == lines

"""Adjustments: all months together pay the latest truth."""

from __future__ import annotations

import dataclasses
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.validators.commissions.engine.adjustments import (
    Released,
    adjustment_key,
    adjustments,
)
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from tests.unit.validators.vectors import VECTORS

KEY = LineKey("A", 1, "solana-mainnet", "850", LineKind.ATTRIBUTION, "r1", "ABC", "", "MEV_TIPS")


def line(amount: int | None, key: LineKey = KEY) -> CommissionLine:
    """Return a current line."""
    return CommissionLine(key=key, introducer_id="p", month="2025-01", pre_override_native=amount)


def adjusted(
    paid: int, current: CommissionLine | None, month: str, key: LineKey = KEY
) -> tuple[CommissionLine, ...]:
    """Return the adjustments of one line."""
    released = {key.line_id: Released(key, "p", paid)}
    return adjustments(released, {} if current is None else {key.line_id: current}, month)


def test_a1_each_restatement_is_paid_once() -> None:
    vector = VECTORS["A1"]
    paid = int(vector["released"])
    found, ids = [], set()
    for month, restated in zip(("2025-02", "2025-03"), vector["restated"], strict=True):
        (one,) = adjusted(paid, line(int(restated)), month)
        assert one.key.kind is LineKind.ADJUSTMENT
        found.append(str(one.final_native))
        ids.add(one.line_id)
        paid += one.final_native or 0
    assert found == vector["expect_adjustments"]
    assert paid == int(vector["restated"][-1])
    assert len(ids) == 2


def test_an_equal_line_and_an_unknown_one_are_not_adjusted() -> None:
    assert adjusted(5, line(5), "2025-02") == ()
    assert adjusted(5, line(None), "2025-02") == ()


def test_a_line_that_is_gone_is_paid_back() -> None:
    (one,) = adjusted(5, None, "2025-02")
    assert (one.final_native, one.introducer_id) == (-5, "p")


def test_adjustments_of_lines_without_a_rule_have_ids_of_their_own() -> None:
    bound = dataclasses.replace(KEY, rule_id="", validator_key="", component="")
    keys = [
        dataclasses.replace(bound, kind=kind, rule_id=rule_id)
        for kind in (LineKind.FLOOR_TOPUP, LineKind.CAP_REDUCTION, LineKind.OVERRIDE)
        for rule_id in ("", "month")
    ]
    released = {key.line_id: Released(key, "p", 1) for key in keys}
    found = adjustments(released, {}, "2025-02")
    assert len({one.line_id for one in found}) == len(keys)


def test_each_line_is_adjusted_by_itself_and_all_of_it_is_said() -> None:
    keys = [dataclasses.replace(KEY, validator_key=name) for name in "ABCD"]
    released = {key.line_id: Released(key, f"p{n}", 10) for n, key in enumerate(keys)}
    finals = {
        key.line_id: line(amount, key) for key, amount in zip(keys, (10, None, 12, 7), strict=True)
    }
    found = adjustments(released, finals, "2025-02")
    assert sorted(found, key=lambda one: one.key.validator_key) == [
        CommissionLine(
            key=dataclasses.replace(key, kind=LineKind.ADJUSTMENT, statement_month="2025-02"),
            introducer_id=partner,
            month="2025-02",
            raw_native=amount,
            pre_override_native=amount,
        )
        for key, partner, amount in ((keys[2], "p2", 2), (keys[3], "p3", -3))
    ]
    assert [one.line_id for one in found] == sorted(one.line_id for one in found)


@pytest.mark.parametrize(
    ("kind", "rule_id", "expected"),
    [
        (LineKind.ATTRIBUTION, "r1", "r1"),
        (LineKind.OVERRIDE, "", "OVERRIDE"),
        (LineKind.FLOOR_TOPUP, "", "FLOOR_TOPUP"),
        (LineKind.CAP_REDUCTION, "month", "CAP_REDUCTION:month"),
    ],
)
def test_the_rule_of_an_adjustment_tells_the_kind_of_a_line_without_one(
    kind: LineKind, rule_id: str, expected: str
) -> None:
    key = dataclasses.replace(KEY, kind=kind, rule_id=rule_id)
    assert adjustment_key(key, "2025-02") == dataclasses.replace(
        key, kind=LineKind.ADJUSTMENT, rule_id=expected, statement_month="2025-02"
    )


@given(st.integers(0, 2**80), st.lists(st.integers(0, 2**80), max_size=6))
def test_i13_released_and_adjusted_is_the_latest_final(paid: int, truths: list[int]) -> None:
    total = paid
    for number, truth in enumerate(truths):
        for one in adjusted(total, line(truth), f"2025-{number + 2:02}"):
            total += one.final_native or 0
    assert total == (truths[-1] if truths else paid)


def test_ids_are_uuids_of_version_5() -> None:
    (one,) = adjusted(5, None, "2025-02")
    assert isinstance(one.line_id, uuid.UUID)
    assert one.line_id.version == 5

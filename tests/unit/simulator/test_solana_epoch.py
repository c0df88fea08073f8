"""Slots of one epoch: leaders, skipped slots, fees that add up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.solana.epoch import EpochPlan
from simulator.solana.validators import EpochValidator, generated_validators

REST = "rest"


def _plan(
    validators: list[EpochValidator],
    slots: int = 96,
    places: list[EpochValidator] | None = None,
) -> EpochPlan:
    return EpochPlan(1, 842, slots, validators, places or validators, REST)


def _paid(plan: EpochPlan, identity: str) -> int:
    return sum(
        plan.fee(index)
        for index in range(plan.slots)
        if plan.leader(index) == identity and not plan.is_skipped(index)
    )


@pytest.mark.parametrize("slots", [48, 96, 432])
def test_every_slot_has_one_leader_and_leaders_come_in_fours(slots: int) -> None:
    plan = _plan(generated_validators(1, 842, slots), slots)
    indexes = sorted(index for row in plan.schedule.values() for index in row)
    assert indexes == list(range(slots))
    assert all(plan.leader(index) == plan.leader(index - index % 4) for index in range(slots))


def test_one_slot_in_sixteen_is_skipped_and_never_a_leaders_first() -> None:
    plan = _plan(generated_validators(1, 842, 432), 432)
    skipped = [index for index in range(432) if plan.is_skipped(index)]
    assert len(skipped) == 432 // 16
    assert all(index % 4 for index in skipped)
    assert [plan.skipped_before(index) for index in range(432)] == [
        sum(one < index for one in skipped) for index in range(432)
    ]


@pytest.mark.parametrize("fees", [0, 1, 10**9 + 7, 2**62 + 1])
def test_the_blocks_of_a_validator_pay_exactly_its_total(fees: int) -> None:
    validator = EpochValidator("vote", ("node",), 1, leader_slots=12, fees=fees)
    assert _paid(_plan([validator]), "node") == fees


def test_two_identities_share_one_total() -> None:
    validator = EpochValidator("vote", ("first", "second"), 1, leader_slots=16, fees=12_345)
    plan = _plan([validator])
    assert _paid(plan, "first") > 0
    assert _paid(plan, "first") + _paid(plan, "second") == 12_345


def test_who_vanishes_leaves_its_slots_to_the_rest_and_no_other_slot_moves() -> None:
    validators = generated_validators(1, 842, 96)
    before = _plan(validators)
    gone = validators[0]
    after = _plan(validators[1:], places=validators)
    for index in range(96):
        expected = before.leader(index)
        assert after.leader(index) == (REST if expected in gone.identities else expected)
        assert after.fee(index) == before.fee(index)


def test_more_leader_slots_than_the_epoch_has_are_refused() -> None:
    validator = EpochValidator("vote", ("node",), 1, leader_slots=100)
    with pytest.raises(ValueError, match="24 groups of 4 slots, too few"):
        _plan([validator])


def test_restated_fees_change_no_block_of_another_validator() -> None:
    validators = generated_validators(1, 842, 96)
    changed = [replace(validators[0], fees=7), *validators[1:]]
    before, after = _plan(validators), _plan(changed)
    assert after.schedule == before.schedule
    assert _paid(after, validators[0].identities[0]) == 7
    for one in validators[1:]:
        assert _paid(after, one.identities[0]) == _paid(before, one.identities[0])

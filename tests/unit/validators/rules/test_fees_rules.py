"""Fee income of validators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import TransientFailure
from cdp_assets.validators.rules.fees_rules import (
    COLLECTOR_DIFFERS,
    EpochBlocks,
    FeeTotals,
    fees_by_validator,
)
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.rules.quality_rules import (
    FALLBACK_SOURCE,
    PROVISIONAL_ZERO,
    is_provisional_zero,
    quality_flags,
)
from resources.sources.solana.solana_responses import Block, SkippedSlot

PERIOD = Period("EPOCH", "5", 5, 40, 47)
SCHEDULE = {"alice": [0, 1, 2, 3], "bob": [4, 5], "carol": [6, 7]}


def epoch() -> EpochBlocks:
    """An epoch of eight slots, 40 to 47, of which 42 and 47 were skipped."""
    found = EpochBlocks(PERIOD, SCHEDULE)
    found.record_produced(40, 47, [40, 41, 43, 44, 45, 46])
    return found


def block(slot: int, lamports: int | None, receiver: str, parent: int = 0) -> Block:
    fees = () if lamports is None else ((receiver, lamports),)
    return Block(slot, slot, parent or slot - 1, 1, fees)


def test_an_identity_earns_what_its_blocks_paid() -> None:
    found = epoch()
    for slot, lamports in ((40, 2**63), (41, 7), (43, 0), (44, 5)):
        found.add_block(block(slot, lamports, "alice" if slot < 44 else "bob"))
    found.add_block(block(45, None, "bob"))
    found.add_block(SkippedSlot(46, -32007))
    totals = found.totals()
    assert totals["alice"] == FeeTotals(2**63 + 7, 3, 3, 4)
    assert totals["bob"] == FeeTotals(5, 1, 2, 2)
    assert totals["carol"] == FeeTotals(0, 0, 1, 2)


def test_a_payment_to_another_account_counts_for_the_leader_and_is_flagged() -> None:
    found = epoch()
    found.add_block(block(40, 9, "somebody else"))
    assert found.totals()["alice"].flags == {COLLECTOR_DIFFERS}
    assert found.totals()["alice"].total_fees_native == 9


def test_only_produced_slots_of_wanted_leaders_are_asked_for() -> None:
    assert epoch().wanted_slots(lambda identity: identity != "bob") == [40, 41, 43, 46]
    assert epoch().last_produced() == 46


def test_a_later_answer_about_the_same_slots_counts() -> None:
    found = epoch()
    found.record_produced(46, 46, [])
    assert not found.is_produced(46)
    assert found.last_produced() == 45
    assert found.is_produced(45)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        pytest.param(
            {"alice": [0, 1, 2, 3], "bob": [4, 5]}, "leaves 2 of 8", id="two without a leader"
        ),
        pytest.param(
            {**SCHEDULE, "dora": [8]},
            "^the leader schedule names slot index 8 of 8$",
            id="a slot behind the end",
        ),
    ],
)
def test_a_schedule_that_does_not_fit_its_epoch_is_partial(
    schedule: dict[str, list[int]], said: str
) -> None:
    with pytest.raises(TransientFailure, match=said):
        EpochBlocks(PERIOD, schedule)


def test_a_partial_schedule_names_its_epoch_and_what_to_do() -> None:
    with pytest.raises(TransientFailure) as refused:
        EpochBlocks(PERIOD, {"alice": [0, 1, 2, 3], "bob": [4, 5]})
    assert str(refused.value) == (
        "5: a partial response: the leader schedule leaves 2 of 8 slots open. "
        "Hint: fetch again, or from another node"
    )


@pytest.mark.parametrize(("slot", "parent"), [(40, 39), (41, 40), (43, 41), (44, 43), (46, 45)])
def test_a_block_that_follows_the_one_before_it_is_consistent(slot: int, parent: int) -> None:
    epoch().check_parent(block(slot, 1, "x", parent))
    with pytest.raises(TransientFailure, match=f"block {slot} follows slot {slot}, "):
        epoch().check_parent(block(slot, 1, "x", slot))


@pytest.mark.parametrize(
    ("slot", "parent"),
    [
        pytest.param(43, 42, id="its parent is not listed"),
        pytest.param(43, 40, id="a listed slot lies between"),
        pytest.param(41, 39, id="the first listed slot lies between"),
        pytest.param(40, 41, id="its parent comes later"),
    ],
)
def test_a_block_that_contradicts_the_list_shows_a_partial_answer(slot: int, parent: int) -> None:
    with pytest.raises(TransientFailure, match="partial"):
        epoch().check_parent(block(slot, 1, "x", parent))


def test_the_first_block_of_all_is_its_own_parent() -> None:
    genesis = EpochBlocks(Period("EPOCH", "0", 0, 0, 1), {"alice": [0, 1]})
    genesis.record_produced(0, 1, [0, 1])
    genesis.check_parent(Block(0, 0, 0, 1, ()))
    genesis.check_parent(block(1, 1, "alice", parent=0))
    with pytest.raises(TransientFailure, match="block 1 follows slot 1, "):
        genesis.check_parent(block(1, 1, "alice", parent=1))


def test_slots_outside_the_epoch_are_an_error_of_ours() -> None:
    for start, end in ((40, 48), (39, 47)):
        with pytest.raises(ValueError, match=f"^{start}..{end} is not inside epoch 5$"):
            epoch().record_produced(start, end, [])


def test_an_answer_about_some_slots_leaves_the_others_as_they_were() -> None:
    found = epoch()
    found.record_produced(42, 44, [43])
    assert [slot for slot in range(40, 48) if found.is_produced(slot)] == [40, 41, 43, 45, 46]
    found.record_produced(40, 40, [])
    assert [slot for slot in range(40, 48) if found.is_produced(slot)] == [41, 43, 45, 46]


def test_the_last_produced_slot_may_be_the_first_or_none() -> None:
    found = EpochBlocks(PERIOD, SCHEDULE)
    assert found.last_produced() is None
    found.record_produced(40, 47, [40])
    assert found.last_produced() == 40


@pytest.mark.parametrize(
    ("slot", "parent", "listed"),
    [(40, 41, "in an earlier epoch"), (41, 39, "40"), (44, 41, "43")],
)
def test_a_contradiction_names_both_slots_and_what_to_do(
    slot: int, parent: int, listed: str
) -> None:
    with pytest.raises(TransientFailure) as refused:
        epoch().check_parent(block(slot, 1, "x", parent))
    assert str(refused.value) == (
        f"5: a partial response: block {slot} follows slot {parent}, but the previous slot "
        f"in the list of produced slots is {listed}. Hint: fetch again, or from another node"
    )


def test_parts_of_fees_add_up_until_one_is_unknown() -> None:
    sums = FeeTotals(1, base_fees_native=2, priority_fees_native=3, flags={"X"})
    sums.add(FeeTotals(10, base_fees_native=20, priority_fees_native=30, flags={"Y"}))
    assert sums == FeeTotals(11, base_fees_native=22, priority_fees_native=33, flags={"X", "Y"})
    sums.add(FeeTotals(100, leader_slots=None))
    parts = (sums.base_fees_native, sums.priority_fees_native, sums.leader_slots)
    assert (sums.total_fees_native, *parts) == (111, None, None, None)
    unknown = FeeTotals(leader_slots=None)
    unknown.add(FeeTotals(leader_slots=None))
    assert unknown == FeeTotals(leader_slots=None)


def test_two_identities_of_one_validator_are_summed() -> None:
    by_identity = {
        "first": FeeTotals(5, 1, 1, 2),
        "second": FeeTotals(7, 2, 2, 2, flags={COLLECTOR_DIFFERS}),
    }
    fees = fees_by_validator(by_identity, {"first": "v", "second": "v"}, lambda _: True)
    assert fees.by_validator == {"v": FeeTotals(12, 3, 3, 4, flags={COLLECTOR_DIFFERS})}


def test_the_totals_of_identities_stay_as_they_are() -> None:
    by_identity = {
        "a": FeeTotals(5, 1, 1, 2),
        "b": FeeTotals(7, 2, 2, 2, flags={COLLECTOR_DIFFERS}),
        "c": FeeTotals(9),
    }
    validator_of = {"a": "v", "b": "v", "c": "w"}
    fees = fees_by_validator(by_identity, validator_of, lambda validator: validator == "v")
    assert fees.by_validator == {"v": FeeTotals(12, 3, 3, 4, flags={COLLECTOR_DIFFERS})}
    assert by_identity["a"] == FeeTotals(5, 1, 1, 2)


def test_what_is_unknown_of_one_identity_is_unknown_of_the_sum() -> None:
    known = FeeTotals(5, 1, 1, 2, base_fees_native=3, priority_fees_native=2)
    unknown = FeeTotals(7, 2, 2, None)
    sums = [
        fees_by_validator(found, {"a": "v", "b": "v"}, lambda _: True).by_validator["v"]
        for found in ({"a": known, "b": unknown}, {"a": unknown, "b": known}, {"a": known})
    ]
    parts = [(s.leader_slots, s.base_fees_native, s.priority_fees_native) for s in sums]
    assert parts == [(None, None, None), (None, None, None), (2, 3, 2)]
    assert [s.total_fees_native for s in sums] == [12, 12, 5]
    assert known.total_fees_native == 5


def test_an_identity_without_validator_is_kept_apart_and_counts_in_the_total() -> None:
    by_identity = {"known": FeeTotals(5, 1, 1, 1), "unknown": FeeTotals(7, 1, 1, 1)}
    fees = fees_by_validator(by_identity, {"known": "v"}, lambda _: True)
    assert list(fees.unattributed) == ["unknown"]
    assert fees.total == 12


def test_untracked_validators_are_left_out() -> None:
    by_identity = {"a": FeeTotals(5), "b": FeeTotals(7)}
    fees = fees_by_validator(by_identity, {"a": "v", "b": "w"}, lambda v: v == "w")
    assert list(fees.by_validator) == ["w"]


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 2**256 - 1), min_size=1),
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("vwx")),
)
def test_no_lamport_is_lost_between_identities_and_validators(
    paid: dict[str, int], validator_of: dict[str, str]
) -> None:
    by_identity = {identity: FeeTotals(lamports) for identity, lamports in paid.items()}
    assert fees_by_validator(by_identity, validator_of, lambda _: True).total == sum(paid.values())


def test_a_first_zero_is_provisional_until_confirmed() -> None:
    assert is_provisional_zero(0, is_confirmed=False)
    assert not is_provisional_zero(0, is_confirmed=True)
    assert not is_provisional_zero(1, is_confirmed=False)


def test_flags_are_sorted_names() -> None:
    flags = quality_flags({COLLECTOR_DIFFERS}, is_provisional_zero=True, is_fallback=True)
    assert flags == (FALLBACK_SOURCE, COLLECTOR_DIFFERS, PROVISIONAL_ZERO)
    assert quality_flags((), is_provisional_zero=False, is_fallback=False) == ()

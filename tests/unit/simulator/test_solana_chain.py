"""The chain over time: head, identities, loaded epochs, restatements by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.server.clock import SimulatedClock
from simulator.solana.chain import Geometry, SolanaChain
from simulator.solana.validators import generated_validators

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _chain(as_of: datetime = AS_OF) -> tuple[SolanaChain, SimulatedClock]:
    clock = SimulatedClock(as_of)
    return SolanaChain(4, clock, Geometry()), clock


def _real(vote: str, fees: int) -> dict[str, Any]:
    return {"vote": vote, "identity": f"{vote}-node", "stake": 5, "fees_lamports": fees}


def _total(chain: SolanaChain, epoch: int, identity: str) -> int:
    plan = chain.plan(epoch)
    return sum(
        plan.fee(index) for index in plan.schedule.get(identity, []) if not plan.is_skipped(index)
    )


@pytest.mark.parametrize("slots", [48, 96, 432_000])
def test_a_slot_begins_at_its_time_and_is_not_the_head_a_moment_before(slots: int) -> None:
    geometry = Geometry(slots_per_epoch=slots)
    for slot in (842 * slots, 842 * slots + 1, 841 * slots + 17, 900 * slots + slots - 1):
        begins = datetime.fromtimestamp(geometry.slot_time(slot), UTC)
        assert geometry.head(begins) >= slot
        assert geometry.head(begins - timedelta(seconds=1)) < slot


def test_the_epoch_follows_the_clock() -> None:
    chain, clock = _chain(datetime(2025, 9, 1, tzinfo=UTC))
    assert chain.epoch == 842
    clock.set(datetime(2025, 9, 2, 23, 59, 59, tzinfo=UTC))
    assert chain.epoch == 842
    clock.set(datetime(2025, 9, 3, tzinfo=UTC))
    assert chain.epoch == 843


def test_history_does_not_depend_on_where_the_clock_started() -> None:
    early, _ = _chain(AS_OF)
    late, _ = _chain(AS_OF + timedelta(days=400))
    assert early.plan(900).schedule == late.plan(900).schedule


def test_one_validator_changes_its_identity_and_another_uses_two_in_one_epoch() -> None:
    changing = {generated_validators(4, epoch, 96)[1].identities for epoch in range(830, 860)}
    doubled = {
        epoch
        for epoch in range(830, 860)
        if len(generated_validators(4, epoch, 96)[2].identities) == 2
    }
    assert len(changing) == 3  # epochs 832 and 848 begin new ones
    assert doubled == {845}


def test_loaded_figures_replace_the_chain_and_forgetting_brings_it_back() -> None:
    chain, _ = _chain()
    generated = chain.plan(842).schedule
    chain.load({"epoch": 842, "validators": [_real("a", 11)]})
    assert chain.geometry.slots_per_epoch == 432_000
    assert _total(chain, 842, "a-node") == 11
    assert [one.vote for one in chain.present_validators()] == ["a"]
    chain.forget()
    assert chain.plan(842).schedule == generated


def test_a_second_epoch_is_added_to_the_loaded_ones() -> None:
    chain, _ = _chain()
    chain.load({"epoch": 842, "slots_per_epoch": 48, "validators": [_real("a", 11)]})
    chain.load({"epoch": 843, "validators": [_real("b", 12)]})
    assert _total(chain, 842, "a-node") == 11
    assert _total(chain, 843, "b-node") == 12
    assert _total(chain, 843, "a-node") == 0


def test_a_loaded_epoch_begins_where_it_is_said_to() -> None:
    chain, clock = _chain()
    chain.load({"epoch": 10, "starts_at": "2026-03-02T00:00:00Z", "validators": [_real("a", 1)]})
    assert chain.epoch == 10
    clock.set(datetime(2026, 3, 4, tzinfo=UTC))
    assert chain.epoch == 11


def test_a_restatement_waits_for_its_moment_of_the_clock() -> None:
    chain, clock = _chain()
    chain.load({"epoch": 842, "validators": [_real("a", 11), _real("b", 20), _real("c", 30)]})
    chain.restate(
        {
            "epoch": 842,
            "effective_at": "2026-03-03T00:00:00Z",
            "fees": {"a": 99},
            "vanish": ["b"],
            "appear": [_real("d", 40)],
        }
    )
    totals = lambda: [_total(chain, 842, f"{vote}-node") for vote in "abcd"]  # noqa: E731
    assert totals() == [11, 20, 30, 0]
    clock.set(datetime(2026, 3, 3, tzinfo=UTC))
    assert totals() == [99, 0, 30, 40]
    clock.set(AS_OF)
    assert totals() == [11, 20, 30, 0]


def test_a_generated_validator_can_be_restated() -> None:
    chain, _ = _chain()
    validator = chain.validators(900)[0]
    chain.restate({"epoch": 900, "fees": {validator.vote: 123_456_789}})
    assert _total(chain, 900, validator.identities[0]) == 123_456_789


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"fees": {"nobody": 1}}, "no vote account nobody"),
        ({"fees": {"a": 1.5}}, "whole lamports"),
        ({"epoch": "842", "fees": {}}, "epoch is a whole number"),
        ({"appear": [{"vote": "x"}]}, "vote and identity"),
    ],
)
def test_a_wrong_restatement_is_refused_with_a_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    chain, _ = _chain()
    chain.load({"epoch": 842, "validators": [_real("a", 11)]})
    with pytest.raises(ValueError, match=sentence):
        chain.restate({"epoch": 842, **change})


@pytest.mark.parametrize("slots", [32, 100], ids=["too short", "no multiple of 16"])
def test_an_epoch_of_another_length_is_refused(slots: int) -> None:
    with pytest.raises(ValueError, match="multiple of 16 from 48"):
        Geometry(slots_per_epoch=slots)

"""The simulated Ethereum chain: slots, numbers, restatements, windows of either length."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ethereum import blocks
from simulator.ethereum.chain import MAINNET, EthereumChain, EthereumGeometry
from simulator.ethereum.keys import BLOCK_MARK, hash_of_slot, slot_of_hash
from simulator.server.clock import SimulatedClock

AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
SLOT = 430_880


def _chain(geometry: EthereumGeometry | None = None) -> tuple[EthereumChain, SimulatedClock]:
    clock = SimulatedClock(AS_OF)
    return EthereumChain(4, clock, geometry or EthereumGeometry()), clock


@given(st.integers(0, 20_000_000))
def test_numbers_count_blocks_and_lead_back_to_their_slots(slot: int) -> None:
    if blocks.is_missed(4, slot):
        slot += 1
    number = blocks.block_number(4, slot)
    assert blocks.slot_of_number(4, number) == slot
    following = next(s for s in range(slot + 1, slot + 3) if not blocks.is_missed(4, s))
    assert blocks.block_number(4, following) == number + 1
    assert slot_of_hash(BLOCK_MARK, hash_of_slot(BLOCK_MARK, slot, 4)) == slot


def test_windows_begin_as_on_the_main_network_in_either_geometry() -> None:
    small, _ = _chain()
    large, _ = _chain(MAINNET)
    assert large.slot_time(1_282 * 7_200) == small.slot_time(1_282 * 225) == 1_717_588_823
    assert large.head // 7_200 == small.head // 225 == 1_916
    assert large.block(large.head - 100_000) is not None or blocks.is_missed(
        4, large.head - 100_000
    )


def test_loaded_data_takes_effect_when_the_clock_reaches_it_and_the_last_one_wins() -> None:
    chain, clock = _chain()
    before = chain.attestation(1_000, SLOT)
    chain.load({"attestations": [[SLOT, 1_000, 1, 2, 3, 0]]})
    chain.load(
        {"attestations": [[SLOT, 1_000, 9, 9, 9, 0]], "effective_at": "2026-03-02T13:00:00Z"}
    )
    assert chain.attestation(1_000, SLOT) == (1, 2, 3, 0)
    clock.set(datetime(2026, 3, 2, 13, tzinfo=UTC))
    assert chain.attestation(1_000, SLOT) == (9, 9, 9, 0)
    chain.forget()
    assert chain.attestation(1_000, SLOT) == before


def test_a_slot_without_a_block_cannot_get_one() -> None:
    chain, _ = _chain()
    missed = next(slot for slot in range(SLOT, SLOT + 32) if blocks.is_missed(4, slot))
    block = {"slot": missed, "proposer_index": 1_000, "miner": "0x" + "aa" * 20, "base_fee": 1}
    with pytest.raises(ValueError, match="holds no block"):
        chain.load({"blocks": [block]})
    with pytest.raises(TypeError):
        chain.load({"limits": {"moon": 1}})
    assert chain.block(missed) is None
    assert chain.block(chain.head + 1) is None

"""What Ethereum blocks pay: vanilla or from a builder, verified, expected or misdirected."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import InvalidSourceResponse
from cdp_assets.units import to_native
from cdp_assets.validators.rules.ethereum_blocks import (
    MISDIRECTED,
    PAYMENT_UNVERIFIED,
    RECIPIENT_UNDECLARED,
    RELAY_VALUE_MISMATCH,
    TRACED,
    BlockIncome,
    ValidatorBlocks,
    block_income,
    canonical_payloads,
    priority_fees,
)
from resources.sources.ethereum.ethereum_rpc import ExecutionBlock, Receipt, Transaction
from resources.sources.ethereum.mev_relay import DeliveredPayload, read_delivered
from tests.unit.validators.vectors import VECTORS

OURS, BUILDER, THEIRS = "0x" + "aa" * 20, "0x" + "bb" * 20, "0x" + "cc" * 20
EXPECTED = frozenset({OURS})
HASH = "0x" + "11" * 32
GWEI = 10**9


def receipts(*pairs: tuple[int, int]) -> tuple[Receipt, ...]:
    return tuple(Receipt(f"t{n}", gas, price) for n, (gas, price) in enumerate(pairs))


def block(miner: str = OURS, last: Transaction | None = None, **changes: Any) -> ExecutionBlock:
    """The block of vector P4: base fee 10 gwei, two transactions."""
    paid = receipts((21_000, 12 * GWEI), (100_000, 23 * GWEI // 2))
    return replace(ExecutionBlock(7, HASH, miner, 10 * GWEI, last, paid), **changes)


def of_gwei(text: str) -> int:
    """Return an amount of gwei, with decimals, in wei."""
    return to_native(Decimal(text), 9)


def claim(value: int, recipient: str = OURS, **changes: Any) -> DeliveredPayload:
    return replace(DeliveredPayload(5, HASH, 7, "builder", "proposer", recipient, value), **changes)


def payment(value: int, receiver: str = OURS, sender: str = BUILDER) -> Transaction:
    return Transaction("t", sender, receiver, value)


def test_a_vanilla_block_pays_priority_fees_as_in_vector_p4() -> None:
    vector = VECTORS["P4"]
    paid = [
        (one["gas_used"], of_gwei(one["effective_gas_price_gwei"])) for one in vector["receipts"]
    ]
    given_block = block(receipts=receipts(*paid), base_fee=of_gwei(vector["base_fee_gwei"]))
    income = block_income(5, given_block, (), EXPECTED)
    assert income == BlockIncome(5, int(vector["expect_exec"]), 0, 0, is_mev=False)
    assert given_block == block()


def test_a_delivered_payload_pays_mev_and_no_fees_as_in_vector_p5() -> None:
    vector = VECTORS["P5"]
    value = int(vector["delivered_payload_value"])
    found = block_income(5, block(BUILDER, payment(value)), (claim(value),), EXPECTED)
    fees, mev = int(vector["expect_exec"]), int(vector["expect_mev"])
    assert found == BlockIncome(5, fees, mev, 0, is_mev=True)


def test_the_amount_paid_counts_where_a_relay_claims_another_one() -> None:
    found = block_income(5, block(BUILDER, payment(90)), (claim(100),), EXPECTED)
    assert (found.mev, found.flags) == (90, (RELAY_VALUE_MISMATCH,))


def test_relays_that_disagree_are_flagged_and_the_payment_decides() -> None:
    claims = (claim(90, THEIRS), claim(100))
    found = block_income(5, block(BUILDER, payment(100)), claims, EXPECTED)
    assert (found.mev, found.flags) == (100, (RELAY_VALUE_MISMATCH,))


@pytest.mark.parametrize(
    "unproven",
    [
        block(OURS),  # the builder set the proposer's recipient as coinbase
        block(BUILDER),
        block(BUILDER, payment(100, sender=THEIRS)),  # anyone's deposit in the last place
        block(BUILDER, payment(32 * 10**18, receiver=THEIRS)),
    ],
)
def test_a_payment_without_proof_is_taken_as_claimed_and_flagged(unproven: ExecutionBlock) -> None:
    found = block_income(5, unproven, (claim(100),), EXPECTED)
    assert (found.mev, found.priority_fees, found.flags) == (100, 0, (PAYMENT_UNVERIFIED,))


def test_a_payment_to_an_unexpected_address_is_no_income() -> None:
    paid = block(BUILDER, payment(100, THEIRS))
    mev = block_income(5, paid, (claim(100, THEIRS),), EXPECTED)
    assert (mev.mev, mev.misdirected, mev.flags) == (0, 100, (MISDIRECTED,))
    vanilla = block_income(6, block(THEIRS), (), EXPECTED, traced=8)
    assert (vanilla.priority_fees, vanilla.mev) == (0, 0)
    assert vanilla.misdirected == 192_000_000_000_008
    assert vanilla.flags == (MISDIRECTED, TRACED)


def test_without_declared_addresses_income_counts_and_is_flagged() -> None:
    found = block_income(5, block(THEIRS), (), None)
    assert (found.priority_fees, found.misdirected) == (192_000_000_000_000, 0)
    assert found.flags == (RECIPIENT_UNDECLARED,)


def test_traced_transfers_are_mev_beside_the_fees() -> None:
    found = block_income(5, block(), (), EXPECTED, traced=8)
    assert (found.priority_fees, found.mev, found.flags) == (192_000_000_000_000, 8, (TRACED,))


def test_a_price_below_the_base_fee_is_refused() -> None:
    with pytest.raises(InvalidSourceResponse, match="^transaction t1 pays less than the base fee$"):
        priority_fees(10, receipts((1, 10), (1, 9)))


@given(
    base=st.integers(0, 2**255),
    parts=st.lists(st.tuples(st.integers(0, 2**64), st.integers(0, 2**256))),
)
def test_priority_fees_are_exact_at_any_size(base: int, parts: list[tuple[int, int]]) -> None:
    paid = receipts(*((gas, base + tip) for gas, tip in parts))
    assert priority_fees(base, paid) == sum(gas * tip for gas, tip in parts)


def test_only_canonical_blocks_count_and_a_payload_at_two_relays_once() -> None:
    other = "0x" + "22" * 32
    delivered = [claim(5), claim(5), claim(9, block_hash=other), claim(5, slot=6), claim(4)]
    assert canonical_payloads(delivered, {5: HASH, 6: other}) == {5: (claim(4), claim(5))}
    assert canonical_payloads(reversed(delivered), {5: HASH}) == {5: (claim(4), claim(5))}


def test_blocks_of_a_validator_add_up() -> None:
    sums = ValidatorBlocks()
    sums.add(block_income(5, block(), (), EXPECTED))
    sums.add(block_income(6, block(BUILDER, payment(90)), (claim(100),), EXPECTED))
    sums.add(block_income(7, block(THEIRS), (), EXPECTED))
    assert (sums.priority_fees, sums.mev, sums.misdirected) == (192 * 10**12, 90, 192 * 10**12)
    assert (sums.blocks, sums.vanilla_blocks, sums.mev_blocks) == (3, 2, 1)
    assert sums.fee_flags == {MISDIRECTED}
    assert sums.mev_flags == {MISDIRECTED, RELAY_VALUE_MISMATCH}


def test_real_vanilla_blocks_with_a_wrong_recipient_are_no_income(shared_data: Path) -> None:
    """187 of 3,975 real proposals without a relay paid a wrong address (validator §3.2, 4)."""
    path = shared_data / "validator/ethereum/rockettheft/vanilla_losses.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    sums, everything = ValidatorBlocks(), 0
    wrong = 0
    for row in rows:
        fees = to_native(Decimal(row["priority_fees"] or "0"), 18)
        is_right = row["correct_fee_recipient"] == "True"
        one = block(OURS if is_right else THEIRS, receipts=receipts((1, 10 * GWEI + fees)))
        income = block_income(int(row["slot"]), one, (), EXPECTED)
        assert income.priority_fees == (fees if is_right else 0)
        wrong += MISDIRECTED in income.flags
        everything += fees
        sums.add(income)
    assert (len(rows), wrong) == (3_975, 187)
    assert sums.priority_fees + sums.misdirected == everything
    assert sums.misdirected > 0


def test_real_relay_blocks_paid_to_a_wrong_recipient_are_no_income(shared_data: Path) -> None:
    path = shared_data / "validator/ethereum/rockettheft/recipient_losses.csv"
    with path.open(newline="") as file:
        rewards = [to_native(Decimal(row["mev_reward"]), 18) for row in csv.DictReader(file)]
    assert len(rewards) == 17
    for value in rewards:
        paid = block(BUILDER, payment(value, THEIRS))
        income = block_income(5, paid, (claim(value, THEIRS),), EXPECTED)
        assert (income.mev, income.misdirected) == (0, value)


def test_of_sixty_real_bids_only_that_of_the_canonical_block_counts(shared_data: Path) -> None:
    folder = shared_data / "validator/ethereum/relay"
    body = (folder / "builder_blocks_received_slot6214255_first60.json").read_bytes()
    bids = read_delivered(body)
    first = bids[0]
    found = canonical_payloads([*bids, *bids], {6_214_255: first.block_hash})
    assert len(bids) == len(json.loads(body)) == 60
    assert found == {6_214_255: (first,)}
    paid = block(BUILDER, payment(first.value, first.proposer_fee_recipient))
    income = block_income(
        6_214_255, paid, found[6_214_255], frozenset({first.proposer_fee_recipient})
    )
    assert (income.priority_fees, income.mev) == (0, 38_256_216_383_786_968)

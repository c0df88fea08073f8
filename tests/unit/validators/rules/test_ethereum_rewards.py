"""Consensus rewards of a window, and real sums of staking pools to the wei."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import TransientFailure
from cdp_assets.validators.rules.ethereum_rewards import ConsensusRewards, WindowRewards
from cdp_assets.validators.rules.period_rules import slot_range
from resources.codecs.exact_json import parse_exact
from resources.sources.ethereum.beacon_responses import (
    FAR_FUTURE_EPOCH,
    AttestationReward,
    BeaconValidator,
    BlockReward,
)
from tests.unit.validators.vectors import VECTORS

GWEI = st.integers(-(2**63), 2**63 - 1)


def validator(index: int, activation: int = 0, end: int = FAR_FUTURE_EPOCH) -> BeaconValidator:
    return BeaconValidator(index, f"0x{index}", "active_ongoing", 32, "0x", False, activation, end)


def window(*indexes: int) -> WindowRewards:
    return WindowRewards({index: validator(index) for index in indexes})


def attested(index: int, *parts: int) -> AttestationReward:
    head, target, source, delay, inactivity = parts
    return AttestationReward(index, head, target, source, delay, inactivity)


def test_vote_rewards_are_those_of_vector_p4() -> None:
    vector = VECTORS["P4"]
    gwei = vector["attestation_gwei"]
    parts = [int(gwei[name]) for name in ("head", "target", "source", "inactivity")]
    found = window(3)
    found.add_attestations(10, [attested(3, *parts, 0)])
    for reward in vector["sync_gwei"]:
        found.add_sync_rewards({3: int(reward)})
    for total in vector["block_total_gwei"]:
        found.add_proposal(BlockReward(3, int(total)))
    assert found.by_index[3].native == int(vector["expect_vote_rewards"])
    assert found.by_index[3] == ConsensusRewards(11_166, -1_000, 45_000_000, 1)


def test_penalties_can_prevail() -> None:
    found = window(3, 4)
    found.add_attestations(10, [attested(3, 0, -9, -4, 0, -1), attested(4, 1, 1, 1, 1, 0)])
    assert found.by_index[3].native == -14 * 10**9
    assert found.by_index[4].native == 4 * 10**9


def test_a_missing_active_validator_makes_the_response_partial() -> None:
    found = WindowRewards({3: validator(3), 4: validator(4, activation=11)})
    found.add_attestations(10, [attested(3, 1, 1, 1, 0, 0)])
    with pytest.raises(TransientFailure, match="1 active validator, first 4"):
        found.add_attestations(11, [attested(3, 1, 1, 1, 0, 0)])
    exited = WindowRewards({3: validator(3, end=10)})
    exited.add_attestations(10, [])
    assert exited.by_index[3].native == 0


def test_rewards_of_others_are_ignored() -> None:
    found = window(3)
    found.add_attestations(10, [attested(3, 0, 0, 0, 0, 0), attested(9, 1, 1, 1, 1, 1)])
    found.add_sync_rewards({9: 5})
    found.add_proposal(BlockReward(9, 5))
    assert found.by_index == {3: ConsensusRewards(epochs=1)}


@given(st.lists(st.tuples(GWEI, GWEI, GWEI, GWEI, GWEI), max_size=20))
def test_the_order_of_epochs_does_not_matter(rows: list[tuple[int, ...]]) -> None:
    first, second = window(3), window(3)
    for epoch, parts in enumerate(rows):
        first.add_attestations(epoch, [attested(3, *parts)])
    for epoch, parts in sorted(enumerate(rows), key=lambda row: hash(row[1])):
        second.add_attestations(epoch, [attested(3, *parts)])
    assert first.by_index == second.by_index
    assert first.by_index[3].native == sum(map(sum, rows)) * 10**9


@pytest.mark.parametrize(
    ("interval", "slots", "dust"),
    [(24, "9235680-9437279", 0), (40, "12461280-12662879", 0), (51, "14678880-14880479", 45)],
)
def test_real_pool_intervals_add_up_to_the_wei(
    shared_data: Path, interval: int, slots: str, dust: int
) -> None:
    """Sums beyond 2^63 survive reading; three intervals are explicit slot ranges (README 6)."""
    path = shared_data / f"validator/ethereum/rocketpool/rewards_interval_{interval}.json"
    document = parse_exact(path.read_bytes())
    period = slot_range(slots)
    assert (period.start_slot, period.end_slot) == (
        document["consensusStartBlock"],
        document["consensusEndBlock"],
    )
    totals, nodes = document["totalRewards"], document["nodeRewards"].values()
    smoothing = sum(int(node["smoothingPoolEth"]) for node in nodes)
    voter = sum(int(node.get("voterShareEth", "0")) for node in nodes)
    assert smoothing == int(totals["nodeOperatorSmoothingPoolEth"])
    network = document["networkRewards"]["0"]
    assert smoothing + voter == int(network["smoothingPoolEth"]) + int(
        network.get("voterShareEth", "0")
    )
    parts = smoothing + int(totals["poolStakerSmoothingPoolEth"])
    parts += int(totals.get("smoothingPoolVoterShareEth", "0"))
    assert parts - int(totals["totalSmoothingPoolEth"]) == dust


def test_a_real_pool_is_shared_by_duties_as_in_vector_c6(shared_data: Path) -> None:
    """The published amounts passed through doubles, so both sides are compared as such."""
    vector = VECTORS["C6"]
    frame = json.loads((shared_data / "validator" / vector["source"]).read_bytes())
    threshold = frame["threshold"]
    weights = {
        name: sum(
            one["perf"]["assigned"]
            for one in operator["validators"].values()
            if one["perf"]["included"] / one["perf"]["assigned"] > threshold
        )
        for name, operator in frame["operators"].items()
    }
    total = sum(weights.values())
    assert (len(weights), total) == (182, vector["weight_sum"])
    for pool in map(int, vector["pool_range"]):
        for name, operator in frame["operators"].items():
            assert float(pool * weights[name] // total) == float(operator["distributed"])


def test_rewards_add_up_over_epochs_and_blocks() -> None:
    found = window(3)
    for epoch in (10, 11, 12):
        found.add_attestations(epoch, [attested(3, 1, 2, 4, 8, 16)])
        found.add_sync_rewards({3: 5, 99: 7})
        found.add_proposal(BlockReward(3, 7))
        found.add_proposal(BlockReward(99, 1_000))
    assert found.by_index == {3: ConsensusRewards(93, 15, 21, 3)}


def test_a_partial_response_names_its_epoch_and_what_to_do() -> None:
    with pytest.raises(TransientFailure) as refused:
        window(9, 3, 4).add_attestations(11, [attested(4, 1, 1, 1, 0, 0)])
    assert str(refused.value) == (
        "epoch 11: a partial response: no attestation reward of 2 active validators, first 3. "
        "Hint: fetch again, or from another node"
    )

"""The real block rewards of epoch 842 through the simulated node's protocol into the table."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.canonical import checks
from cdp_assets.validators.chains.chain_registry import Registry
from tests.integration.validators.conftest import Station, shorten

EPOCH_842 = 842
SLOTS = 3_952  # 988 groups of four: 984 validators with one group, 2 with two, nobody else


def read_earnings(shared_data: Path) -> list[dict[str, str]]:
    path = shared_data / "validator" / "solana" / "doublezero" / "earnings_epoch842.csv"
    with path.open(newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture
def registry(registry: Registry) -> Registry:
    return shorten(registry, first_period=EPOCH_842)


def feed(station: Station, earnings: list[dict[str, str]]) -> dict[str, int]:
    """Let the node hold the real epoch; return each vote account's lamports."""
    lamports = {
        row["votekey"]: to_native(Decimal(row["block_rewards"]), SOL_DECIMALS) for row in earnings
    }
    validators: list[dict[str, Any]] = [
        {
            "vote": row["votekey"],
            "identity": row["pubkey"],
            "stake": to_native(Decimal(row["stake"]), SOL_DECIMALS),
            "fees_lamports": lamports[row["votekey"]],
            "leader_slots": 8 if place < 2 else 4,
        }
        for place, row in enumerate(earnings)
    ]
    station.node.world.chain.load(
        {
            "epoch": EPOCH_842,
            "slots_per_epoch": SLOTS,
            "starts_at": "2026-03-02T00:00:00Z",
            "validators": validators,
        }
    )
    return lamports


def test_real_fees_arrive_to_the_lamport(station: Station, shared_data: Path) -> None:
    vectors = json.loads((shared_data / "validator" / "vectors.json").read_text())
    lamports = feed(station, read_earnings(shared_data))
    station.observed_and_ended(EPOCH_842)
    done = station.fees(EPOCH_842)
    found = {row[0]: int(row[1]) for row in station.current_fees(EPOCH_842)}
    assert len(found) == 986
    assert found == lamports
    assert sum(found.values()) == int(vectors["P3"]["expect_exec"]) == 10_067_148_218_875
    assert sum(v * 500 // 10_000 for v in found.values()) == int(vectors["C5"]["expect_sum"])
    assert int(vectors["R2"]["component"]) in found.values()
    assert int(vectors["R2"]["component"]) * 500 // 10_000 == int(vectors["R2"]["expect"])
    assert found["3N7s9zXMZ4QqvHQR15t5GNHyqc89KduzMP7423eWiD5g"] == 296_066_358_791  # vector E1
    parameters = {
        "chain": "solana-mainnet",
        "periods": ["842"],
        "tracks_all": True,
        "winners": list(done.winners),
    }
    with station.warehouse.connect(autocommit=True) as connection:
        broken = {
            claim.name: connection.execute(claim.broken, parameters).fetchall()
            for claim in checks.FEE_CHECKS
        }
    # Some validators really earned nothing; their simulated blocks carry no reward.
    assert {name for name, rows in broken.items() if rows} <= {"every_block_paid_its_leader"}


def test_a_list_of_tracked_validators_fetches_their_blocks_only(
    station: Station, shared_data: Path
) -> None:
    earnings = read_earnings(shared_data)
    lamports = feed(station, earnings)
    tracked = [row["votekey"] for row in earnings[10:13]]
    station.registry = shorten(station.registry, tracked_validators=tracked)
    station.observed_and_ended(EPOCH_842)
    station.node.world.journal.clear()
    station.fees(EPOCH_842)
    assert {row[0]: int(row[1]) for row in station.current_fees(EPOCH_842)} == {
        vote: lamports[vote] for vote in tracked
    }
    assert station.node.world.journal.rpc["getBlock"] <= 3 * 4 + 1

"""Rewards of Solana's stake accounts: which delegation counts in an epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from cdp_assets.validators.chains.solana.fetch_rewards import read_rewards
from cdp_assets.validators.rules.reward_rules import ObservedReward
from cdp_assets.validators.storage.payload_store import StoredFetch

EPOCH, NEVER = 900, 2**64 - 1
ACCOUNT, VOTE = "Account", "Vote"


class _Stored:
    def __init__(self, reward: dict[str, Any] | None, begin: int, end: int) -> None:
        delegation = {
            "voter": VOTE,
            "stake": "5000",
            "activationEpoch": str(begin),
            "deactivationEpoch": str(end),
        }
        parsed = {"type": "delegated", "info": {"stake": {"delegation": delegation}}}
        self.results = {
            "getInflationReward": (f"getInflationReward:{EPOCH}:{ACCOUNT}", [reward]),
            "getAccountInfo": (
                f"getAccountInfo:{ACCOUNT}",
                {"value": {"data": {"parsed": parsed}}},
            ),
        }

    def parts(self, kind: str) -> Iterator[tuple[str, bytes]]:
        id_, result = self.results[kind]
        yield id_, json.dumps({"jsonrpc": "2.0", "id": id_, "result": result}).encode()


def _read(reward: dict[str, Any] | None, begin: int, end: int) -> list[ObservedReward]:
    stored = cast("StoredFetch", _Stored(reward, begin, end))
    return read_rewards(stored, {}, None, EPOCH)


@pytest.mark.parametrize(
    ("begin", "end", "stake"),
    [
        (EPOCH - 1, NEVER, 5000),
        (EPOCH - 1, EPOCH, 5000),
        (EPOCH, NEVER, 0),
        (EPOCH - 9, EPOCH - 1, 0),
    ],
)
def test_stake_without_a_reward_counts_only_if_it_was_active(
    begin: int, end: int, stake: int
) -> None:
    (row,) = _read(None, begin, end)
    assert (row.validator_key, row.rewards, row.stake) == (VOTE, 0, stake)


def test_an_account_delegated_after_the_epoch_has_no_row() -> None:
    assert _read(None, EPOCH + 1, NEVER) == []


def test_the_stake_of_an_account_that_was_paid_counts() -> None:
    paid = {"epoch": EPOCH, "effectiveSlot": 1, "amount": 7, "postBalance": 8, "commission": 5}
    (row,) = _read(paid, EPOCH, NEVER)
    assert (row.rewards, row.stake) == (7, 5000)

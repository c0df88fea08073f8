"""Client of a Solana JSON-RPC node: the methods of validator §3.1, always at ``finalized``.

Every reply has the responses as received beside a reader, so that they are stored before they are
read. The id of a request is its name (``getBlock:367200000``): a response then names its own
request, and a batch may come back in any order. Scope: methods, parameters, batches; not here:
reading fields (``solana_responses``), or what a period needs (``cdp_assets``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import InvalidResponse
from resources.sources.json_rpc import RpcResult, read_envelope, response_failure
from resources.sources.solana.solana_responses import (
    Block,
    EpochInfo,
    EpochSchedule,
    InflationReward,
    SkippedSlot,
    StakeAccount,
    VoteAccount,
    failure_of,
    read_block,
    read_epoch_info,
    read_epoch_schedule,
    read_inflation_rewards,
    read_leader_schedule,
    read_slots,
    read_stake_account,
    read_vote_accounts,
)

T = TypeVar("T")

PROTOCOL = "json-rpc 2.0"
LARGEST_RANGE_SLOTS = 500_000  # getBlocks, validator §3.1
_FINALIZED = {"commitment": "finalized"}
_REWARDS_ONLY = {
    "commitment": "finalized",
    "maxSupportedTransactionVersion": 0,
    "rewards": True,
    "transactionDetails": "none",
}


class SolanaRpc:
    """Client of one node.

    Args:
        http: Transport with retry, rate limit and breaker.
        batch_size: Blocks fetched in one request. Batches are part of JSON-RPC 2.0, but some
            vendors refuse or limit them, so 1 must always work.
    """

    def __init__(self, http: HttpClient, *, batch_size: int = 1) -> None:
        if batch_size < 1:
            raise ValueError("a batch holds at least one request")
        self.http = http
        self.batch_size = batch_size

    def epoch_info(self) -> Reply[EpochInfo]:
        """Fetch the position of the finalized head."""
        return self._single("getEpochInfo", "getEpochInfo", [_FINALIZED], read_epoch_info)

    def epoch_schedule(self) -> Reply[EpochSchedule]:
        """Fetch how epochs follow from slots."""
        return self._single("getEpochSchedule", "getEpochSchedule", [], read_epoch_schedule)

    def leader_schedule(self, start_slot: int) -> Reply[dict[str, list[int]]]:
        """Fetch the leader of each slot of the epoch that begins at ``start_slot``."""
        name = f"getLeaderSchedule:{start_slot}"
        return self._single(name, "getLeaderSchedule", [start_slot], read_leader_schedule)

    def vote_accounts(self) -> Reply[list[VoteAccount]]:
        """Fetch the validators of this moment, also those that lost all stake."""
        options = {**_FINALIZED, "keepUnstakedDelinquents": True}
        return self._single("getVoteAccounts", "getVoteAccounts", [options], read_vote_accounts)

    def produced_slots(self, start: int, end: int) -> Reply[list[int]]:
        """Fetch which slots of ``[start, end]`` hold a block.

        Raises:
            ValueError: The range is wider than a node returns at once.
        """
        if not 0 <= end - start < LARGEST_RANGE_SLOTS:
            raise ValueError(f"a range holds 1 to {LARGEST_RANGE_SLOTS} slots")
        name = f"getBlocks:{start}..{end}"
        return self._single(
            name, "getBlocks", [start, end], lambda result: read_slots(result, start, end)
        )

    def inflation_rewards(
        self, epoch: int, addresses: Sequence[str]
    ) -> Reply[list[InflationReward | None]]:
        """Fetch what accounts were paid for an epoch, aligned with the addresses.

        The id of the request names the addresses, so that the stored response can be read alone.

        Raises:
            ValueError: More addresses than ``batch_size``, or none.
        """
        if not 1 <= len(addresses) <= self.batch_size:
            raise ValueError(f"addresses at once: 1 to {self.batch_size}")
        name = f"getInflationReward:{epoch}:{','.join(addresses)}"
        params = [list(addresses), {"commitment": "finalized", "epoch": epoch}]
        return self._single(
            name,
            "getInflationReward",
            params,
            lambda result: read_inflation_rewards(result, addresses, epoch),
        )

    def stake_accounts(self, addresses: Sequence[str]) -> Reply[dict[str, StakeAccount]]:
        """Fetch the present delegation of at most ``batch_size`` stake accounts in one request."""
        if not 1 <= len(addresses) <= self.batch_size:
            raise ValueError(f"addresses at once: 1 to {self.batch_size}")
        ids = [f"getAccountInfo:{address}" for address in addresses]
        options = {"commitment": "finalized", "encoding": "jsonParsed"}
        requests = [
            _rpc_request(id_, "getAccountInfo", [address, options])
            for id_, address in zip(ids, addresses, strict=True)
        ]
        name = ids[0] if len(ids) == 1 else f"{ids[0]}..{addresses[-1]}"
        return self._request(
            name, ids, requests[0] if len(ids) == 1 else requests, read_stake_accounts
        )

    def blocks(self, slots: Sequence[int]) -> Reply[dict[int, Block | SkippedSlot]]:
        """Fetch the rewards of at most ``batch_size`` blocks in one request."""
        if not 1 <= len(slots) <= self.batch_size:
            raise ValueError(f"1 to {self.batch_size} slots at once")
        ids = [f"getBlock:{slot}" for slot in slots]
        requests = [
            _rpc_request(id_, "getBlock", [slot, _REWARDS_ONLY])
            for id_, slot in zip(ids, slots, strict=True)
        ]
        name = ids[0] if len(ids) == 1 else f"{ids[0]}..{slots[-1]}"
        return self._request(name, ids, requests[0] if len(ids) == 1 else requests, read_blocks)

    def _single(
        self, name: str, method: str, params: list[Any], read: Callable[[Any], T]
    ) -> Reply[T]:
        def read_first(members: Sequence[RpcResult]) -> T:
            return read(members[0].result)

        return self._request(name, [name], _rpc_request(name, method, params), read_first)

    def _request(
        self,
        name: str,
        ids: Sequence[str],
        request: Any,
        read: Callable[[Sequence[RpcResult]], T],
    ) -> Reply[T]:
        """Send a request, and read each response once: reading it is part of its validation."""
        body = json.dumps(request, sort_keys=True, separators=(",", ":")).encode()
        values: list[T] = []

        def validate(status: int, got: bytes) -> CdpError | None:
            try:
                members = read_envelope(got)
            except InvalidSourceResponse as error:
                return TransientFailure(error.message)
            failure = response_failure(members, ids, failure_of)
            if failure is not None:
                return failure
            try:
                values.append(read(members))
            except InvalidSourceResponse as error:
                return InvalidResponse(error.message)
            except PermanentFailure as error:
                return error
            return None

        call = Request(name=name, method="POST", body=body)
        return Reply(name, self.http.send(call, validate), values)


def read_stake_accounts(members: Sequence[RpcResult]) -> dict[str, StakeAccount]:
    """Read a single or batch response to ``getAccountInfo``: delegated accounts by address."""
    found = (
        read_stake_account(member.result, member.id.removeprefix("getAccountInfo:"))
        for member in members
    )
    return {account.address: account for account in found if account is not None}


def rewards_of(member: RpcResult) -> list[tuple[str, InflationReward | None]]:
    """Read a stored response to ``getInflationReward``, whose id names its addresses."""
    _, epoch, listed = member.id.split(":", 2)
    addresses = listed.split(",")
    found = read_inflation_rewards(member.result, addresses, int(epoch))
    return list(zip(addresses, found, strict=True))


def read_blocks(members: Sequence[RpcResult]) -> dict[int, Block | SkippedSlot]:
    """Read the members of a single or batch response to ``getBlock``, by slot."""
    return {block.slot: block for block in map(read_block, members)}


def _rpc_request(id_: str, method: str, params: list[Any]) -> dict[str, Any]:
    return {"id": id_, "jsonrpc": "2.0", "method": method, "params": params}

"""Client of an Ethereum execution node: blocks with their receipts (validator §3.2).

Both of a block are requested in one JSON-RPC batch, and each proves the other: as many receipts as
transactions, in the same order, with the same gas. Scope: methods, parameters, batches and the
fields that are used; not here: what a block pays whom (``cdp_assets.validators.rules``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from resources.http.http_client import HttpClient, Request
from resources.http.rate_limit import rate_limit_of
from resources.http.reply import Reply
from resources.http.response_validation import InvalidResponse
from resources.sources.ethereum.beacon_responses import NeedsArchive
from resources.sources.ethereum.ethereum_fields import address, hash32, member, quantity, records
from resources.sources.json_rpc import RpcResult, read_envelope, response_failure

PROTOCOL = "json-rpc 2.0"
_BLOCK, _RECEIPTS = "eth_getBlockByNumber", "eth_getBlockReceipts"
_TRANSIENT_CODES = frozenset({-32002, -32005})  # EIP-1474: resource unavailable, limit exceeded
_PRUNED = re.compile(r"prun|missing trie node|histor|not available", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transfer of wei; ``receiver`` is null where a contract was created."""

    transaction_hash: str
    sender: str
    receiver: str | None
    value: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one transaction used, whether it failed or not, and its price per gas in wei."""

    transaction_hash: str
    gas_used: int
    effective_gas_price: int


@dataclass(frozen=True, slots=True)
class ExecutionBlock:
    """A block of the execution layer; amounts in wei.

    Attributes:
        miner: The fee recipient that its builder set.
        base_fee: Per gas; burned.
        last_transaction: By which a builder pays the proposer; null: the block is empty.
        receipts: Of all transactions, in their order.
    """

    number: int
    block_hash: str
    miner: str
    base_fee: int
    last_transaction: Transaction | None
    receipts: tuple[Receipt, ...]


class EthereumRpc:
    """Client of one node.

    Args:
        http: Transport with retry, rate limit and breaker.
        batch_size: Blocks per request, each with its receipts; 0.3 MB per block.
    """

    def __init__(self, http: HttpClient, *, batch_size: int = 1) -> None:
        if batch_size < 1:
            raise ValueError("a batch holds at least one block")
        self.http = http
        self.batch_size = batch_size

    def blocks(self, numbers: Sequence[int]) -> Reply[dict[int, ExecutionBlock]]:
        """Fetch at most ``batch_size`` blocks with their receipts, by number."""
        if not 1 <= len(numbers) <= self.batch_size:
            raise ValueError(f"at most {self.batch_size} at once, and at least one")
        calls = [call for number in numbers for call in _calls_of(number)]
        ids = [str(call["id"]) for call in calls]
        body = json.dumps(calls, sort_keys=True, separators=(",", ":")).encode()
        values: list[dict[int, ExecutionBlock]] = []

        def validate(status: int, got: bytes) -> CdpError | None:
            try:
                members = read_envelope(got)
            except InvalidSourceResponse as error:
                return TransientFailure(error.message)
            failure = response_failure(members, ids, _failure_of)
            if failure is not None:
                return failure
            try:
                values.append(read_blocks(members))
            except InvalidSourceResponse as error:
                return InvalidResponse(error.message)
            except TransientFailure as error:
                return error
            return None

        name = f"blocks:{numbers[0]}..{numbers[-1]}"
        call = Request(name=name, method="POST", body=body)
        return Reply(name, self.http.send(call, validate), values)


def read_stored_blocks(body: bytes) -> dict[int, ExecutionBlock]:
    """Read a stored response to :meth:`EthereumRpc.blocks`."""
    return read_blocks(read_envelope(body))


def read_blocks(members: Iterable[RpcResult]) -> dict[int, ExecutionBlock]:
    """Read the members of a batch, by block number.

    Raises:
        TransientFailure: The node does not have a block that the chain has.
        InvalidSourceResponse: Block and receipts do not belong together, or another shape.
    """
    results = {one.id: one.result for one in members}
    numbers = [int(id_.split(":")[1]) for id_ in results if id_.startswith(_BLOCK)]
    return {
        number: _block(number, results[f"{_BLOCK}:{number}"], results[f"{_RECEIPTS}:{number}"])
        for number in sorted(numbers)
    }


def _failure_of(member: RpcResult) -> CdpError | None:
    """Classify the error of one member; null for a result."""
    if member.code is None:
        return None
    limit = rate_limit_of({"code": member.code, "message": member.message})
    if limit is not None:
        return limit
    text = f"error {member.code}: {member.message}"
    if _PRUNED.search(member.message):
        return NeedsArchive(text)
    if member.code in _TRANSIENT_CODES:
        return TransientFailure(text)
    return PermanentFailure(text, hint="look the code up in the node's documentation")


def _calls_of(number: int) -> list[dict[str, Any]]:
    parameters: list[tuple[str, list[Any]]] = [
        (_BLOCK, [hex(number), True]),
        (_RECEIPTS, [hex(number)]),
    ]
    return [
        {"id": f"{method}:{number}", "jsonrpc": "2.0", "method": method, "params": params}
        for method, params in parameters
    ]


def _block(number: int, result: Any, receipts: Any) -> ExecutionBlock:
    if result is None or receipts is None:
        raise TransientFailure(
            f"the node does not have block {number}", hint="fetch again, or from another node"
        )
    if quantity(result, "number") != number:
        raise InvalidSourceResponse(f"the response for block {number} is about another one")
    transactions = [
        _transaction(row) for row in records(member(result, "transactions"), "transactions")
    ]
    found = tuple(_receipt(row) for row in records(receipts, "the receipts"))
    expected = [one.transaction_hash for one in transactions]
    if [one.transaction_hash for one in found] != expected:
        raise InvalidSourceResponse(f"the receipts of block {number} are not its transactions'")
    if sum(one.gas_used for one in found) != quantity(result, "gasUsed"):
        raise InvalidSourceResponse(f"the receipts of block {number} use another amount of gas")
    return ExecutionBlock(
        number=number,
        block_hash=hash32(result, "hash"),
        miner=address(result, "miner"),
        base_fee=quantity(result, "baseFeePerGas"),
        last_transaction=transactions[-1] if transactions else None,
        receipts=found,
    )


def _transaction(row: Any) -> Transaction:
    return Transaction(
        transaction_hash=hash32(row, "hash"),
        sender=address(row, "from"),
        receiver=None if member(row, "to") is None else address(row, "to"),
        value=quantity(row, "value"),
    )


def _receipt(row: Any) -> Receipt:
    return Receipt(
        transaction_hash=hash32(row, "transactionHash"),
        gas_used=quantity(row, "gasUsed"),
        effective_gas_price=quantity(row, "effectiveGasPrice"),
    )

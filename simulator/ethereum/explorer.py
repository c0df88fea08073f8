"""beaconcha.in's view of execution blocks (validator §3.2), over the simulated chain.

Scope: v1 ``execution/block``; not here: the chain's content (``chain``) and faults.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.ethereum import blocks
from simulator.ethereum.blocks import SimulatedBlock
from simulator.ethereum.chain import EthereumChain

LARGEST_BATCH = 100


class Explorer:
    """The explorer of one chain."""

    def __init__(self, chain: EthereumChain) -> None:
        self._chain = chain

    def routes(self) -> list[Route]:
        """Return the routes below the explorer's address."""
        return [Route("/api/v1/execution/block/{numbers}", self._blocks, methods=["GET"])]

    async def _blocks(self, request: Request) -> JSONResponse:
        numbers = [int(text) for text in request.path_params["numbers"].split(",")]
        if len(numbers) > LARGEST_BATCH:
            return JSONResponse({"status": "ERROR: too many blocks", "data": []}, status_code=400)
        found = [self._chain.block_of_number(number) for number in numbers]
        return JSONResponse({"status": "OK", "data": [self._row(one) for one in found if one]})

    def _row(self, block: SimulatedBlock) -> dict[str, Any]:
        fees = sum(one.gas_used * (one.price - block.base_fee) for one in block.transactions)
        bid, last = block.bid, block.transactions[-1]
        is_paid = bid is not None and last.sender == block.miner
        reward = fees if bid is None else last.value if is_paid else bid.value
        return {
            "blockNumber": self._chain.block_number(block.slot),
            "blockHash": blocks.block_hash(self._chain.seed, block.slot),
            "timestamp": self._chain.slot_time(block.slot),
            "blockReward": fees,
            "blockMevReward": 0 if bid is None else reward,
            "producerReward": reward,
            "feeRecipient": block.miner,
            "relay": bid
            and {
                "tag": f"{bid.relays[0]}-relay" if bid.relays else "unknown",
                "builderPubkey": bid.builder_pubkey,
                "producerFeeRecipient": bid.recipient,
            },
            "posConsensus": {
                "slot": block.slot,
                "epoch": self._chain.epoch_of(block.slot),
                "proposerIndex": block.proposer_index,
                "finalized": self._chain.epoch_of(block.slot) <= self._chain.finalized_epoch,
            },
        }

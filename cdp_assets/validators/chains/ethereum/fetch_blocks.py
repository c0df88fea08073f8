"""Fetch the blocks that tracked validators proposed in a window: both layers (validator §3.2).

Scope: beacon block and execution block of each proposal; not here: which slots hold blocks
(``fetch_headers``), what a block pays (``rules.ethereum_blocks``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cdp_assets.errors import InvalidSourceResponse, MissingUpstream
from cdp_assets.validators.chains.ethereum.fetch_headers import FinalView
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.batches import batches
from resources.sources.ethereum.beacon_responses import Header, Payload, read_block
from resources.sources.ethereum.ethereum_rpc import EthereumRpc, ExecutionBlock, read_stored_blocks


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block of a tracked validator on both layers."""

    slot: int
    proposer_index: int
    block: ExecutionBlock


def fetch_blocks(
    view: FinalView, rpc: EthereumRpc, archive: Archive, headers: Sequence[Header]
) -> None:
    """Fetch the blocks of headers; store each response before reading.

    Raises:
        TransientFailure: A source failed, or does not have a block yet.
        PermanentFailure: A source refused, or the layers contradict each other.
    """
    payloads: list[Payload] = []
    for header in headers:
        reply = view.beacon.block(header.slot)
        archive.store(reply.responses)
        payload = reply.value().require_final(view.epoch_of(header.slot), view.finalized_epoch)
        if (payload.slot, payload.proposer_index) != (header.slot, header.proposer_index):
            raise InvalidSourceResponse("block and header differ", key=f"slot {header.slot}")
        archive.name_part(reply.name, reply.responses)
        payloads.append(payload)
    for batch in batches(payloads, rpc.batch_size):
        blocks = rpc.blocks([payload.block_number for payload in batch])
        archive.store(blocks.responses)
        for payload in batch:
            _check(payload, blocks.value()[payload.block_number])
        archive.name_part(blocks.name, blocks.responses)


def read_proposals(stored: StoredFetch) -> Iterator[Proposal]:
    """Read the proposals of a complete fetch, ascending by slot."""
    payloads = [read_block(body).value for _, body in stored.parts("block")]
    blocks: dict[int, ExecutionBlock] = {}
    for _, body in stored.parts("blocks"):
        blocks.update(read_stored_blocks(body))
    for payload in sorted(payloads, key=lambda one: one.slot):
        yield Proposal(payload.slot, payload.proposer_index, _found(blocks, payload))


def _found(blocks: Mapping[int, ExecutionBlock], payload: Payload) -> ExecutionBlock:
    block = blocks.get(payload.block_number)
    if block is None:
        raise MissingUpstream(
            "the stored fetch lacks an execution block",
            key=f"slot {payload.slot}",
            hint="materialize the staging asset of this period again",
        )
    return block


def _check(payload: Payload, block: ExecutionBlock) -> None:
    if (block.block_hash, block.miner) != (payload.block_hash, payload.fee_recipient):
        raise InvalidSourceResponse(
            "the execution node has another block than the beacon node",
            key=f"slot {payload.slot}",
            hint="check that both nodes follow the same network",
        )

"""Client of beaconcha.in: blocks as an independent explorer sees them (validator §3.2).

A cross-check, never money. Scope: v1 ``execution/block`` with its relay and producer reward; not
here: comparing them with ours (``cdp_assets.validators.reconciliation``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import validate_by
from resources.sources.ethereum.ethereum_fields import (
    address,
    hash32,
    member,
    number,
    records,
    whole,
)
from resources.sources.json_api import parsed

API_VERSION = "v1"
LARGEST_BATCH = 100  # ids of one call


@dataclass(frozen=True, slots=True)
class ExplorerBlock:
    """A block as the explorer reports it; amounts in wei.

    Attributes:
        producer_reward: What the proposer received: the builder's payment, else the block's fees.
        recipient: Who received it.
        is_mev: A relay delivered the block.
    """

    number: int
    block_hash: str
    slot: int
    proposer_index: int
    producer_reward: int
    recipient: str
    is_mev: bool


class Beaconchain:
    """Client of the explorer; the address is the root that ``/api/v1`` follows."""

    def __init__(self, http: HttpClient, *, batch_size: int = LARGEST_BATCH) -> None:
        if not 1 <= batch_size <= LARGEST_BATCH:
            raise ValueError(f"a batch holds 1 to {LARGEST_BATCH} blocks")
        self.http = http
        self.batch_size = batch_size

    def blocks(self, numbers: Sequence[int]) -> Reply[dict[int, ExplorerBlock]]:
        """Fetch at most ``batch_size`` blocks, by number."""
        if not 1 <= len(numbers) <= self.batch_size:
            raise ValueError(f"at most {self.batch_size} at once, and at least one")
        values: list[dict[int, ExplorerBlock]] = []

        def read(body: bytes) -> None:
            found = read_blocks(body)
            missing = [one for one in numbers if one not in found]
            if missing:
                raise InvalidSourceResponse(f"a partial response: block {missing[0]} is missing")
            values.append(found)

        listed = ",".join(map(str, numbers))
        name = f"explorer_blocks:{numbers[0]}..{numbers[-1]}"
        call = Request(name=name, path=f"/api/v1/execution/block/{listed}")
        return Reply(name, self.http.send(call, validate_by(read)), values)


def read_blocks(body: bytes) -> dict[int, ExplorerBlock]:
    """Read ``execution/block``, by number.

    Raises:
        InvalidSourceResponse: The status is not OK, or another shape.
    """
    document = parsed(body)
    status = member(document, "status")
    if status != "OK":
        raise InvalidSourceResponse(f"the explorer reports {str(status)[:200]!r}")
    found = [_block(row) for row in records(member(document, "data"), "data")]
    return {one.number: one for one in found}


def _block(row: Any) -> ExplorerBlock:
    consensus, relay = member(row, "posConsensus"), member(row, "relay")
    return ExplorerBlock(
        number=number(row, "blockNumber"),
        block_hash=hash32(row, "blockHash"),
        slot=number(consensus, "slot"),
        proposer_index=number(consensus, "proposerIndex"),
        producer_reward=_amount(row, "producerReward"),
        recipient=address(relay, "producerFeeRecipient") if relay else address(row, "feeRecipient"),
        is_mev=bool(relay),
    )


def _amount(row: Mapping[str, Any], name: str) -> int:
    """Return an amount of wei; the explorer writes it as a number, older versions as a text."""
    if isinstance(member(row, name), str):
        return whole(row, name)
    return number(row, name)

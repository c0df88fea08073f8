"""Fetch a Solana chain's head and the first and last block of its epochs (validator §2).

Scope: the requests behind ``canonical_periods``; not here: status and arithmetic
(``period_rules``), or writing rows (``periods.period_table``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from cdp_assets.errors import InvalidSourceResponse, TransientFailure
from cdp_assets.validators.chains.adapter import ResponseSink
from cdp_assets.validators.rules.period_rules import UNKNOWN_EDGES, Period, PeriodEdges
from cdp_assets.validators.storage.payload_store import Archive
from resources.sources.solana.solana_responses import Block, EpochInfo, EpochSchedule
from resources.sources.solana.solana_rpc import SolanaRpc

FIRST_LOOK_SLOTS = 512  # first range searched for an edge block; each further one is 8 times wider


def fetch_head(rpc: SolanaRpc, sink: ResponseSink) -> tuple[EpochInfo, EpochSchedule]:
    """Fetch head and schedule; both responses are stored first."""
    head, schedule = rpc.epoch_info(), rpc.epoch_schedule()
    sink.store(head.responses, "answer")
    sink.store(schedule.responses, "answer")
    return head.value(), schedule.value()


def fetch_edges(rpc: SolanaRpc, archive: Archive, period: Period) -> PeriodEdges:
    """Fetch the first and last block of an ended epoch; all responses are stored first.

    Raises:
        TransientFailure: The source failed, or reports that a slot it listed holds no block.
        PermanentFailure: The node has no history of the epoch.
    """
    first = _edge(rpc, archive, period, from_end=False)
    last = _edge(rpc, archive, period, from_end=True)
    if first is None or last is None:
        return UNKNOWN_EDGES
    if first.block_time and last.block_time and last.block_time < first.block_time:
        raise InvalidSourceResponse("the last block is older than the first", key=period.period_id)
    return PeriodEdges(first.block_height, last.block_height, _time(first), _time(last))


def _edge(rpc: SolanaRpc, archive: Archive, period: Period, *, from_end: bool) -> Block | None:
    """Return the edge block; null when the epoch holds no block."""
    width, size = FIRST_LOOK_SLOTS, period.end_slot - period.start_slot + 1
    while True:
        width = min(width, size)
        start = period.end_slot - width + 1 if from_end else period.start_slot
        found = rpc.produced_slots(start, start + width - 1)
        archive.store(found.responses)
        slots = found.value()
        if slots or width == size:
            break
        width *= 8
    if not slots:
        return None
    slot = slots[-1] if from_end else slots[0]
    reply = rpc.blocks([slot])
    archive.store(reply.responses)
    block = reply.value()[slot]
    if not isinstance(block, Block):
        raise TransientFailure(
            f"the node lists slot {slot} as produced and returns error {block.code} for it",
            key=period.period_id,
            hint="fetch again, or from another node",
        )
    return block


def _time(block: Block) -> datetime | None:
    return None if block.block_time is None else datetime.fromtimestamp(block.block_time, UTC)

"""Ask a Solana node where its head is and where epochs began and ended (validator §2).

Belongs here: the questions behind ``canonical_periods``. Does not: status and arithmetic
(``period_rules``), or writing rows (``normalise``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from cdp_assets.errors import InvalidSourceResponse, TransientFailure
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import Archive
from resources.sources.solana_responses import Block, EpochInfo, EpochSchedule
from resources.sources.solana_rpc import SolanaRpc

FIRST_LOOK_SLOTS = (
    512  # where an edge block is looked for first; each further look is 8 times wider
)


@dataclass(frozen=True, slots=True)
class PeriodEdges:
    """First and last produced block of an ended period: heights, and times in UTC."""

    start_block: int | None
    end_block: int | None
    start_ts: datetime | None
    end_ts: datetime | None


UNKNOWN_EDGES = PeriodEdges(None, None, None, None)


def fetch_head(rpc: SolanaRpc, archive: Archive) -> tuple[EpochInfo, EpochSchedule]:
    """Ask for head and schedule; both answers are stored first."""
    head, schedule = rpc.epoch_info(), rpc.epoch_schedule()
    archive.store(head.answers, "answer")
    archive.store(schedule.answers, "answer")
    return head.value(), schedule.value()


def fetch_edges(rpc: SolanaRpc, archive: Archive, period: Period) -> PeriodEdges:
    """Ask for the first and last block of an ended epoch; all answers are stored first.

    Raises:
        TransientFailure: The source failed, or says that a slot it listed holds no block.
        PermanentFailure: The node keeps no history of the epoch.
    """
    first = _edge(rpc, archive, period, from_end=False)
    last = _edge(rpc, archive, period, from_end=True)
    if first is None or last is None:
        return UNKNOWN_EDGES
    if first.block_time and last.block_time and last.block_time < first.block_time:
        raise InvalidSourceResponse("the last block is older than the first", key=period.period_id)
    return PeriodEdges(first.block_height, last.block_height, _time(first), _time(last))


def _edge(rpc: SolanaRpc, archive: Archive, period: Period, *, from_end: bool) -> Block | None:
    """Return the edge block; null when the whole epoch holds none."""
    width, size = FIRST_LOOK_SLOTS, period.end_slot - period.start_slot + 1
    while True:
        width = min(width, size)
        start = period.end_slot - width + 1 if from_end else period.start_slot
        found = rpc.produced_slots(start, start + width - 1)
        archive.store(found.answers)
        slots = found.value()
        if slots or width == size:
            break
        width *= 8
    if not slots:
        return None
    slot = slots[-1] if from_end else slots[0]
    reply = rpc.blocks([slot])
    archive.store(reply.answers)
    block = reply.value()[slot]
    if not isinstance(block, Block):
        raise TransientFailure(
            f"the node lists slot {slot} as produced and answers {block.code} for it",
            key=period.period_id,
            hint="ask again, or ask another node",
        )
    return block


def _time(block: Block) -> datetime | None:
    return None if block.block_time is None else datetime.fromtimestamp(block.block_time, UTC)

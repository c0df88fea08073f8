"""Fetch one epoch's fees from a Solana node, and read them back from storage (validator §3.1, §4).

A fetch counts as complete only if it proves that: the leader schedule covers every slot, and each
block, the first one after the epoch too, names as its parent the previous slot in the list of
produced slots. At real size (432,000 slots in batches of 100; measured with all slots produced)
that is some 4,330 requests and stored responses, 26 s of CPU, 32 MB in the database, and 80 MB of
memory that does not grow with the number of blocks; batches of one store 100 times as many rows.
Scope: the order of requests and their checks; not here: sums by validator (``fees_rules``), writing
canonical rows (``normalise``).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.rules.fees_rules import EpochBlocks
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.batches import batches
from resources.sources.json_rpc import read_envelope
from resources.sources.solana.solana_responses import (
    Block,
    SkippedSlot,
    read_leader_schedule,
    read_slots,
)
from resources.sources.solana.solana_rpc import LARGEST_RANGE_SLOTS, SolanaRpc, read_blocks

# Widths in which the first block after an epoch is searched: four leaders, then wider after a halt.
CLOSING_LOOKS_SLOTS = (16, 4_096, LARGEST_RANGE_SLOTS)
# A block without a fee is rare (not even a vote was in it). A period in which few blocks pay is a
# partial response; one in which none does is stored as PROVISIONAL_ZERO.
LEAST_PAID_SHARE = Fraction(1, 4)


def fetch_fees(
    rpc: SolanaRpc, archive: Archive, period: Period, wanted: Callable[[str], bool]
) -> int:
    """Fetch schedule, produced slots and rewards of an epoch; store each response before reading.

    Args:
        rpc: The node.
        archive: Where responses go; afterwards it names the parts of the complete fetch.
        period: The epoch.
        wanted: Whether the blocks of an identity are to be fetched.

    Returns:
        Blocks fetched.

    Raises:
        TransientFailure: The source failed, or its responses are partial or contradict each other.
        PermanentFailure: The source refused, or its responses must not become numbers.
    """
    schedule = rpc.leader_schedule(period.start_slot)
    archive.store(schedule.responses)
    epoch = EpochBlocks(period, schedule.value())
    archive.name_part(schedule.name, schedule.responses)
    for start, end in _ranges(period):
        _fetch_produced(rpc, archive, epoch, start, end)
    closing = _fetch_closing(rpc, archive, epoch)
    _check_closing(epoch, closing)
    slots = epoch.wanted_slots(wanted)
    paid = 0
    for batch in batches(slots, rpc.batch_size):
        reply = rpc.blocks(batch)
        archive.store(reply.responses)
        found = reply.value()
        for block in (found[slot] for slot in batch):
            if isinstance(block, SkippedSlot):
                _confirm_skipped(rpc, archive, epoch, block)
                _check_closing(epoch, closing)
            else:
                epoch.check_parent(block)
                paid += 1 if block.fee_rewards else 0
        archive.name_part(reply.name, reply.responses)
    if 0 < paid < len(slots) * LEAST_PAID_SHARE:
        raise TransientFailure(
            f"a partial response: no Fee reward in {len(slots) - paid} of "
            f"{counted(len(slots), 'block')}",
            key=period.period_id,
            hint="fetch again, or from another node",
        )
    return len(slots)


def read_fees(stored: StoredFetch, period: Period) -> EpochBlocks:
    """Read a complete fetch back from its stored bytes: the epoch with all its rewards counted."""
    schedules = [body for _, body in stored.parts("getLeaderSchedule")]
    if len(schedules) != 1:
        raise MissingUpstream(
            "the stored fetch has no leader schedule",
            key=period.period_id,
            hint="materialize the staging asset of this period again",
        )
    epoch = EpochBlocks(period, read_leader_schedule(read_envelope(schedules[0])[0].result))
    # A range first, then the single slots that were fetched again: the later response counts.
    responses = sorted(stored.parts("getBlocks"), key=lambda part: _is_single(part[0]))
    for request, body in responses:
        start, end = map(int, request.removeprefix("getBlocks:").split(".."))
        epoch.record_produced(start, end, read_slots(read_envelope(body)[0].result, start, end))
    for _, body in stored.parts("getBlock"):
        for block in read_blocks(read_envelope(body)).values():
            epoch.add_block(block)
    return epoch


def _is_single(request: str) -> bool:
    start, end = request.removeprefix("getBlocks:").split("..")
    return start == end


def _fetch_produced(
    rpc: SolanaRpc, archive: Archive, epoch: EpochBlocks, start: int, end: int
) -> None:
    reply = rpc.produced_slots(start, end)
    archive.store(reply.responses)
    epoch.record_produced(start, end, reply.value())
    archive.name_part(reply.name, reply.responses)


def _fetch_closing(rpc: SolanaRpc, archive: Archive, epoch: EpochBlocks) -> Block:
    """Return the first block after the epoch, whose parent is the last one inside.

    The two responses are stored as evidence but are no part of the fetch: they may change while
    the chain goes on.
    """
    after, later = epoch.period.end_slot + 1, list[int]()
    for width in CLOSING_LOOKS_SLOTS:
        found = rpc.produced_slots(after, after + width - 1)
        archive.store(found.responses)
        later = found.value()
        if later:
            break
    if not later:
        raise TransientFailure(
            "no block after the period is known yet, so its produced slots cannot be verified",
            key=epoch.period.period_id,
            hint="it is fetched again automatically",
        )
    reply = rpc.blocks(later[:1])
    archive.store(reply.responses)
    block = reply.value()[later[0]]
    if isinstance(block, SkippedSlot):
        raise _contradiction(epoch, block)
    return block


def _check_closing(epoch: EpochBlocks, closing: Block) -> None:
    """Prove that the list of produced slots reaches the epoch's end."""
    last, parent = epoch.last_produced(), closing.parent_slot
    if parent != last and (parent >= epoch.period.start_slot or last is not None):
        raise TransientFailure(
            f"a partial response: the first block after the period follows slot {parent}, the list "
            f"of produced slots ends at {last}",
            key=epoch.period.period_id,
            hint="fetch again, or from another node",
        )


def _confirm_skipped(
    rpc: SolanaRpc, archive: Archive, epoch: EpochBlocks, skipped: SkippedSlot
) -> None:
    """Verify "slot was skipped" with ``getBlocks``: the code alone is ambiguous (§3.1)."""
    _fetch_produced(rpc, archive, epoch, skipped.slot, skipped.slot)
    if epoch.is_produced(skipped.slot):
        raise _contradiction(epoch, skipped)


def _contradiction(epoch: EpochBlocks, skipped: SkippedSlot) -> TransientFailure:
    return TransientFailure(
        f"the node lists slot {skipped.slot} as produced and returns error {skipped.code} for it",
        key=epoch.period.period_id,
        hint="fetch again, or from another node: this one's storage has a gap",
    )


def _ranges(period: Period) -> list[tuple[int, int]]:
    starts = range(period.start_slot, period.end_slot + 1, LARGEST_RANGE_SLOTS)
    return [(s, min(s + LARGEST_RANGE_SLOTS - 1, period.end_slot)) for s in starts]

"""Fetch the header of every slot of a window, and prove that no block is missing (validator §3.2).

A slot without a block is a 404, and so is a block that the node does not have. Each header names
its parent, so a list of headers is complete if every one follows the previous one, the first one
follows a block before the window, and the first block after the window follows the last one.
A window of 7,200 slots is as many requests. Scope: headers; not here: blocks (``fetch_blocks``),
rewards (``fetch_rewards``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cdp_assets.errors import BadConfiguration, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.sources.ethereum.beacon_api import BeaconApi
from resources.sources.ethereum.beacon_responses import Header, read_header

CLOSING_LOOK_SLOTS = 256  # after the window; in so many slots a working chain has a block
FINALITY_EPOCHS = 2  # validator §2: finalized.epoch >= last epoch + 2


@dataclass(frozen=True)
class FinalView:
    """A node's view of the chain as far as it is final.

    Attributes:
        beacon: The node.
        slots_per_epoch: Of its chain.
        finalized_epoch: Its checkpoint.
    """

    beacon: BeaconApi
    slots_per_epoch: int
    finalized_epoch: int

    def epoch_of(self, slot: int) -> int:
        """Return the epoch of a slot."""
        return slot // self.slots_per_epoch

    def epochs_of(self, period: Period) -> range:
        """Return the epochs of a period, ascending.

        Raises:
            BadConfiguration: A slot range cuts an epoch, whose rewards cannot be divided.
        """
        if period.start_slot % self.slots_per_epoch or (period.end_slot + 1) % self.slots_per_epoch:
            raise BadConfiguration(
                f"the range cuts an epoch; one has {counted(self.slots_per_epoch, 'slot')}",
                key=period.period_id,
                hint="move its ends in slot_ranges of chains.yaml to ends of epochs",
            )
        return range(self.epoch_of(period.start_slot), self.epoch_of(period.end_slot) + 1)


def open_final_view(beacon: BeaconApi, archive: Archive, period: Period) -> FinalView:
    """Fetch what is final; the responses are evidence and no part of the fetch, as they change.

    Raises:
        TransientFailure: The period is not final yet.
    """
    config, checkpoint = beacon.config(), beacon.finalized_epoch()
    archive.store(config.responses)
    archive.store(checkpoint.responses)
    slots_per_epoch = config.value().value[1]
    view = FinalView(beacon, slots_per_epoch, checkpoint.value().value)
    if view.finalized_epoch < view.epoch_of(period.end_slot) + FINALITY_EPOCHS:
        raise TransientFailure(
            f"the chain has finalized epoch {view.finalized_epoch} only",
            key=period.period_id,
            hint="it is fetched again automatically",
        )
    return view


def fetch_headers(view: FinalView, archive: Archive, period: Period) -> list[Header]:
    """Fetch the headers of a period's blocks, ascending; store each response before reading.

    Raises:
        TransientFailure: The node failed, or it lacks a block that another one follows.
        PermanentFailure: The node refused or has pruned the period.
    """
    found: list[Header] = []
    for slot in range(period.start_slot, period.end_slot + 1):
        reply = view.beacon.header(slot)
        archive.store(reply.responses)
        header = _of_slot(reply.value().value, slot)
        if header is not None:
            reply.value().require_final(view.epoch_of(slot), view.finalized_epoch)
            _check_parent(period, found, header)
            found.append(header)
        archive.name_part(reply.name, reply.responses)
    _check_opening(view, archive, period, found)
    _check_closing(view, archive, period, found)
    return found


def read_headers(stored: StoredFetch) -> Iterator[Header]:
    """Read the headers of a complete fetch, ascending by slot."""
    found = (read_header(body).value for _, body in stored.parts("header"))
    yield from sorted((one for one in found if one is not None), key=lambda one: one.slot)


def _of_slot(header: Header | None, slot: int) -> Header | None:
    if header is not None and header.slot != slot:
        raise TransientFailure(f"the response about slot {slot} is about slot {header.slot}")
    return header


def _check_parent(period: Period, found: Sequence[Header], header: Header) -> None:
    if found and header.parent_root != found[-1].root:
        raise _lacks_blocks(period, f"between slots {found[-1].slot} and {header.slot}")


def _check_opening(
    view: FinalView, archive: Archive, period: Period, found: Sequence[Header]
) -> None:
    """Prove that the first header follows a block before the period."""
    if not found:
        raise _lacks_blocks(period, "at all")
    if period.start_slot == 0:
        return
    reply = view.beacon.header(found[0].parent_root)
    archive.store(reply.responses)
    parent = reply.value().value
    if parent is None or parent.slot >= period.start_slot:
        raise _lacks_blocks(period, f"before slot {found[0].slot}")


def _check_closing(
    view: FinalView, archive: Archive, period: Period, found: Sequence[Header]
) -> None:
    """Prove that the first block after the period follows the last one inside."""
    after = period.end_slot + 1
    for slot in range(after, after + CLOSING_LOOK_SLOTS):
        reply = view.beacon.header(slot)
        archive.store(reply.responses)
        header = reply.value().value
        if header is not None:
            if header.parent_root != found[-1].root:
                raise _lacks_blocks(period, f"after slot {found[-1].slot}")
            return
    raise _lacks_blocks(period, "after its end")


def _lacks_blocks(period: Period, where: str) -> TransientFailure:
    return TransientFailure(
        f"a partial response: the node has no blocks {where}, but the chain has",
        key=period.period_id,
        hint="fetch again, or from another node",
    )

"""Fetch the consensus rewards of tracked validators in a window, and read them back (§3.2).

Attestations need one request per epoch and batch of validators. Sync committees are fetched for
the blocks in which a tracked validator is a member, proposals for its own blocks. Scope: the order
of requests and their checks; not here: sums (``rules.ethereum_rewards``), headers
(``fetch_headers``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cdp_assets.errors import InvalidSourceResponse, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.chains.ethereum.fetch_headers import FinalView
from cdp_assets.validators.rules.ethereum_rewards import WindowRewards
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.sources.ethereum.beacon_responses import (
    AttestationReward,
    BeaconValidator,
    Header,
    read_attestations,
    read_block_reward,
    read_sync_rewards,
    read_validators,
)

COMMITTEE_EPOCHS = 256  # EPOCHS_PER_SYNC_COMMITTEE_PERIOD of the main network


def fetch_validators(
    view: FinalView, archive: Archive, slot: int, ids: Sequence[str]
) -> list[BeaconValidator]:
    """Fetch validators in the state at a slot; without ids, all of the network."""
    found: list[BeaconValidator] = []
    for reply in view.beacon.validators(slot, ids):
        archive.store(reply.responses)
        found += reply.value().require_final(view.epoch_of(slot), view.finalized_epoch)
        archive.name_part(reply.name, reply.responses)
    return found


def fetch_edge_states(
    view: FinalView, archive: Archive, period: Period, ids: Sequence[str]
) -> list[BeaconValidator]:
    """Fetch validators in the states at a period's first and last slot; return the latter.

    Who was activated during the period is in the later state alone; stake counts as of the start.
    """
    fetch_validators(view, archive, period.start_slot, ids)
    return fetch_validators(view, archive, period.end_slot, ids)


def read_edge_states(stored: StoredFetch) -> tuple[dict[int, int], list[BeaconValidator]]:
    """Return the stake in gwei at the period's start by index, and the validators at its end."""
    by_slot: dict[int, dict[int, BeaconValidator]] = {}
    for request, body in stored.parts("validators"):
        rows = by_slot.setdefault(int(request.split(":")[1]), {})
        rows.update((one.index, one) for one in read_validators(body).value)
    if not by_slot:
        return {}, []
    before, after = by_slot[min(by_slot)], by_slot[max(by_slot)]
    stakes = {index: before[index].active_stake if index in before else 0 for index in after}
    return stakes, [after[index] for index in sorted(after)]


def fetch_rewards(
    view: FinalView, archive: Archive, period: Period, indexes: Sequence[int], headers: list[Header]
) -> None:
    """Fetch all consensus rewards of validators in a period; store each before reading.

    Args:
        view: The node.
        archive: Where responses go.
        period: A final period.
        indexes: Validators, ascending; at least one.
        headers: Of the blocks of the period.

    Raises:
        TransientFailure: The node failed, or a response is partial or not final.
        PermanentFailure: The node refused, or has pruned the states (NEEDS_ARCHIVE).
    """
    ids = [str(index) for index in indexes]
    validators = fetch_edge_states(view, archive, period, ids)
    sums = WindowRewards({one.index: one for one in validators})
    for epoch in view.epochs_of(period):
        sums.add_attestations(epoch, _fetch_attestations(view, archive, epoch, ids))
    _fetch_sync_rewards(view, archive, indexes, headers)
    _fetch_proposals(view, archive, frozenset(indexes), headers)


def read_rewards(stored: StoredFetch) -> tuple[WindowRewards, dict[int, int]]:
    """Read a complete fetch back from its stored bytes: rewards, and stake in gwei by index."""
    stakes, validators = read_edge_states(stored)
    sums = WindowRewards({one.index: one for one in validators})
    by_epoch: dict[int, list[AttestationReward]] = {}
    for request, body in stored.parts("attestations"):
        by_epoch.setdefault(int(request.split(":")[1]), []).extend(read_attestations(body).value)
    for epoch, rewards in by_epoch.items():
        sums.add_attestations(epoch, rewards)
    for _, body in stored.parts("sync"):
        sums.add_sync_rewards(read_sync_rewards(body).value)
    for _, body in stored.parts("block_reward"):
        sums.add_proposal(read_block_reward(body).value)
    return sums, stakes


def _fetch_attestations(
    view: FinalView, archive: Archive, epoch: int, ids: Sequence[str]
) -> Iterator[AttestationReward]:
    for reply in view.beacon.attestation_rewards(epoch, ids):
        archive.store(reply.responses)
        yield from reply.value().require_final(epoch, view.finalized_epoch)
        archive.name_part(reply.name, reply.responses)


def _fetch_sync_rewards(
    view: FinalView, archive: Archive, indexes: Sequence[int], headers: Iterable[Header]
) -> None:
    members: dict[int, list[int]] = {}
    for header in headers:
        epoch = view.epoch_of(header.slot)
        committee = epoch // COMMITTEE_EPOCHS
        if committee not in members:
            members[committee] = _tracked_members(view, archive, header.slot, epoch, indexes)
        if members[committee]:
            _fetch_sync_rewards_of(view, archive, header.slot, members[committee])


def _tracked_members(
    view: FinalView, archive: Archive, slot: int, epoch: int, indexes: Sequence[int]
) -> list[int]:
    reply = view.beacon.sync_committee(slot, epoch)
    archive.store(reply.responses)
    members = reply.value().require_final(epoch, view.finalized_epoch)
    archive.name_part(reply.name, reply.responses)
    return [index for index in indexes if index in members]


def _fetch_sync_rewards_of(
    view: FinalView, archive: Archive, slot: int, members: Sequence[int]
) -> None:
    rewards: dict[int, int] = {}
    for reply in view.beacon.sync_rewards(slot, [str(index) for index in members]):
        archive.store(reply.responses)
        rewards |= reply.value().require_final(view.epoch_of(slot), view.finalized_epoch)
        archive.name_part(reply.name, reply.responses)
    missing = [index for index in members if index not in rewards]
    if missing:
        raise TransientFailure(
            f"a partial response: no sync committee reward of "
            f"{counted(len(missing), 'member')}, first {missing[0]}",
            key=f"slot {slot}",
            hint="fetch again, or from another node",
        )


def _fetch_proposals(
    view: FinalView, archive: Archive, indexes: frozenset[int], headers: Iterable[Header]
) -> None:
    for header in headers:
        if header.proposer_index not in indexes:
            continue
        reply = view.beacon.block_reward(header.slot)
        archive.store(reply.responses)
        reward = reply.value().require_final(view.epoch_of(header.slot), view.finalized_epoch)
        if reward.proposer_index != header.proposer_index:
            raise InvalidSourceResponse("reward and header differ", key=f"slot {header.slot}")
        archive.name_part(reply.name, reply.responses)

"""Fetch an epoch's MEV from kobe, and read it back from storage (validator §3.1 "Jito kobe").

The rewards of all validators are walked page by page. Offset pages shift while rows are added, so a
walk counts only if every page announces the same total, no validator occurs twice, and as many
validators were seen as announced; otherwise it starts again. Scope: the order of requests and their
checks; not here: paths and fields (``resources.sources.solana.jito_kobe``).
"""

from __future__ import annotations

from cdp_assets.errors import TransientFailure
from cdp_assets.validators.rules.mev_rules import ObservedMev
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.raw_response import RawResponse
from resources.sources.solana.jito_kobe import (
    SYSTEM_PROGRAM,
    JitoKobe,
    Leaf,
    ValidatorReward,
    read_leaves,
    read_network_total,
    read_validator_rewards,
)

WALKS = 3  # through pages that shift, before the fetch is left to a later run

Parts = list[tuple[str, tuple[RawResponse, ...]]]


def fetch_mev(kobe: JitoKobe, archive: Archive, epoch: int) -> int:
    """Fetch rewards, own leaves and the network's total of an epoch; return the validators.

    Raises:
        TransientFailure: The source failed, has not uploaded the epoch, or its pages shift.
    """
    for _ in range(WALKS):
        walked = _walk_rewards(kobe, archive, epoch)
        if walked is not None:
            break
    else:
        raise TransientFailure(
            f"pages of the rewards shifted in each of {WALKS} walks",
            key=str(epoch),
            hint="it is fetched again automatically",
        )
    parts, validators = walked
    if not validators:
        raise TransientFailure(
            "the rewards of this epoch are not uploaded yet",
            key=str(epoch),
            hint="it is fetched again automatically; the upload may be days late",
        )
    parts += _walk_leaves(kobe, archive, epoch)
    total = kobe.network_total(epoch)
    archive.store(total.responses)
    total.value()
    parts.append((total.name, total.responses))
    for name, responses in parts:
        archive.name_part(name, responses)
    return validators


def _walk_rewards(kobe: JitoKobe, archive: Archive, epoch: int) -> tuple[Parts, int] | None:
    """Walk all pages once; null where they shifted meanwhile."""
    parts: Parts = []
    seen: set[str] = set()
    announced: int | None = None
    while True:
        reply = kobe.validator_rewards(epoch, len(parts) + 1)
        archive.store(reply.responses)
        page = reply.value()
        parts.append((reply.name, reply.responses))
        votes = {reward.vote for reward in page.rewards}
        is_shifted = announced not in (None, page.total_count) or bool(votes & seen)
        if is_shifted or len(votes) != len(page.rewards):
            return None
        announced = page.total_count
        seen |= votes
        if len(seen) >= announced or len(page.rewards) < kobe.page_size:
            return (parts, len(seen)) if len(seen) == announced else None


def _walk_leaves(kobe: JitoKobe, archive: Archive, epoch: int) -> Parts:
    """Walk the leaves of the system program; the last page is the first short one."""
    parts: Parts = []
    while True:
        reply = kobe.own_leaves(epoch, len(parts) + 1)
        archive.store(reply.responses)
        leaves = reply.value()
        parts.append((reply.name, reply.responses))
        if len(leaves) < kobe.page_size:
            return parts


def read_mev(stored: StoredFetch) -> dict[str, ObservedMev]:
    """Read a complete fetch back: MEV by vote account, with the own leaf where there is one."""
    rewards: dict[str, ValidatorReward] = {}
    for _, body in stored.parts("validator_rewards"):
        rewards |= {reward.vote: reward for reward in read_validator_rewards(body).rewards}
    own: dict[str, int] = {}
    for _, body in stored.parts("staker_rewards"):
        own |= {leaf.vote: leaf.amount for leaf in read_leaves(body) if is_own_leaf(leaf)}
    return {
        vote: ObservedMev(reward.mev_revenue, own.get(vote), reward.mev_commission_bps)
        for vote, reward in sorted(rewards.items())
    }


def read_total(stored: StoredFetch) -> int | None:
    """Read the network's total of a complete fetch; null before the upload."""
    totals = [read_network_total(body) for _, body in stored.parts("mev_rewards")]
    return totals[-1] if totals and totals[-1] else None


def is_own_leaf(leaf: Leaf) -> bool:
    """Return whether a leaf is the validator's own share (validator §3.1)."""
    authorities = {leaf.stake_authority, leaf.withdraw_authority}
    return authorities == {SYSTEM_PROGRAM} and leaf.claimant == leaf.vote

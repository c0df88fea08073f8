"""Consensus rewards of Ethereum validators over a window, in wei (validator §3.2 "Component map").

Plain functions of integers; a sum may be negative. Scope: attestations, sync committees and
proposals of one window; not here: reading responses (``resources.sources``), writing rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdp_assets.errors import TransientFailure
from cdp_assets.units import WEI_PER_GWEI, counted
from resources.sources.ethereum.beacon_responses import (
    AttestationReward,
    BeaconValidator,
    BlockReward,
)


@dataclass(slots=True)
class ConsensusRewards:
    """What one validator earned on the consensus layer in one window, in gwei and counts.

    The reward of a proposal includes what it earned for reporting slashings.
    """

    attestations: int = 0
    sync_committee: int = 0
    proposals: int = 0
    epochs: int = 0

    @property
    def native(self) -> int:
        """Return the sum in wei; negative where penalties prevail."""
        return (self.attestations + self.sync_committee + self.proposals) * WEI_PER_GWEI


@dataclass
class WindowRewards:
    """Sums over one window, by validator index.

    Args:
        validators: Those tracked, by index.
    """

    validators: Mapping[int, BeaconValidator]
    by_index: dict[int, ConsensusRewards] = field(init=False)

    def __post_init__(self) -> None:
        self.by_index = {index: ConsensusRewards() for index in sorted(self.validators)}

    def add_attestations(self, epoch: int, rewards: Iterable[AttestationReward]) -> None:
        """Add all rewards of an epoch.

        Raises:
            TransientFailure: A validator that had duties is missing: the response is partial.
        """
        by_index = {reward.validator_index: reward for reward in rewards}
        missing = [
            index
            for index, validator in self.validators.items()
            if validator.is_active(epoch) and index not in by_index
        ]
        if missing:
            raise TransientFailure(
                f"a partial response: no attestation reward of "
                f"{counted(len(missing), 'active validator')}, first {min(missing)}",
                key=f"epoch {epoch}",
                hint="fetch again, or from another node",
            )
        for index in self.by_index.keys() & by_index.keys():
            sums = self.by_index[index]
            sums.attestations += by_index[index].total
            sums.epochs += 1

    def add_sync_rewards(self, rewards: Mapping[int, int]) -> None:
        """Add the sync committee's rewards of one block."""
        for index in self.by_index.keys() & rewards.keys():
            self.by_index[index].sync_committee += rewards[index]

    def add_proposal(self, reward: BlockReward) -> None:
        """Add the reward of one proposed block."""
        if reward.proposer_index in self.by_index:
            self.by_index[reward.proposer_index].proposals += reward.total

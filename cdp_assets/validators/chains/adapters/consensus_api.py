"""Consensus rewards of Ethereum validators by the Beacon API (validator §3.2).

Scope: REWARDS; not here: the order of requests (``chains.ethereum.fetch_rewards``), sums
(``rules.ethereum_rewards``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from cdp_assets.units import WEI_PER_GWEI
from cdp_assets.validators.chains.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
)
from cdp_assets.validators.chains.adapters.beacon_api import beacon_of
from cdp_assets.validators.chains.ethereum.fetch_headers import (
    FinalView,
    fetch_headers,
    open_final_view,
    read_headers,
)
from cdp_assets.validators.chains.ethereum.fetch_rewards import fetch_rewards, read_rewards
from cdp_assets.validators.rules.reward_rules import ObservedReward
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.ethereum.beacon_api import API_VERSION
from resources.sources.ethereum.beacon_responses import BeaconValidator, Header

SLASHED = "SLASHED"  # its slashing penalty is in no reward endpoint, so the sum lacks it


class ConsensusRewardsApi(Adapter):
    """A beacon node with the states of the periods that are fetched."""

    name = "consensus_api"
    version = API_VERSION
    data_types: ClassVar[frozenset[DataType]] = frozenset({"REWARDS"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request("probe", path="/eth/v1/beacon/genesis"),
    }
    fetches_by_identity: ClassVar[frozenset[DataType]] = frozenset({"REWARDS"})
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset({"REWARDS"})

    fetches_after: ClassVar[dict[DataType, frozenset[DataType]]] = {"REWARDS": frozenset({"FEES"})}

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.beacon = beacon_of(clients)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch attestation, sync committee and proposal rewards of the period's validators."""
        indexes = sorted(int(index) for index in request.values("index"))
        view = open_final_view(self.beacon, archive, request.period)
        if indexes:
            headers = self._headers(view, archive, request)
            fetch_rewards(view, archive, request.period, indexes, headers)
        return len(indexes)

    @classmethod
    def read_rewards(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedReward]:
        """Read the rewards by validator: its aggregate row, and its deposit as a stake account.

        A validator's own row holds its income. The account, named by public key, is what a client
        is mapped to; the fee for it is in agreements, so the commission on chain is 0.
        """
        key_of = context.values("index")
        sums, stakes = read_rewards(stored)
        return [
            reward
            for index, rewards in sums.by_index.items()
            if str(index) in key_of
            for reward in _observed(
                key_of[str(index)], sums.validators[index], rewards.native, stakes[index]
            )
        ]

    def _headers(self, view: FinalView, archive: Archive, request: FetchRequest) -> list[Header]:
        """Return the headers of the period: as stored with its blocks, else fetched here."""
        stored = request.winner_of("FEES")
        if stored is None:
            return fetch_headers(view, archive, request.period)
        with archive.connection.transaction():
            return list(read_headers(stored))


def _observed(
    key: str, validator: BeaconValidator, native: int, stake_gwei: int
) -> Iterator[ObservedReward]:
    for staker in ("", validator.pubkey):
        yield ObservedReward(
            validator_key=key,
            staker_address=staker,
            rewards=native,
            gross=native,
            commission=0,
            stake=stake_gwei * WEI_PER_GWEI,
            is_operator_owned=staker == "",
            flags=frozenset({SLASHED} if validator.is_slashed else ()),
        )

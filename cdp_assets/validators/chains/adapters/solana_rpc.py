"""A Solana node by JSON-RPC (validator §3.1): periods, fees, rewards, validators of the present.

Scope: what a node serves for each data type; not here: the order of requests
(``chains.solana``), methods and parameters (``resources.sources.solana.solana_rpc``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cdp_assets.validators.chains.adapter import (
    Adapter,
    Clients,
    DataType,
    FetchRequest,
    ReadContext,
    ResponseSink,
)
from cdp_assets.validators.chains.solana.fetch_fees import fetch_fees, read_fees
from cdp_assets.validators.chains.solana.fetch_periods import fetch_edges, fetch_head
from cdp_assets.validators.chains.solana.fetch_rewards import fetch_rewards, read_rewards
from cdp_assets.validators.chains.solana.fetch_validators import (
    LOOK_BACK_PERIODS,
    observe_present,
)
from cdp_assets.validators.rules.fees_rules import ValidatorFees, fees_by_validator
from cdp_assets.validators.rules.identity_rules import ObservedValidator
from cdp_assets.validators.rules.period_rules import ChainHead, Period, PeriodEdges, PeriodPlanner
from cdp_assets.validators.rules.reward_rules import ObservedReward
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.http.http_client import Request
from resources.sources.json_rpc import read_envelope
from resources.sources.solana.solana_responses import VoteAccount, read_vote_accounts
from resources.sources.solana.solana_rpc import PROTOCOL, SolanaRpc


class SolanaNode(Adapter):
    """One node; an archive node for periods that are not recent."""

    name = "solana_rpc"
    version = PROTOCOL
    data_types: ClassVar[frozenset[DataType]] = frozenset({"PERIODS", "FEES", "REWARDS", "META"})
    probes: ClassVar[Mapping[str, Request]] = {
        "": Request(
            "probe",
            method="POST",
            body=b'{"jsonrpc":"2.0","id":1,"method":"getEpochInfo","params":[]}',
        ),
    }
    present_only: ClassVar[frozenset[DataType]] = frozenset({"META"})
    fetches_by_identity: ClassVar[frozenset[DataType]] = frozenset({"REWARDS"})
    reads_by_identity: ClassVar[frozenset[DataType]] = frozenset({"FEES"})

    look_back_periods = LOOK_BACK_PERIODS

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self.rpc = SolanaRpc(clients.http, batch_size=clients.batch_size)

    def head(self, sink: ResponseSink, periods: PeriodPlanner) -> ChainHead:
        """Fetch the finalized head and the epochs up to it."""
        head, schedule = fetch_head(self.rpc, sink)
        return ChainHead(head.absolute_slot, periods.epochs(head.epoch, schedule))

    def edges(self, archive: Archive, period: Period) -> PeriodEdges:
        """Fetch the first and last block of an ended epoch."""
        return fetch_edges(self.rpc, archive, period)

    def fetch(self, data_type: DataType, archive: Archive, request: FetchRequest) -> int:
        """Fetch an epoch's blocks or rewards, or the vote accounts of the running epoch."""
        if data_type == "META":
            return len(observe_present(self.rpc, archive, request.period.ordinal))
        if data_type == "REWARDS":
            votes = request.values("vote")
            owned = (request.operator_accounts or {}).values()
            accounts = {*request.client_accounts, *(account for one in owned for account in one)}
            return fetch_rewards(
                self.rpc,
                archive,
                request.period.ordinal,
                sorted(vote for vote, key in votes.items() if request.tracks(key)),
                sorted(accounts - votes.keys()),
            )
        known = request.values("identity")
        return fetch_fees(
            self.rpc,
            archive,
            request.period,
            lambda identity: request.tracks_all or request.tracks(known.get(identity, "")),
        )

    @classmethod
    def read_fees(cls, stored: StoredFetch, context: ReadContext) -> ValidatorFees:
        """Read the fees of every leader of the schedule, by validator."""
        totals = read_fees(stored, context.period).totals()
        return fees_by_validator(totals, context.values("identity"), context.tracks)

    @classmethod
    def read_rewards(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedReward]:
        """Read the commissions of validators and the rewards of known stake accounts."""
        votes, epoch = context.values("vote"), context.period.ordinal
        return read_rewards(stored, votes, context.operator_accounts, epoch)

    @classmethod
    def read_meta(cls, stored: StoredFetch, context: ReadContext) -> Sequence[ObservedValidator]:
        """Read the vote accounts of the epoch, delinquent ones included."""
        accounts = read_vote_accounts(read_envelope(stored.body())[0].result)
        return [_observed(account, context.period.ordinal) for account in accounts]


def _observed(account: VoteAccount, epoch: int) -> ObservedValidator:
    return ObservedValidator(
        account.vote,
        (("vote", account.vote), ("identity", account.identity)),
        total_stake=account.activated_stake,
        commission_rate_bps=None if account.commission is None else account.commission * 100,
        credits=dict(account.credits).get(epoch),
        is_delinquent=account.is_delinquent,
    )

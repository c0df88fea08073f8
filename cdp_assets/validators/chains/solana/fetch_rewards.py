"""Fetch an epoch's inflation rewards from a node, and read them back from storage (validator §3.1).

The vote accounts of the epoch give the validators' commissions; the stake accounts of the operator,
and those of clients, give what these accounts were paid. A node reports only the present
delegation: where it began after the epoch, the reward is not attributed to this validator; where it
may have changed since, the row is flagged. Scope: the order of requests, and rows from responses;
not here: methods (``resources.sources.solana.solana_rpc``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdp_assets.validators.rules.quality_rules import ESTIMATED
from cdp_assets.validators.rules.reward_rules import ObservedReward, gross_of_net
from cdp_assets.validators.storage.payload_store import Archive, StoredFetch
from resources.batches import batches
from resources.sources.json_rpc import read_envelope
from resources.sources.solana.solana_responses import InflationReward, StakeAccount
from resources.sources.solana.solana_rpc import SolanaRpc, read_stake_accounts, rewards_of

STAKE_OF_PRESENT = "STAKE_OF_PRESENT"  # the stake is that of the fetch, not of the epoch's start


def fetch_rewards(
    rpc: SolanaRpc,
    archive: Archive,
    epoch: int,
    votes: Sequence[str],
    accounts: Sequence[str],
) -> int:
    """Fetch the rewards of vote and stake accounts; store each response before reading it.

    Args:
        rpc: The node.
        archive: Where responses go; afterwards it names the parts of the complete fetch.
        epoch: The epoch.
        votes: Vote accounts, ascending.
        accounts: Stake accounts, ascending.

    Returns:
        Accounts requested.

    Raises:
        TransientFailure: The source failed, or still pays the rewards of the epoch (-32017).
        PermanentFailure: The source refused, or has no history of the epoch.
    """
    for batch in [*batches(votes, rpc.batch_size), *batches(accounts, rpc.batch_size)]:
        reply = rpc.inflation_rewards(epoch, batch)
        archive.store(reply.responses)
        reply.value()
        archive.name_part(reply.name, reply.responses)
    for batch in batches(accounts, rpc.batch_size):
        found = rpc.stake_accounts(batch)
        archive.store(found.responses)
        found.value()
        archive.name_part(found.name, found.responses)
    return len(votes) + len(accounts)


def read_rewards(
    stored: StoredFetch,
    votes: Mapping[str, str],
    operator_accounts: Mapping[str, Sequence[str]] | None,
    epoch: int,
) -> list[ObservedReward]:
    """Read a complete fetch back: a row per validator, and one per stake account.

    Args:
        stored: The fetch.
        votes: Validator of each vote account.
        operator_accounts: Stake accounts of the operator by validator; null: undeclared.
        epoch: The epoch.
    """
    rewards: dict[str, InflationReward | None] = {}
    for _, body in stored.parts("getInflationReward"):
        for member in read_envelope(body):
            rewards |= dict(rewards_of(member))
    accounts: dict[str, StakeAccount] = {}
    for _, body in stored.parts("getAccountInfo"):
        accounts |= read_stake_accounts(read_envelope(body))
    owner = {
        account: validator
        for validator, listed in (operator_accounts or {}).items()
        for account in listed
    }
    rows = []
    for address, reward in sorted(rewards.items()):
        if address in votes:
            rows.append(_of_validator(votes[address], reward))
        elif address in owner or address in accounts:
            row = _of_account(address, reward, accounts.get(address), owner.get(address), epoch)
            rows += [] if row is None else [row]
    return rows


def _of_validator(validator: str, reward: InflationReward | None) -> ObservedReward:
    """Return a validator's own row: its vote account exists, so no reward is a known zero."""
    commission = 0 if reward is None else reward.amount
    return ObservedReward(validator, "", rewards=None, commission=commission)


def _of_account(
    address: str,
    reward: InflationReward | None,
    account: StakeAccount | None,
    owner: str | None,
    epoch: int,
) -> ObservedReward | None:
    """Return the row of a stake account; null: it was not delegated in the epoch.

    No reward of an account that was delegated is a known zero; of one that the node does not know
    as delegated nothing is known. Stake that was not active in the epoch is 0, as the node goes on
    reporting the amount of a delegation that has ended.
    """
    validator = owner or (account.voter if account else None)
    if validator is None or (account and account.activation_epoch > epoch and reward is None):
        return None
    if reward is None and account is None:
        return None
    net = 0 if reward is None else reward.amount
    gross, commission, flags = _split(net, None if reward is None else reward.commission)
    stake = None
    if account is not None:
        flags |= {STAKE_OF_PRESENT}
        stake = account.stake if reward is not None or account.is_active(epoch) else 0
    return ObservedReward(
        validator,
        address,
        rewards=net,
        gross=gross,
        commission=commission,
        stake=stake,
        is_operator_owned=owner is not None,
        flags=frozenset(flags),
    )


def _split(net: int, percent: int | None) -> tuple[int | None, int | None, set[str]]:
    if net == 0:
        return 0, 0, set()
    found = None if percent is None else gross_of_net(net, percent)
    if found is None:
        return None, None, set()
    gross, commission, is_exact = found
    return gross, commission, set() if is_exact else {ESTIMATED}

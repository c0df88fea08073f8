"""What validators and stakers earn in an epoch beside fees, and what voting costs (validator §3.1).

Given amounts count; others follow from seed, epoch and validator. Scope: amounts; not here: the
protocols that report them (``node``, ``kobe``, ``trillium``, ``marinade``).
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.randomness import hashed
from simulator.solana.keys import solana_key
from simulator.solana.validators import EpochValidator

STAKE_ACCOUNTS = 3  # of each validator that have a name; the first one is the operator's
_SHARE_OF_ACCOUNT = 16  # each holds this part of the validator's stake
_INFLATION_EPOCHS = 2_800  # an epoch pays about this part of the stake
_BPS = 10_000
VOTE_LAMPORTS = 5_000  # a vote is a transaction with one signature
LAMPORTS_PER_SOL = 10**9


@dataclass(frozen=True)
class StakeAccount:
    """One stake account that is delegated to a validator."""

    address: str
    vote: str
    stake: int


def mev_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return the lamports of MEV for a validator and its stakers."""
    if not validator.runs_jito:
        return 0
    if validator.mev is not None:
        return validator.mev
    return (
        validator.stake
        // 60_000
        * (700 + hashed(seed, "mev", epoch, validator.vote) % 600)
        // 1_000
    )


def own_mev_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return the validator's own share of its MEV."""
    return mev_of(seed, epoch, validator) * validator.mev_commission_bps // _BPS


def inflation_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return the lamports of inflation for a validator and its stakers."""
    if validator.inflation is not None:
        return validator.inflation
    return (
        validator.stake
        // _INFLATION_EPOCHS
        * (980 + hashed(seed, "inflation", epoch, validator.vote) % 21)
        // 1_000
    )


def commission_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return what the vote account is paid: its percentage of the inflation, rounded down."""
    return inflation_of(seed, epoch, validator) * validator.commission // 100


def votes_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return the votes that a validator cast."""
    return 0 if validator.delinquent else 300_000 + hashed(seed, "v", epoch, validator.vote) % 9_999


def sol_of(lamports: int) -> float:
    """Return lamports in SOL as services write them: a real."""
    return lamports / LAMPORTS_PER_SOL


def stake_accounts(validator: EpochValidator) -> list[StakeAccount]:
    """Return the accounts of a validator that have a name."""
    return [
        StakeAccount(
            solana_key(validator.vote, "stake", number),
            validator.vote,
            validator.stake // _SHARE_OF_ACCOUNT,
        )
        for number in range(STAKE_ACCOUNTS)
    ]


def net_reward_of(seed: int, epoch: int, validator: EpochValidator) -> int:
    """Return what each of these accounts is paid, after the validator's commission."""
    gross = inflation_of(seed, epoch, validator) // _SHARE_OF_ACCOUNT
    return gross * (100 - validator.commission) // 100

"""Staking rewards: the validator's commission, and what each known staker received (validator §5).

Plain functions of integers. Scope: one account in one period; not here: reading stored responses
(``chains.adapters``), or writing rows (``canonical.normalise_rewards``).
"""

from __future__ import annotations

from dataclasses import dataclass

PERCENT = 100


@dataclass(frozen=True, slots=True)
class ObservedReward:
    """Rewards of one account in one period, in the smallest unit; they may be negative.

    Attributes:
        validator_key: The validator that the account is delegated to.
        staker_address: The account; empty: the validator itself, with its commission.
        rewards: Net to the account; null: unknown.
        gross: Before commission; null: unknown.
        commission: Taken by the validator; null: unknown.
        stake: Active stake of the account; null: unknown.
        is_operator_owned: The account belongs to the operator of the validator.
        flags: Quality flags.
    """

    validator_key: str
    staker_address: str
    rewards: int | None
    gross: int | None = None
    commission: int | None = None
    stake: int | None = None
    is_operator_owned: bool = False
    flags: frozenset[str] = frozenset()


def gross_of_net(net: int, commission_percent: int) -> tuple[int, int, bool] | None:
    """Return (gross, commission, is exact) of a net reward; null where the validator takes it all.

    The chain pays floor(gross x (100 - c) / 100) to the account and floor(gross x c / 100) to the
    validator, and drops the rest. The smallest gross that pays this net is returned; it is exact
    where no other one does.
    """
    kept = PERCENT - commission_percent
    if kept <= 0:
        return None
    gross = -(-net * PERCENT // kept)
    is_exact = (gross + 1) * kept // PERCENT > net
    return gross, gross * commission_percent // PERCENT, is_exact

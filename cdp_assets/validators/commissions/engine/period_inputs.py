"""What the engine computes a period from: P&L of validators and stakes of clients.

Plain data without a clock or database; amounts are integers of the smallest unit, null where a
component is missing (validator §6.3), never 0 for that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cdp_assets.validators.commissions.engine.agreement_terms import Basis, Component
from cdp_assets.validators.rules.nullable_amounts import sum_or_none


@dataclass(frozen=True)
class ValidatorPnl:
    """P&L of one validator in one period.

    Attributes:
        exec_fees_native: Fee income after burn; null: missing. The same for the other parts.
        mev_tips_native: The validator's share.
        vote_rewards_native: Of stake that the operator owns.
        commission_native: Commission on all stake's inflation.
        gross_mev_native: MEV before it is shared with stakers.
        net_profit_native: Total revenue less expenses.
        total_stake_native: Active stake at the period's start; null: unknown.
    """

    exec_fees_native: int | None = None
    mev_tips_native: int | None = None
    vote_rewards_native: int | None = None
    commission_native: int | None = None
    gross_mev_native: int | None = None
    net_profit_native: int | None = None
    total_stake_native: int | None = None

    @property
    def total_revenue_native(self) -> int | None:
        """Sum of the four parts (validator §6, I3); null when one is missing."""
        return sum_or_none(
            (
                self.exec_fees_native,
                self.mev_tips_native,
                self.vote_rewards_native,
                self.commission_native,
            )
        )

    def amount(self, component: Component, basis: Basis) -> int | None:
        """Return what a rule shares; null when it is missing.

        Raises:
            KeyError: The component is no part of a validator's P&L.
        """
        if basis is Basis.GROSS:
            return self.gross_mev_native
        if basis is Basis.NET:
            return self.net_profit_native
        return {
            Component.EXEC_FEES: self.exec_fees_native,
            Component.MEV_TIPS: self.mev_tips_native,
            Component.VOTE_REWARDS: self.vote_rewards_native,
            Component.COMMISSION: self.commission_native,
            Component.TOTAL: self.total_revenue_native,
        }[component]


@dataclass(frozen=True)
class ClientStake:
    """A stake account of a client at one validator in one period.

    Attributes:
        client_id: The client.
        introducer_id: The partner that the client is mapped to in the period.
        validator_key: Where the account is delegated.
        staker_address: The account; counted once.
        stake_native: Active at the period's start; null: missing.
        rewards_native: Net to the staker; null: missing.
        commission_native: That the validator took of the account's rewards; null: missing.
    """

    client_id: str
    introducer_id: str
    validator_key: str
    staker_address: str
    stake_native: int | None
    rewards_native: int | None = None
    commission_native: int | None = None


@dataclass(frozen=True)
class PeriodInputs:
    """Everything that lines of one period are computed from.

    Attributes:
        chain_id: The chain.
        period_id: The period.
        ordinal: Its place in the chain's order.
        month: UTC month of its end, ``YYYY-MM`` (validator §2).
        is_last_of_month: No later period of its type ends in the month.
        validators: P&L by validator key.
        stakes: Of clients; an account appears once.
        first_of_month: Ordinal of the first period of its type that ends in the month; null: there
            is none before this one.
    """

    chain_id: str
    period_id: str
    ordinal: int
    month: str
    is_last_of_month: bool
    validators: Mapping[str, ValidatorPnl]
    stakes: tuple[ClientStake, ...] = field(default=())
    first_of_month: int | None = None

    def __post_init__(self) -> None:
        """Refuse stakes that would be counted twice.

        Raises:
            ValueError: A stake account is listed twice.
        """
        counts = Counter(stake.staker_address for stake in self.stakes)
        if twice := sorted(address for address, count in counts.items() if count > 1):
            raise ValueError(f"period {self.period_id}: listed twice: {', '.join(twice)}")

    @property
    def month_start(self) -> int:
        """Ordinal of the first period of the month."""
        return self.ordinal if self.first_of_month is None else self.first_of_month

    @cached_property
    def stakes_of_partners(self) -> Mapping[str, Mapping[str, tuple[ClientStake, ...]]]:
        """Stakes by partner and validator, in the order given."""
        found: dict[str, dict[str, list[ClientStake]]] = defaultdict(lambda: defaultdict(list))
        for stake in self.stakes:
            found[stake.introducer_id][stake.validator_key].append(stake)
        return {
            partner: {validator: tuple(stakes) for validator, stakes in by_validator.items()}
            for partner, by_validator in found.items()
        }

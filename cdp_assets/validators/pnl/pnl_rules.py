"""The P&L of one validator in one period, from its canonical rows (validator §6).

Plain functions over integers: a component without a final row is null, never 0, and then the total
is null, too. Scope: the arithmetic and what is missing; not here: reading or writing rows
(``pnl_step``), or how a component came about (``cdp_assets.validators.rules``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cdp_assets.validators.rules.inputs_hash import InputRow, inputs_hash
from cdp_assets.validators.rules.nullable_amounts import sum_or_none
from cdp_assets.validators.rules.quality_rules import PROVISIONAL_ZERO
from cdp_assets.validators.rules.rounding import fiat_of

EXEC_FEES = "EXEC_FEES"
MEV_TIPS = "MEV_TIPS"
VOTE_REWARDS = "VOTE_REWARDS"
COMMISSION = "COMMISSION"
COMPONENTS = (EXEC_FEES, MEV_TIPS, VOTE_REWARDS, COMMISSION)
COMPLETE = "COMPLETE"
INCOMPLETE = "INCOMPLETE"


@dataclass(frozen=True, slots=True)
class CanonicalRow:
    """What every canonical row has.

    Attributes:
        source: Table, key and version of the row.
        flags: Its quality flags.
    """

    source: InputRow
    flags: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether the row counts: a zero that no second fetch confirmed does not (validator §2)."""
        return PROVISIONAL_ZERO not in self.flags


@dataclass(frozen=True, slots=True, kw_only=True)
class FeesRow(CanonicalRow):
    """Fee income of the leader after burn."""

    total_native: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MevRow(CanonicalRow):
    """MEV: gross for validator and stakers, null where unknown, and the validator's share."""

    gross_native: int | None
    share_native: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardsRow(CanonicalRow):
    """Rewards of a stake account, or with an empty address those of the validator itself."""

    staker_address: str
    rewards_native: int | None
    commission_native: int | None
    is_operator_owned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaRow(CanonicalRow):
    """What was observed about a validator; null where the source did not report it."""

    is_mev_enabled: bool | None
    total_stake_native: int | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price of the chain's display unit.

    Attributes:
        source: Table, key and price of the row.
        quote_ccy: Its currency.
        as_of: Its instant, UTC.
        price: Quote currency per display unit.
    """

    source: InputRow
    quote_ccy: str
    as_of: datetime
    price: Decimal


@dataclass(frozen=True, slots=True)
class ValidatorRows:
    """Everything that the P&L of a validator in a period is computed from; null: there is no row.

    Attributes:
        fees: Of the period.
        led_no_slot: The period's leader schedule is known and does not have the validator, so its
            fees are 0 without a row.
        mev: Of the period.
        rewards: All rows of the validator in the period.
        meta: Of the period.
        operator_accounts: Stake accounts that ``chains.yaml`` declares as the operator's; empty:
            declared to own none; null: undeclared.
        vote_cost: What its votes cost in native units; null: no source says it.
    """

    fees: FeesRow | None = None
    led_no_slot: bool = False
    mev: MevRow | None = None
    rewards: tuple[RewardsRow, ...] = ()
    meta: MetaRow | None = None
    operator_accounts: tuple[str, ...] | None = None
    vote_cost: int | None = None


@dataclass(frozen=True, slots=True)
class Pnl:
    """A row of ``validator_pnl``; amounts in native units, null where unknown.

    Attributes:
        components: Amount by component.
        gross_mev_native: MEV before it is shared with stakers.
        vote_cost_native: Cost of votes; null: no source says it.
        network_fees_native: Fees that the operator pays to networks; null: no source has them.
        total_stake_native: Active stake at the period's start.
        price: Of the period's last day; null: none.
        total_fiat: Total revenue at that price.
        net_profit_fiat: Net profit at that price.
        quality_flags: Of all rows that it was computed from.
        inputs_hash: Of these rows and the price.
    """

    components: Mapping[str, int | None]
    gross_mev_native: int | None
    vote_cost_native: int | None
    network_fees_native: int | None
    total_stake_native: int | None
    price: Price | None
    total_fiat: Decimal | None
    net_profit_fiat: Decimal | None
    quality_flags: tuple[str, ...]
    inputs_hash: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Components without an amount, sorted."""
        return tuple(sorted(name for name, amount in self.components.items() if amount is None))

    @property
    def quality(self) -> str:
        """COMPLETE only if every component has a final row (validator §6.3)."""
        return INCOMPLETE if self.missing else COMPLETE

    @property
    def total_native(self) -> int | None:
        """Sum of the four components (I3); null when one is missing."""
        return total_of(self.components)

    @property
    def net_profit_native(self) -> int | None:
        """Total revenue less the expenses that are known; null when the total is null."""
        return _net(self.total_native, self.vote_cost_native, self.network_fees_native)


def total_of(components: Mapping[str, int | None]) -> int | None:
    """Return the sum of all components; null when one is missing."""
    return sum_or_none(components.values())


def compute_pnl(
    rows: ValidatorRows, *, past_lag: Iterable[str], decimals: int, price: Price | None
) -> Pnl:
    """Return the P&L of a validator in a period.

    Args:
        rows: What is known of it.
        past_lag: Components whose finality lag has passed; another one is missing, whatever its row
            holds (validator §2).
        decimals: Of the chain's unit.
        price: Of the period's last UTC day; null: none, and never that of another day.
    """
    final = set(past_lag)
    amounts = {
        EXEC_FEES: _fees(rows),
        MEV_TIPS: _mev(rows),
        VOTE_REWARDS: _vote_rewards(rows),
        COMMISSION: _commission(rows),
    }
    components = {name: amount if name in final else None for name, amount in amounts.items()}
    total = total_of(components)
    net = _net(total, rows.vote_cost)
    used = [rows.fees, rows.mev, rows.meta, *rows.rewards]
    sources = [row.source for row in used if row is not None]
    if rows.vote_cost is not None:
        sources.append(("vote_cost", "", str(rows.vote_cost)))
    return Pnl(
        components=components,
        gross_mev_native=_gross_mev(rows) if MEV_TIPS in final else None,
        vote_cost_native=rows.vote_cost,
        network_fees_native=None,
        total_stake_native=None if rows.meta is None else rows.meta.total_stake_native,
        price=price,
        total_fiat=_fiat(total, decimals, price),
        net_profit_fiat=_fiat(net, decimals, price),
        quality_flags=tuple(sorted({flag for row in used if row for flag in row.flags})),
        inputs_hash=inputs_hash(sources if price is None else [*sources, price.source]),
    )


def _fees(rows: ValidatorRows) -> int | None:
    if rows.fees is None:
        return 0 if rows.led_no_slot else None
    return rows.fees.total_native if rows.fees.is_final else None


def _mev(rows: ValidatorRows) -> int | None:
    if rows.mev is None:
        return 0 if _runs_no_mev_client(rows) else None
    return rows.mev.share_native if rows.mev.is_final else None


def _gross_mev(rows: ValidatorRows) -> int | None:
    if rows.mev is None:
        return 0 if _runs_no_mev_client(rows) else None
    return rows.mev.gross_native if rows.mev.is_final else None


def _runs_no_mev_client(rows: ValidatorRows) -> bool:
    """Return whether the absence of MEV is a fact; an unknown client may have a late row."""
    return rows.meta is not None and rows.meta.is_mev_enabled is False


def _vote_rewards(rows: ValidatorRows) -> int | None:
    """Return the rewards of stake that the operator owns; null where undeclared or missing."""
    own = _own_row(rows)
    if own is not None and own.is_operator_owned:
        return own.rewards_native if own.is_final else None
    if rows.operator_accounts is None:
        return None
    by_account = {row.staker_address: row for row in rows.rewards if row.is_final}
    return sum_or_none(
        by_account[account].rewards_native if account in by_account else None
        for account in rows.operator_accounts
    )


def _commission(rows: ValidatorRows) -> int | None:
    own = _own_row(rows)
    return own.commission_native if own is not None and own.is_final else None


def _own_row(rows: ValidatorRows) -> RewardsRow | None:
    return next((row for row in rows.rewards if row.staker_address == ""), None)


def _net(total: int | None, *expenses: int | None) -> int | None:
    if total is None:
        return None
    return total - sum(expense for expense in expenses if expense is not None)


def _fiat(native: int | None, decimals: int, price: Price | None) -> Decimal | None:
    return None if native is None or price is None else fiat_of(native, decimals, price.price)

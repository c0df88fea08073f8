"""The attributable base: how much of a validator's component a rule is about (validator §7.2).

Exact fractions; nothing is rounded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from cdp_assets.validators.commissions.engine.agreement_terms import Component, Method, Rule
from cdp_assets.validators.commissions.engine.period_inputs import (
    ClientStake,
    PeriodInputs,
    ValidatorPnl,
)
from cdp_assets.validators.rules.nullable_amounts import sum_or_none

ZERO_DENOMINATOR = "ZERO_DENOMINATOR"  # no total stake: nothing is attributable (validator §1)
INCOMPLETE = "INCOMPLETE"  # an amount or a stake that the base needs is missing (validator §6.3)


@dataclass(frozen=True)
class Attribution:
    """The base of one line before rate, floor and cap.

    Attributes:
        validator_key: The validator; null when all of an agreement are summed.
        client_id: The client of a rule by client; else null.
        base: Attributable, exact; null when an input is missing.
        stake: Stake of the partner or client that counted; null where the method needs none.
        total_stake: Stake of the validator; null where the method needs none.
        reason_code: Why the base is 0 or null; else null.
        parts: Base of each validator, ascending, where all are summed; else empty.
    """

    validator_key: str | None
    client_id: str | None
    base: Fraction | None
    stake: int | None = None
    total_stake: int | None = None
    reason_code: str | None = None
    parts: tuple[tuple[str, Fraction], ...] = ()


def attributions(rule: Rule, introducer_id: str, inputs: PeriodInputs) -> Iterator[Attribution]:
    """Yield the bases of a rule in a period, by validator and client, ascending.

    Args:
        rule: Of the agreement.
        introducer_id: The agreement's partner: only accounts mapped to it count.
        inputs: Of the period.
    """
    mapped = inputs.stakes_of_partners.get(introducer_id, {})
    for key in _covered(rule, inputs):
        pnl = inputs.validators[key]
        here = mapped.get(key, ())
        if rule.method is Method.FIXED_SHARE:
            yield _of_amount(key, pnl.amount(rule.component, rule.base_basis))
        elif rule.method is Method.STAKE_WEIGHT:
            yield _by_stake(rule, key, None, pnl, here)
        else:
            clients = sorted({s.client_id for s in here if rule.covers_client(s.client_id)})
            for client in clients:
                accounts = [stake for stake in here if stake.client_id == client]
                yield _of_client(rule, key, client, pnl, accounts)


def _covered(rule: Rule, inputs: PeriodInputs) -> list[str]:
    """Return the validators of the period that a rule is about, ascending."""
    if rule.validators == "all":
        return sorted(inputs.validators)
    return sorted({key for key in rule.validators if key in inputs.validators})


def summed(parts: list[Attribution]) -> Attribution:
    """Return the bases of all validators as one; null when one of them is missing."""
    of_validators: dict[str, Fraction] = {}
    for part in parts:
        if part.base is None:
            return Attribution(None, None, None, reason_code=INCOMPLETE)
        key = part.validator_key or ""
        of_validators[key] = of_validators.get(key, Fraction()) + part.base
    total = sum(of_validators.values(), Fraction())
    return Attribution(None, None, total, parts=tuple(sorted(of_validators.items())))


def _of_client(
    rule: Rule, key: str, client: str, pnl: ValidatorPnl, accounts: Sequence[ClientStake]
) -> Attribution:
    if rule.component is Component.STAKE_REWARDS:
        return _of_accounts(key, client, [account.rewards_native for account in accounts])
    if rule.component is Component.COMMISSION:
        return _of_accounts(key, client, [account.commission_native for account in accounts])
    return _by_stake(rule, key, client, pnl, accounts)


def _of_amount(key: str, amount: int | None) -> Attribution:
    if amount is None:
        return Attribution(key, None, None, reason_code=INCOMPLETE)
    return Attribution(key, None, Fraction(amount))


def _of_accounts(key: str, client: str, amounts: list[int | None]) -> Attribution:
    total = sum_or_none(amounts)
    if total is None:
        return Attribution(key, client, None, reason_code=INCOMPLETE)
    return Attribution(key, client, Fraction(total))


def _by_stake(
    rule: Rule, key: str, client: str | None, pnl: ValidatorPnl, accounts: Sequence[ClientStake]
) -> Attribution:
    amount = pnl.amount(rule.component, rule.base_basis)
    total = pnl.total_stake_native
    introduced = sum_or_none([account.stake_native for account in accounts])
    if amount is None or total is None or introduced is None:
        return Attribution(key, client, None, introduced, total, INCOMPLETE)
    if total == 0:
        return Attribution(key, client, Fraction(), introduced, total, ZERO_DENOMINATOR)
    stake = min(introduced, total)
    return Attribution(key, client, Fraction(amount * stake, total), stake, total)

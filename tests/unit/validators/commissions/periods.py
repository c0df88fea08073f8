"""Small periods and agreements for the tests of the engine."""

from __future__ import annotations

from typing import Any

from cdp_assets.validators.commissions.engine.agreement_terms import AgreementVersion, parse_version
from cdp_assets.validators.commissions.engine.compute_lines import History
from cdp_assets.validators.commissions.engine.lines import CommissionLine
from cdp_assets.validators.commissions.engine.period_inputs import (
    ClientStake,
    PeriodInputs,
    ValidatorPnl,
)

NOTHING_BEFORE = History()
CHAIN = "solana-mainnet"
PARTNER = "11111111-1111-4111-8111-111111111111"
BANDS = [
    {"from_native": "0", "to_native": "100000000000", "rate_bps": 500},
    {"from_native": "100000000000", "to_native": "500000000000", "rate_bps": 750},
    {"from_native": "500000000000", "to_native": None, "rate_bps": 1000},
]


def rule(**terms: Any) -> dict[str, Any]:
    """Return a rule of 5 % of the fees of all validators, or what is given."""
    usual = {"rule_id": "r1", "method": "FIXED_SHARE", "component": "EXEC_FEES"}
    if "tiers" not in terms:
        usual["rate_bps"] = 500
    return usual | terms


def version(*rules: dict[str, Any], **terms: Any) -> AgreementVersion:
    """Return the first version of agreement A from period 840 on."""
    usual: dict[str, Any] = {
        "agreement_id": "A",
        "version": 1,
        "introducer_id": PARTNER,
        "chain_id": CHAIN,
        "period_type": "EPOCH",
        "effective_from": 840,
        "rules": list(rules) or [rule()],
    }
    return parse_version(usual | terms)


def period(
    ordinal: int = 850,
    *,
    month: str = "2025-01",
    is_last_of_month: bool = False,
    first_of_month: int | None = None,
    stakes: tuple[ClientStake, ...] = (),
    **validators: ValidatorPnl,
) -> PeriodInputs:
    """Return a period of validators by key."""
    return PeriodInputs(
        CHAIN, str(ordinal), ordinal, month, is_last_of_month, validators, stakes, first_of_month
    )


def fees(amount: int | None, **more: int | None) -> ValidatorPnl:
    """Return a complete P&L whose fees are an amount and whose other parts are 0."""
    parts: dict[str, int | None] = {
        "exec_fees_native": amount,
        "mev_tips_native": 0,
        "vote_rewards_native": 0,
        "commission_native": 0,
    }
    return ValidatorPnl(**(parts | more))


def account(
    client: str, validator: str, stake: int, *, address: str | None = None, **more: int | None
) -> ClientStake:
    """Return a stake account of a client of the partner."""
    return ClientStake(
        client, PARTNER, validator, address or f"{client}-{validator}", stake, **more
    )


def finals(lines: tuple[CommissionLine, ...]) -> list[int | None]:
    """Return what each line pays."""
    return [line.final_native for line in lines]


def only(lines: tuple[CommissionLine, ...]) -> CommissionLine:
    """Return the one line that there is."""
    (line,) = lines
    return line

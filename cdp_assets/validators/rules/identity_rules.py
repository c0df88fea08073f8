"""Which identity belongs to which validator in a period (validator §3.1 "Identity", §5).

Plain functions. Scope: joining the observations of one period; not here: landing them
(``fetch_validators``), or fees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
# Keys that one validator has at a time; an address that receives fees may belong to thousands.
EXCLUSIVE_KINDS = frozenset({"vote", "identity", "pubkey", "index"})


@dataclass(frozen=True, slots=True)
class ObservedValidator:
    """One validator as a source reports it for a period.

    Attributes:
        validator_key: Its lasting key; on Solana the vote account.
        keys: (kind, value) of every key by which it is known, the lasting one among them.
        total_stake: Active stake in the smallest unit; null: unknown, as every attribute below.
        self_stake: Of that, the operator's own.
        commission_rate_bps: Commission on staking rewards.
        mev_commission_bps: Commission on MEV.
        is_mev_enabled: It runs a MEV client.
        credits: Vote credits earned in the period.
        client_version: Version of its software.
        is_delinquent: It is behind in voting.
    """

    validator_key: str
    keys: tuple[tuple[str, str], ...]
    total_stake: int | None = None
    self_stake: int | None = None
    commission_rate_bps: int | None = None
    mev_commission_bps: int | None = None
    is_mev_enabled: bool | None = None
    credits: int | None = None
    client_version: str | None = None
    is_delinquent: bool | None = None


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One key by which a validator was known in a period."""

    validator_key: str
    kind: str
    value: str


def identity_rows(
    observations: Sequence[tuple[T, Sequence[ObservedValidator]]], tracked: Callable[[str], bool]
) -> list[tuple[IdentityRow, T]]:
    """Join all observations of a period, the newest first, into rows with their origin.

    A validator that changed its identity within the period has two rows of kind identity. A key of
    an exclusive kind belongs to one validator only. If several claim it, its newest observation
    decides; there the most active stake (nodes list old, empty vote accounts), then the first key.

    Args:
        observations: (origin, validators), newest first in a total order.
        tracked: Whether a validator key is tracked.

    Returns:
        Rows ascending by validator, kind and value; each with the newest origin that shows it.
    """
    found: dict[IdentityRow, T] = {}
    owner: dict[tuple[str, str], str] = {}
    for origin, validators in observations:
        for key, holder in _owners(validators).items():
            owner.setdefault(key, holder)
        for validator in validators:
            for kind, value in validator.keys:
                if kind not in EXCLUSIVE_KINDS or owner[kind, value] == validator.validator_key:
                    found.setdefault(IdentityRow(validator.validator_key, kind, value), origin)
    wanted = [(row, origin) for row, origin in found.items() if tracked(row.validator_key)]
    return sorted(wanted, key=lambda r: (r[0].validator_key, r[0].kind, r[0].value))


def _owners(validators: Iterable[ObservedValidator]) -> dict[tuple[str, str], str]:
    best: dict[tuple[str, str], str] = {}
    for one in sorted(validators, key=lambda v: (-(v.total_stake or 0), v.validator_key)):
        for kind, value in one.keys:
            if kind in EXCLUSIVE_KINDS:
                best.setdefault((kind, value), one.validator_key)
    return best

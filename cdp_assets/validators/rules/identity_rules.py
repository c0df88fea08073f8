"""Which identity belongs to which validator in a period (validator §3.1 "Identity", §5).

Plain functions. Scope: joining the observations of one period; not here: landing them
(``fetch_validators``), or fees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from resources.sources.solana_responses import VoteAccount

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One key by which a validator was known in a period."""

    validator_key: str
    kind: str
    value: str


def identity_rows(
    observations: Sequence[tuple[T, Sequence[VoteAccount]]], tracked: Callable[[str], bool]
) -> list[tuple[IdentityRow, T]]:
    """Join all observations of a period, the newest first, into rows with their origin.

    A validator that changed its identity within the period has two rows of kind identity. An
    identity belongs to one validator only. If several vote accounts claim it, its newest
    observation decides; there the most active stake (nodes list old, empty vote accounts), then
    the first key.

    Args:
        observations: (origin, vote accounts), newest first in a total order.
        tracked: Whether a vote account is tracked.

    Returns:
        Rows ascending by validator, kind and value; each with the newest origin that shows it.
    """
    owner: dict[str, tuple[str, T]] = {}
    votes: dict[str, T] = {}
    for origin, accounts in observations:
        seen_here = _owners(accounts)
        for identity, vote in seen_here.items():
            owner.setdefault(identity, (vote, origin))
        for account in accounts:
            votes.setdefault(account.vote, origin)
    rows = [(IdentityRow(vote, "vote", vote), origin) for vote, origin in votes.items()]
    rows += [
        (IdentityRow(vote, "identity", identity), origin)
        for identity, (vote, origin) in owner.items()
    ]
    wanted = [row for row in rows if tracked(row[0].validator_key)]
    return sorted(wanted, key=lambda r: (r[0].validator_key, r[0].kind, r[0].value))


def _owners(accounts: Iterable[VoteAccount]) -> dict[str, str]:
    best: dict[str, VoteAccount] = {}
    for account in sorted(accounts, key=lambda a: (-a.activated_stake, a.vote)):
        best.setdefault(account.identity, account)
    return {identity: account.vote for identity, account in best.items()}

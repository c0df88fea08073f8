"""IPNI status of a provider: advertised entries against claims (compliance §6.7)."""

from __future__ import annotations

from typing import Literal

IpniStatus = Literal["OK", "MISREPORTING", "NOT_REPORTING"]


def ipni_status(reported: int | None, actual: int | None) -> IpniStatus:
    """Return the status of a provider.

    Args:
        reported: Entries of its advertisements that are no removals; null without a peer id or
            without any advertisement.
        actual: Claims of the provider over all clients; null: it has none.
    """
    if not reported:
        return "NOT_REPORTING"
    # reported < 0.5 · actual, in integers
    if actual is not None and 2 * reported < actual:
        return "MISREPORTING"
    return "OK"

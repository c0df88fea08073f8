"""Quality flags that every canonical table shares, and when a zero is provisional (validator §2).

Plain functions. Scope: flags of a fetch; not here: flags of one kind of number (``fees_rules``,
``mev_rules``, ``reward_rules``).
"""

from __future__ import annotations

from collections.abc import Iterable

PROVISIONAL_ZERO = "PROVISIONAL_ZERO"  # validator §2: a first response of 0 is never final
FALLBACK_SOURCE = "FALLBACK_SOURCE"  # validator §4.5
ESTIMATED = "ESTIMATED"  # computed from a rate, not reported by the chain (validator §5)


def quality_flags(
    own: Iterable[str], *, is_provisional_zero: bool, is_fallback: bool
) -> tuple[str, ...]:
    """Return the flags of one row, sorted: its own and those of its fetch."""
    flags = set(own)
    if is_provisional_zero:
        flags.add(PROVISIONAL_ZERO)
    if is_fallback:
        flags.add(FALLBACK_SOURCE)
    return tuple(sorted(flags))


def is_provisional_zero(period_total: int, *, is_confirmed: bool) -> bool:
    """Return whether a period's total is 0 and no fetch an hour later confirmed that."""
    return period_total == 0 and not is_confirmed

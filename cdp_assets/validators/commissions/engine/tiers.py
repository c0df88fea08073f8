"""Tiers: from a base and what came before it in the window, the exact product (validator §7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from cdp_assets.validators.commissions.engine.agreement_terms import Tier, TierMode
from cdp_assets.validators.rules.rounding import BPS


@dataclass(frozen=True)
class BandShare:
    """How much of a base one band took.

    Attributes:
        from_native: Where the band begins.
        rate_bps: Its rate.
        part: The part of the base that it applies to, exact.
    """

    from_native: int
    rate_bps: int
    part: Fraction

    @property
    def product(self) -> Fraction:
        """Part times rate, exact."""
        return self.part * self.rate_bps / BPS


def band_shares(
    tiers: Sequence[Tier], mode: TierMode, before: Fraction, base: Fraction
) -> tuple[BandShare, ...]:
    """Return the bands that a base reaches, ascending; none for a base of 0.

    Args:
        tiers: From 0, contiguous, the last one open.
        mode: Marginal: each band takes the part inside it. Whole: the band that holds the measure
            after the base takes all of the base; earlier amounts of the window stay as they were.
        before: Measure of the earlier periods of the window, at least 0.
        base: Measure of this period, at least 0.
    """
    if base == 0:
        return ()
    after = before + base
    if mode is TierMode.WHOLE:
        reached = max((tier for tier in tiers if tier.from_native <= after), key=_start)
        return (BandShare(reached.from_native, reached.rate_bps, base),)
    shares = []
    for tier in tiers:
        end = after if tier.to_native is None else min(after, Fraction(tier.to_native))
        part = end - max(before, Fraction(tier.from_native))
        if part > 0:
            shares.append(BandShare(tier.from_native, tier.rate_bps, part))
    return tuple(shares)


def _start(tier: Tier) -> int:
    return tier.from_native

"""MEV of validators: the validator's own share of what its blocks earned (validator §3.1, §6).

Plain functions of integers. Scope: one validator in one period; not here: reading stored responses
(``chains.adapters``), or writing rows (``canonical.normalise_mev``).
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp_assets.validators.rules.quality_rules import ESTIMATED
from cdp_assets.validators.rules.rounding import BPS


@dataclass(frozen=True, slots=True)
class ObservedMev:
    """MEV of one validator in one period, in the smallest unit.

    Attributes:
        gross: For the validator and its stakers, after the protocol's cut; null: unknown.
        own_share: The validator's; null: the source has only gross and rate.
        commission_bps: Share of the gross that the validator keeps; null: unknown.
        tip_count: Payments counted; null: the source has none.
        misdirected: Paid to an address that is not the validator's; null: not applicable.
        flags: Quality flags.
        is_proven: The fetch itself proves it, so that 0 needs no second fetch.
    """

    gross: int | None
    own_share: int | None
    commission_bps: int | None = None
    tip_count: int | None = None
    misdirected: int | None = None
    flags: frozenset[str] = frozenset()
    is_proven: bool = False

    @property
    def is_estimated(self) -> bool:
        """Return whether the share is computed from gross and rate (validator §6)."""
        return self.own_share is None

    @property
    def total(self) -> int:
        """Return the validator's share: as reported, else floor(gross x bps / 10000).

        Raises:
            ValueError: Neither is known.
        """
        if self.own_share is not None:
            return self.own_share
        if self.gross is None or self.commission_bps is None:
            raise ValueError("neither the share, nor gross and rate are known")
        return self.gross * self.commission_bps // BPS

    @property
    def all_flags(self) -> frozenset[str]:
        """Return the flags, ESTIMATED among them where the share is computed."""
        return self.flags | ({ESTIMATED} if self.is_estimated else set())

"""Commission lines: what they hold, and their ids (validator §7.5)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from cdp_assets.validators.commissions.engine.agreement_terms import MONTH_RULE, Component, Method
from cdp_assets.validators.commissions.engine.tiers import BandShare

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "partner-commission-line")
NEGATIVE_BASE = "NEGATIVE_BASE"


class LineKind(StrEnum):
    """What a line is."""

    ATTRIBUTION = "ATTRIBUTION"
    FLOOR_TOPUP = "FLOOR_TOPUP"
    CAP_REDUCTION = "CAP_REDUCTION"
    OVERRIDE = "OVERRIDE"
    ADJUSTMENT = "ADJUSTMENT"


@dataclass(frozen=True)
class LineKey:
    """The identity of a line; empty text where a line is about no one rule, validator or client.

    Attributes:
        agreement_id: The agreement.
        agreement_version: Its version.
        chain_id: The chain.
        period_id: The period.
        kind: What the line is.
        rule_id: Of the rule; ``month`` for bounds of a month.
        validator_key: The validator.
        client_id: The client.
        component: What is shared.
        statement_month: Of an adjustment, ``YYYY-MM``; else empty.
    """

    agreement_id: str
    agreement_version: int
    chain_id: str
    period_id: str
    kind: LineKind
    rule_id: str = ""
    validator_key: str = ""
    client_id: str = ""
    component: str = ""
    statement_month: str = ""

    @cached_property
    def line_id(self) -> uuid.UUID:
        """Return the id: equal parts give an equal id, whatever else a line holds."""
        parts = [
            self.agreement_id,
            str(self.agreement_version),
            self.rule_id,
            self.chain_id,
            self.period_id,
            self.validator_key,
            self.client_id,
            self.component,
            self.kind.value,
        ]
        if self.statement_month:
            parts.append(self.statement_month)
        return uuid.uuid5(NAMESPACE, "|".join(parts))


@dataclass(frozen=True)
class CommissionLine:
    """One line of a partner; amounts in native units, null when an input is missing.

    Attributes:
        key: Its identity among all lines.
        introducer_id: The partner.
        month: UTC month of the period's end.
        component: What is shared; null for bounds and overrides.
        method: How the base came about; null for bounds and overrides.
        base: Attributable base, exact; null when an input is missing, and for bounds and overrides.
        rate_bps: Of a flat rate; null with tiers.
        bands: Bands that the base reached; empty with a flat rate.
        measured_before: Measure of the window before this period; null without tiers, or unknown.
        stake: Numerator of the share of stake; null where the method needs none.
        total_stake: Denominator of it.
        parts: Base of each validator, where all of them were summed; else empty.
        raw_native: Base times rate, rounded down once.
        floor_applied_native: What the rule's floor added.
        cap_applied_native: What the rule's cap took, at most 0.
        pre_override_native: Amount before an override.
        override_native: Share of an override; null without one.
        override_id: The override; null without one.
        reason_code: Why an amount is 0 or null; else null.
    """

    key: LineKey
    introducer_id: str
    month: str
    component: Component | None = None
    method: Method | None = None
    base: Fraction | None = None
    rate_bps: int | None = None
    bands: tuple[BandShare, ...] = ()
    measured_before: Fraction | None = None
    stake: int | None = None
    total_stake: int | None = None
    parts: tuple[tuple[str, Fraction], ...] = ()
    raw_native: int | None = None
    floor_applied_native: int = 0
    cap_applied_native: int = 0
    pre_override_native: int | None = None
    override_native: int | None = None
    override_id: str | None = None
    reason_code: str | None = None

    @property
    def line_id(self) -> uuid.UUID:
        """Id of the line."""
        return self.key.line_id

    @property
    def final_native(self) -> int | None:
        """What is paid: the override where there is one; null when an input is missing."""
        if self.override_native is not None:
            return self.override_native
        return self.pre_override_native

    @property
    def is_of_month(self) -> bool:
        """Whether the line is a bound of a month, which an override of a period does not change."""
        return self.key.rule_id == MONTH_RULE

    @property
    def is_tiered(self) -> bool:
        """Whether the base is part of a measure: the rule has tiers in place of a flat rate."""
        return self.key.kind is LineKind.ATTRIBUTION and self.rate_bps is None

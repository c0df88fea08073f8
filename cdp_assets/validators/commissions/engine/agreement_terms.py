"""Terms of an agreement with a partner: rules, tiers, floors and caps, refused where inconsistent.

What people write as YAML or JSON, and what is stored as JSONB (validator §7.1). Amounts are
integers of the chain's smallest unit, written as numbers or as digits; rates are basis points.
Scope: form and consistency of one version; not here: other agreements (``over_attribution``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.rules.rounding import BPS


class Method(StrEnum):
    """How much of a component a partner takes part in (validator §7.2)."""

    CLIENT_REVENUE = "CLIENT_REVENUE"
    STAKE_WEIGHT = "STAKE_WEIGHT"
    FIXED_SHARE = "FIXED_SHARE"


class Component(StrEnum):
    """What a rule shares: a part of the P&L, its total, or the client's own staking rewards."""

    EXEC_FEES = "EXEC_FEES"
    MEV_TIPS = "MEV_TIPS"
    VOTE_REWARDS = "VOTE_REWARDS"
    COMMISSION = "COMMISSION"
    STAKE_REWARDS = "STAKE_REWARDS"
    TOTAL = "TOTAL"


class Basis(StrEnum):
    """Which amount of a component counts."""

    VALIDATOR_NET = "VALIDATOR_NET"
    GROSS = "GROSS"
    NET = "NET"


class TierMode(StrEnum):
    """Whether a band's rate applies to the part inside the band, or to all."""

    MARGINAL = "MARGINAL"
    WHOLE = "WHOLE"


class Window(StrEnum):
    """Over which periods the measure of tiers adds up."""

    PERIOD = "PERIOD"
    MONTH = "MONTH"
    LIFETIME = "LIFETIME"


class TierScope(StrEnum):
    """Whether each validator has its own measure, or all of an agreement share one."""

    VALIDATOR = "VALIDATOR"
    AGREEMENT = "AGREEMENT"


def _integer(value: Any) -> Any:
    """Take an integer, or digits as amounts are written in JSON; no float, no boolean."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number of the smallest unit")
    return value


def _bps(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("RATE_NOT_BPS: must be a whole number of basis points")
    try:
        exact = Decimal(value)
    except InvalidOperation:
        raise ValueError("RATE_NOT_BPS: must be a whole number of basis points") from None
    if exact != exact.to_integral_value():
        raise ValueError("RATE_NOT_BPS: must be a whole number of basis points")
    return int(exact)


_DIGITS = re.compile(r"-?[0-9]+")
Native = Annotated[int, BeforeValidator(_integer), Field(ge=0)]
Bps = Annotated[int, BeforeValidator(_bps), Field(ge=0, le=BPS)]
MONTH_RULE = "month"  # rule id of the lines of month bounds; those of period bounds have none
Name = Annotated[str, Field(min_length=1, pattern=r"^[^|]+$")]  # a bar separates parts of line ids


class _Terms(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tier(_Terms):
    """A band ``[from, to)`` of the measure and its rate.

    Attributes:
        from_native: Where it begins.
        to_native: Where it ends, exclusive; null for the last.
        rate_bps: Its rate.
    """

    from_native: Native
    to_native: Native | None
    rate_bps: Bps


class Rule(_Terms):
    """One way in which a partner takes part (validator §7.1).

    Attributes:
        rule_id: Unique in its agreement; part of the ids of its lines.
        method: Which part of a component is attributable.
        component: What is shared.
        base_basis: Which amount of the component counts.
        rate_bps: Flat rate; null with tiers.
        tiers: Bands from 0 without gaps, the last one open; empty with a flat rate.
        validators: Keys, or ``all``.
        clients: Ids, or ``all`` clients of the partner.
        floor_native: Least amount of a line; null: none.
        cap_native: Most amount of a line; null: none.
        guaranteed: The floor also applies where nothing is attributable.
        tier_mode: See ``TierMode``.
        tier_window: See ``Window``.
        tier_scope: See ``TierScope``.
    """

    rule_id: Name
    method: Method
    component: Component
    base_basis: Basis = Basis.VALIDATOR_NET
    rate_bps: Bps | None = None
    tiers: tuple[Tier, ...] = ()
    validators: Literal["all"] | Annotated[tuple[Name, ...], Field(min_length=1)] = "all"
    clients: Literal["all"] | Annotated[tuple[Name, ...], Field(min_length=1)] = "all"
    floor_native: Native | None = None
    cap_native: Native | None = None
    guaranteed: bool = False
    tier_mode: TierMode = TierMode.MARGINAL
    tier_window: Window = Window.PERIOD
    tier_scope: TierScope = TierScope.VALIDATOR

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Refuse what cannot be computed or would be read in two ways."""
        if (self.rate_bps is None) is not bool(self.tiers):
            raise ValueError("rate_bps: give either rate_bps or tiers")
        if self.tiers:
            _check_bands(self.tiers)
        elif self.tier_scope is not TierScope.VALIDATOR or self.tier_window is not Window.PERIOD:
            raise ValueError("tiers: tier_window and tier_scope need tiers")
        if self.component is Component.STAKE_REWARDS and self.method is not Method.CLIENT_REVENUE:
            raise ValueError("component: STAKE_REWARDS is defined only for CLIENT_REVENUE")
        if self.clients != "all" and self.method is not Method.CLIENT_REVENUE:
            raise ValueError("clients: a list is defined only for CLIENT_REVENUE")
        if self.base_basis is Basis.GROSS and self.component is not Component.MEV_TIPS:
            raise ValueError("base_basis: GROSS is defined only for MEV_TIPS")
        if self.base_basis is Basis.NET and self.component is not Component.TOTAL:
            raise ValueError("base_basis: NET is defined only for TOTAL")
        if self.floor_native is not None and self.cap_native is not None:
            _check_floor(self.floor_native, self.cap_native, "floor_native")
        return self

    @property
    def max_rate_bps(self) -> int:
        """Highest rate that a part of the base can have."""
        return max(tier.rate_bps for tier in self.tiers) if self.tiers else self.rate_bps or 0

    def covers(self, validator_key: str) -> bool:
        """Return whether the rule is about a validator."""
        return self.validators == "all" or validator_key in self.validators

    def covers_client(self, client_id: str) -> bool:
        """Return whether the rule is about a client."""
        return self.clients == "all" or client_id in self.clients


class BoundScope(StrEnum):
    """What a floor or cap of an agreement is about."""

    PERIOD = "PERIOD"
    MONTH = "MONTH"


class Floor(_Terms):
    """Least sum of an agreement's lines of a period or month.

    Attributes:
        scope: Of what.
        amount_native: The sum.
        guaranteed: It also applies where nothing is attributable.
    """

    scope: BoundScope
    amount_native: Native
    guaranteed: bool = False


class Cap(_Terms):
    """Most sum of an agreement's lines of a period or month.

    Attributes:
        scope: Of what.
        amount_native: The sum.
        guaranteed: Never: a cap takes what is above it in any case.
    """

    scope: BoundScope
    amount_native: Native
    guaranteed: Literal[False] = False


class AgreementVersion(_Terms):
    """One immutable version of an agreement on one chain.

    Attributes:
        agreement_id: Of the agreement.
        version: Counted from 1.
        introducer_id: The partner.
        chain_id: The chain.
        period_type: As the chain names it; period ids of the version are of this type.
        effective_from: Ordinal of the first period.
        effective_to: Ordinal after the last period; null: open.
        rules: At least one; ids differ.
        floors: At most one of each scope.
        caps: At most one of each scope.
    """

    agreement_id: Name
    version: Annotated[int, Field(ge=1)]
    introducer_id: Name
    chain_id: Name
    period_type: Name
    effective_from: int
    effective_to: int | None = None
    rules: tuple[Rule, ...]
    floors: tuple[Floor, ...] = ()
    caps: tuple[Cap, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        """Refuse what cannot be computed or would be read in two ways."""
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("effective_to: must come after effective_from")
        if not self.rules:
            raise ValueError("rules: give at least one")
        rule_ids = [rule.rule_id for rule in self.rules]
        _check_distinct(rule_ids, "rules: rule_id")
        if MONTH_RULE in rule_ids:
            raise ValueError(
                f"rules: rule_id: {MONTH_RULE} is the id of floors and caps of a month"
            )
        _check_distinct([floor.scope for floor in self.floors], "floors: scope")
        _check_distinct([cap.scope for cap in self.caps], "caps: scope")
        for scope in BoundScope:
            floor, cap = self.floor(scope), self.cap(scope)
            if floor is not None and cap is not None:
                _check_floor(floor.amount_native, cap.amount_native, "floors")
        return self

    def floor(self, scope: BoundScope) -> Floor | None:
        """Return the floor of a scope; null without one."""
        return next((floor for floor in self.floors if floor.scope is scope), None)

    def cap(self, scope: BoundScope) -> Cap | None:
        """Return the cap of a scope; null without one."""
        return next((cap for cap in self.caps if cap.scope is scope), None)

    def holds(self, ordinal: int) -> bool:
        """Return whether the version is the one for a period."""
        return self.effective_from <= ordinal and (
            self.effective_to is None or ordinal < self.effective_to
        )

    def is_in_force_between(self, first: int, last: int) -> bool:
        """Return whether the version is in force in a period of a range, both ends inclusive."""
        return self.effective_from <= last and (
            self.effective_to is None or first < self.effective_to
        )

    @property
    def has_month_bound(self) -> bool:
        """Whether a floor or cap is about the sum of a month."""
        return bool(self.floor(BoundScope.MONTH) or self.cap(BoundScope.MONTH))


def version_of_lines(
    versions: Sequence[AgreementVersion], ordinal: int, month_start: int | None
) -> AgreementVersion | None:
    """Return the version that a period's lines come from; null: none.

    That is the one in force. The last period of a month also has the bounds of the month, so where
    none is in force it is the last one that was in force in the month (validator §7.4).

    Args:
        versions: Of one agreement on one chain; their ranges do not overlap.
        ordinal: Of the period.
        month_start: Ordinal of the month's first period; null: the period is not its last one.
    """
    for version in versions:
        if version.holds(ordinal):
            return version
    if month_start is None:
        return None
    ended = [
        version
        for version in versions
        if version.has_month_bound and version.is_in_force_between(month_start, ordinal)
    ]
    return max(ended, key=lambda version: version.effective_from, default=None)


def parse_version(terms: dict[str, Any]) -> AgreementVersion:
    """Return a version from what a person wrote.

    Raises:
        BadConfiguration: It does not hold together; names every field and what is wrong with it.
    """
    try:
        return AgreementVersion.model_validate(terms)
    except ValidationError as refused:
        raise BadConfiguration(
            "; ".join(_sentence_of(error) for error in refused.errors()),
            key=str(terms.get("agreement_id", "agreement")),
            hint="correct the named fields; nothing was saved",
        ) from refused


def _sentence_of(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    text = error["msg"].removeprefix("Value error, ")
    return f"{place}: {text}" if place else text


def _check_bands(tiers: Sequence[Tier]) -> None:
    at = 0
    for number, tier in enumerate(tiers):
        if tier.from_native != at:
            raise ValueError(f"tiers.{number}.from_native: must be {at}, where the last band ends")
        if tier.to_native is None:
            if number != len(tiers) - 1:
                raise ValueError(f"tiers.{number}.to_native: only the last band is open")
            return
        if tier.to_native <= at:
            raise ValueError(f"tiers.{number}.to_native: must come after {at}")
        at = tier.to_native
    raise ValueError(f"tiers.{len(tiers) - 1}.to_native: the last band must be open (null)")


def _check_floor(floor: int, cap: int, field: str) -> None:
    if floor > cap:
        raise ValueError(f"{field}: the floor of {floor} is above the cap of {cap}")


def _check_distinct(values: Sequence[str], field: str) -> None:
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ValueError(f"{field}: given twice: {', '.join(twice)}")

"""The rules of scores, checks and compliance as data: typed, versioned, effective-dated.

Scope: the models of ``scoring_rules.yaml`` and the checks of the complete file; not here: applying
them (``metrics``, ``cdp_assets.filplus.checks``, ``cdp_assets.filplus.compliance``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.registry.rules import DataType
from cdp_assets.settings import get_settings
from resources.codecs.yaml_with_positions import Location, YamlDocument, read_yaml

FILE = Path(__file__).resolve().parent / "scoring_rules.yaml"
MetricCode = Literal[
    "IPNI_REPORTING",
    "URL_FINDER_RETRIEVABILITY",
    "CID_SHARING",
    "DUPLICATED_DATA",
    "UNIQUE_DATA_SET_SIZE",
    "EQUALITY_OF_DATACAP_DISTRIBUTION",
    "CLIENT_DIVERSITY",
    "CLIENT_PREVIOUS_APPLICATIONS",
]
DATA_TYPES: tuple[DataType, ...] = get_args(DataType)


def _decimal(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value


Number = Annotated[Decimal, BeforeValidator(_decimal)]
Bound = Number | Literal["p25", "p50"]


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]  # YAML 1.2 has no dates: it is a text in the file


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Tier(_Entry):
    """Points for values within bounds; a tier without any bound takes all other values."""

    above: Bound | None = None
    at_least: Bound | None = None
    below: Bound | None = None
    at_most: Bound | None = None
    points: int = Field(ge=0)

    @property
    def is_last(self) -> bool:
        """Return whether the tier holds for every value."""
        return {self.above, self.at_least, self.below, self.at_most} == {None}

    def holds(self, value: Decimal, named: Mapping[str, Decimal]) -> bool:
        """Return whether a value is within all bounds.

        Args:
            value: Value of the metric.
            named: Values of p25 and p50 for this report.
        """
        above, at_least = _number(self.above, named), _number(self.at_least, named)
        below, at_most = _number(self.below, named), _number(self.at_most, named)
        return not (
            (above is not None and not value > above)
            or (at_least is not None and not value >= at_least)
            or (below is not None and not value < below)
            or (at_most is not None and not value <= at_most)
        )


class ValueRange(_Entry):
    """A range as it is stored beside a score; max null: open upwards."""

    min: Bound
    max: Bound | None
    points: int = Field(ge=0)

    def resolved(self, named: Mapping[str, Decimal]) -> tuple[Decimal, Decimal | None]:
        """Return both ends as numbers."""
        low = _number(self.min, named)
        assert low is not None
        return low, _number(self.max, named)


class Metric(_Entry):
    """One component of the score."""

    code: MetricCode
    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    unit: Literal["%"] | None
    value_min: Number
    value_max: Number | None
    weights: dict[DataType, Annotated[int, Field(ge=0)]]
    average: Literal["peers", "percentiles"]
    tiers: list[Tier] = Field(min_length=1)
    ranges: list[ValueRange] = Field(min_length=1)

    def base_points(self, value: Decimal, named: Mapping[str, Decimal]) -> int:
        """Return the points of the first tier that contains a value."""
        return next(tier.points for tier in self.tiers if tier.holds(value, named))

    @property
    def most_points(self) -> int:
        """Return the largest base score."""
        return max(item.points for item in self.ranges)


class CheckRules(_Entry):
    """Limits of the report checks (§1.6); null: the check is skipped."""

    client_report_max_provider_deal_percentage: Number | None
    client_report_max_duplication_percentage: Number | None
    client_report_max_percentage_for_low_replica: Number | None
    client_report_max_percentage_for_high_replica: Number | None
    client_report_max_percentage_for_required_copies: Number | None
    client_report_max_percentage_not_declared_providers: Number | None
    client_report_total_uniq_data_set_size_allow_exceeds_percentage: int | None
    max_failing_clients_percentage: Number
    activity_window_days: int = Field(ge=1)
    min_retrievability: Number
    tranche_percentages: list[Annotated[int, Field(ge=0, le=100)]] = Field(min_length=1)
    tranche_max_growth: int = Field(ge=1)
    glif_allocator: str = Field(pattern=r"^f0\d+$")


class ComplianceRules(_Entry):
    """Limits of the weekly compliance of providers and allocators (§6.5, §6.6)."""

    more_than_clients: int = Field(ge=0)
    max_biggest_client_percentage: int = Field(ge=0, le=100)
    allocator_threshold_percentage: Number


class DerivedRules(_Entry):
    """Limits of stored scores (§5.4): shares 0 to 1 of the dashboard, percent of the groups."""

    compliant_score_share: Number
    non_compliant_score_share: Number
    high_score_percentage: Number
    medium_score_percentage: Number


class RuleSet(_Entry):
    """One version of all rules."""

    version: int = Field(ge=1)
    effective_from: Day
    maximum: dict[DataType, int]
    metrics: list[Metric] = Field(min_length=1)
    checks: CheckRules
    compliance: ComplianceRules
    derived: DerivedRules

    @property
    def content_hash(self) -> str:
        """Return the hash of everything that can change a result."""
        text = json.dumps(self.content(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def content(self) -> dict[str, Any]:
        """Return the rules as plain values."""
        return self.model_dump(mode="json")

    def largest_total(self, data_type: DataType) -> int:
        """Return the most points that an allocator of a type can have."""
        return sum(m.most_points * m.weights.get(data_type, 0) for m in self.metrics)


class RuleBook(_Entry):
    """``scoring_rules.yaml``."""

    versions: list[RuleSet] = Field(min_length=1)

    def at(self, day: date) -> RuleSet:
        """Return the rules that hold for reports of a day.

        Raises:
            BadConfiguration: No version holds that early.
        """
        effective = [rules for rules in self.versions if rules.effective_from <= day]
        if not effective:
            raise BadConfiguration(
                f"no rules hold yet (the first from {self.versions[0].effective_from})",
                key=f"{FILE.name} {day}",
                hint="choose a later day, or give a version an earlier effective_from",
            )
        return effective[-1]

    def version(self, number: int) -> RuleSet:
        """Return the rules of a version.

        Raises:
            BadConfiguration: There is no such version; the known ones are named.
        """
        for rules in self.versions:
            if rules.version == number:
                return rules
        known = ", ".join(str(rules.version) for rules in self.versions)
        raise BadConfiguration(f"no such version of the rules (known: {known})", key=str(number))


def load_rules(path: Path | None = None) -> RuleBook:
    """Load and check a file of rules; null: that of the settings, or the shipped one.

    Raises:
        BadConfiguration: Every mistake, one a line: file:line:key, what is wrong, what is allowed.
    """
    return _load(path or get_settings().scoring_rules_file or FILE)


@lru_cache
def _load(path: Path) -> RuleBook:
    document = read_yaml(path)
    problems: list[str] = []
    try:
        book = RuleBook.model_validate(document.value)
        problems = [*_order_problems(book, document), *_content_problems(book, document)]
        if not problems:
            return book
    except ValidationError as error:
        for item in error.errors():
            location: Location = tuple(item["loc"])
            text = {"extra_forbidden": "unknown key", "missing": "the key is missing"}.get(
                item["type"], item["msg"]
            )
            problems.append(f"{document.where(location)}: {text}")
    raise BadConfiguration(
        "the rules of scores and checks are wrong:\n" + "\n".join(problems),
        hint="correct the named lines; the head of the shipped file explains each key",
    )


def _order_problems(book: RuleBook, document: YamlDocument) -> list[str]:
    problems = []
    for number, (before, after) in enumerate(zip(book.versions, book.versions[1:], strict=False)):
        for key in ("version", "effective_from"):
            if getattr(after, key) <= getattr(before, key):
                where = document.where(("versions", number + 1, key))
                problems.append(f"{where}: must be greater than {getattr(before, key)}")
    return problems


def _content_problems(book: RuleBook, document: YamlDocument) -> list[str]:
    problems = []
    for number, rules in enumerate(book.versions):
        here: Location = ("versions", number)
        for data_type in DATA_TYPES:
            found, declared = rules.largest_total(data_type), rules.maximum.get(data_type)
            if found != declared:
                where = document.where((*here, "maximum", data_type))
                problems.append(f"{where}: the metrics add up to {found}, not {declared}")
        codes = [metric.code for metric in rules.metrics]
        for place, metric in enumerate(rules.metrics):
            at: Location = (*here, "metrics", place)
            if metric.code in codes[:place]:
                problems.append(f"{document.where((*at, 'code'))}: {metric.code} is there twice")
            problems += _metric_problems(metric, at, document)
    return problems


def _metric_problems(metric: Metric, at: Location, document: YamlDocument) -> list[str]:
    problems = []
    last = len(metric.tiers) - 1
    for place, tier in enumerate(metric.tiers):
        if tier.is_last != (place == last):
            where = document.where((*at, "tiers", place))
            problems.append(f"{where}: the last tier, and only that, has no bound")
    tiers = {tier.points for tier in metric.tiers}
    ranges = {item.points for item in metric.ranges}
    if tiers != ranges:
        where = document.where((*at, "ranges"))
        problems.append(f"{where}: points {sorted(ranges)}, but the tiers give {sorted(tiers)}")
    if set(metric.weights) != set(DATA_TYPES):
        where = document.where((*at, "weights"))
        problems.append(f"{where}: must name {' and '.join(DATA_TYPES)}")
    return problems


def _number(bound: Bound | None, named: Mapping[str, Decimal]) -> Decimal | None:
    return named[bound] if isinstance(bound, str) else bound

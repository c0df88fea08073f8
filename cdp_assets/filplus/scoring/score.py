"""The score of one report: every metric by the rules, weighted, with everything that explains it.

Scope: points, ranges, averages of peers, texts; not here: the values (``metrics``) or storage
(``cdp_assets.filplus.reports``). Rules: compliance §5.2, §5.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cdp_assets.filplus.registry.rules import DataType
from cdp_assets.filplus.scoring.metrics import METRICS, Measured, ScoreInputs
from cdp_assets.filplus.scoring.number_rules import mean
from cdp_assets.filplus.scoring.rules import Metric, MetricCode, RuleSet, Tier

_SHOWN_TYPE = {"openData": "Open data", "enterprise": "Enterprise"}
_FOUR_DECIMALS = Decimal("0.0001")


@dataclass(frozen=True)
class ScoreRange:
    """A range as stored: ends in the metric's unit (max null: open), weighted points."""

    value_min: Decimal
    value_max: Decimal | None
    score: int


@dataclass(frozen=True)
class Score:
    """One component of a report's score.

    Attributes:
        metric: Its rule.
        measured: Value and where it comes from.
        base_points: Points before the weight.
        weight: 0: excluded from the score of this type of allocator.
        average: Of the peers, in the metric's unit; null without any.
        value_max: Right end of the shown scale.
        ranges: With weighted points, in the order of the rules.
        metadata: Lines ``key: value`` for readers.
    """

    metric: Metric
    measured: Measured
    base_points: int
    weight: int
    average: Decimal | None
    value_max: Decimal | None
    ranges: tuple[ScoreRange, ...]
    metadata: tuple[str, ...]

    @property
    def points(self) -> int:
        """Return the weighted points, as stored."""
        return self.base_points * self.weight

    @property
    def state(self) -> str:
        """Return whether the value is measured, a default without samples, or not scored."""
        if self.weight == 0:
            return "excluded"
        return "measured" if self.measured.is_measured else "not measured"

    @property
    def range_hit(self) -> ScoreRange:
        """Return the first range of these points that contains the value."""
        fitting = [r for r in self.ranges if r.score == self.points]
        value = self.measured.value
        inside = [
            r
            for r in fitting
            if r.value_min <= value and (r.value_max is None or value <= r.value_max)
        ]
        # Above the shown scale (sharing may exceed 100 %) the last range of these points is meant.
        return (inside or fitting[-1:])[0]


def score_report(
    inputs: ScoreInputs,
    data_type: DataType | None,
    rules: RuleSet,
    peers: Mapping[MetricCode, Sequence[Decimal]],
) -> list[Score]:
    """Return every component of a report's score, those of weight 0 included.

    Args:
        inputs: The report's rows.
        data_type: Of the allocator; null (no edition-6 registry row): no score at all.
        rules: The version in force.
        peers: Per metric the values of the newest earlier report of each non-meta allocator.
    """
    if data_type is None:
        return []
    return [
        _score(metric, METRICS[metric.code](inputs), inputs, data_type, peers.get(metric.code, ()))
        for metric in rules.metrics
    ]


def _score(
    metric: Metric,
    measured: Measured,
    inputs: ScoreInputs,
    data_type: DataType,
    peers: Sequence[Decimal],
) -> Score:
    weight = metric.weights[data_type]
    points = metric.base_points(measured.value, measured.named)
    if metric.average == "percentiles":
        average = _as_percent(mean(inputs.all_retrievabilities))
    else:
        average = mean(peers)
    value_max = metric.value_max
    if value_max is None:
        value_max = max(max(peers, default=Decimal(0)), measured.value)
    ranges = tuple(
        ScoreRange(*item.resolved(measured.named), item.points * weight) for item in metric.ranges
    )
    return Score(
        metric,
        measured,
        points,
        weight,
        average,
        value_max,
        ranges,
        _metadata(metric, measured, data_type),
    )


def _as_percent(average: Decimal | None) -> Decimal | None:
    if average is None:
        return None
    return 100 * average.quantize(_FOUR_DECIMALS, rounding=ROUND_HALF_UP)


def _metadata(metric: Metric, measured: Measured, data_type: DataType) -> tuple[str, ...]:
    unit = metric.unit or ""
    return (
        *measured.lines,
        f"{metric.name}: {measured.value:.2f}{unit}",
        *(_rule_line(tier, measured.named, unit) for tier in metric.tiers),
        f"Weight for open data: {metric.weights['openData']}",
        f"Weight for enterprise: {metric.weights['enterprise']}",
        f"Type of allocator: {_SHOWN_TYPE[data_type]}",
    )


def _rule_line(tier: Tier, named: Mapping[str, Decimal], unit: str) -> str:
    bounds = [
        f"{sign} {named[bound] if isinstance(bound, str) else bound:.2f}{unit}"
        for sign, bound in (
            (">", tier.above),
            (">=", tier.at_least),
            ("<", tier.below),
            ("<=", tier.at_most),
        )
        if bound is not None
    ]
    return f"Points if {' and '.join(bounds) if bounds else 'otherwise'}: {tier.points}"

"""Row counts of closed partitions against those of the same weekday before.

Counts are those that each run published in ``ops.asset_partition_status``, so no table is scanned.
Scope: the reading, and the result of one asset; not here: the rule (``row_count_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.frames import query_frame
from cdp_assets.quality.row_count_rules import Comparison, RowCountRule, compare_count
from cdp_assets.units import counted

if TYPE_CHECKING:
    import pandas as pd

CHECK = "row_counts_are_usual"
MEANING = (
    "Partitions of the closed day, or the last closed week, have between a third and three times "
    "the median rows of the same weekday and hour of the eight weeks before."
)
# The last closed week is within two weeks. Each week back is one window start; the limit turns it
# into one look-up in the index (asset_key, window_start), where a join could read years of history.
READ: LiteralString = """
    select p.asset_key, p.partition_key, p.row_count,
        coalesce(
            array_agg(h.row_count order by h.window_start) filter (where h.row_count is not null),
            '{}'
        ) as history
    from ops.asset_partition_status p
    cross join lateral generate_series(1, %(weeks)s::integer) weeks_back
    left join lateral (
        select h.window_start, h.row_count
        from ops.asset_partition_status h
        where h.asset_key = p.asset_key
            and h.window_start = p.window_start - weeks_back * interval '168 hours'
            and h.window_end = p.window_end - weeks_back * interval '168 hours'
            and h.is_final and h.state = 'MATERIALIZED'
        order by h.partition_key
        limit 1
    ) h on true
    where p.asset_key = any(%(assets)s::text[])
        and p.window_start >= %(next_day)s::timestamptz - interval '336 hours'
        and p.window_end <= %(next_day)s::timestamptz
        and p.window_end > %(next_day)s::timestamptz
            - greatest(interval '24 hours', p.window_end - p.window_start)
        and p.is_final and p.state = 'MATERIALIZED' and p.row_count is not null
    group by p.asset_key, p.partition_key, p.row_count
    order by p.asset_key, p.partition_key
"""


def spec(asset_key: str) -> dg.AssetCheckSpec:
    """Return the declaration of the check of one asset."""
    return dg.AssetCheckSpec(CHECK, asset=asset_key.split("/"), description=MEANING)


def evaluate(
    connection: psycopg.Connection,
    asset_keys: Sequence[str],
    next_day: datetime,
    weeks: int,
    rule: RowCountRule,
) -> Iterator[dg.AssetCheckResult]:
    """Compare every closed partition of the assets; one result per asset, a warning at most.

    Args:
        connection: Session in UTC.
        asset_keys: ``schema/table`` each.
        next_day: End of the closed day, UTC; weeks that ended in the seven days before it count.
        weeks: How far back the history goes.
        rule: The limits.
    """
    values = {"assets": sorted(asset_keys), "next_day": next_day, "weeks": weeks}
    import pandas as pd

    counts = query_frame(connection, READ, values)
    comparisons = [
        compare_count(count, history, rule)
        for count, history in zip(counts["row_count"], counts["history"], strict=True)
    ]
    counts["comparison"] = pd.Series(comparisons, dtype=object)
    for asset_key in sorted(asset_keys):
        query = as_typed(connection, READ, {**values, "assets": [asset_key]})
        yield result_of(asset_key, counts[counts["asset_key"] == asset_key], rule, query)


def result_of(
    asset_key: str, counts: pd.DataFrame, rule: RowCountRule, query: str
) -> dg.AssetCheckResult:
    """Return the check result of one asset's closed partitions.

    Args:
        asset_key: ``schema/table``.
        counts: One row per closed partition with its ``partition_key``, ``row_count``, the
            ``history`` of the same weekday and hour before, oldest first, and the ``comparison``.
        rule: The limits of the comparison.
        query: Statement that shows the rows.
    """
    comparisons: Sequence[Comparison] = list(counts["comparison"])
    unusual = counts[[comparison.is_unusual for comparison in comparisons]]
    compared = sum(comparison.finding != "not compared" for comparison in comparisons)
    if len(unusual):
        first = unusual.iloc[0]
        words = (
            f"Unusual: {len(unusual)} of {counted(compared, 'partition')}, first "
            f"{first.partition_key}: "
            f"{counted(first.row_count, 'row is', 'rows are')} {first.comparison.finding}, "
            f"the median is {_number(first.comparison)}. "
        )
    elif compared:
        words = f"Nothing unusual in {counted(compared, 'partition')}. "
    else:
        words = f"Too new or too small to compare: {counted(len(counts), 'partition')}. "
    return check_result(
        asset_key,
        CHECK,
        MEANING,
        failing_rows=len(unusual),
        severity=dg.AssetCheckSeverity.WARN,
        found=words + MEANING,
        samples=[
            {
                "partition": str(each.partition_key),
                "rows": str(each.row_count),
                "median": _number(each.comparison),
                "history": ", ".join(map(str, each.history)),
                "finding": each.comparison.finding,
            }
            for _, each in unusual.iterrows()
        ],
        sql=query,
        metadata={
            "partitions": len(counts),
            "partitions_compared": compared,
            "rows": int(counts["row_count"].sum()),
            "factor": rule.factor,
            "minimum_history": rule.minimum_history,
            "smallest_count": rule.smallest_count,
        },
    )


def _number(comparison: Comparison) -> str:
    """Return the median as an exact decimal: a whole number, or one with a half."""
    if comparison.median is None:
        return "none"
    whole, half = divmod(comparison.median.numerator, comparison.median.denominator)
    return f"{whole:,}.5" if half else f"{whole:,}"

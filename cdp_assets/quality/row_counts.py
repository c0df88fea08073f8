"""Row counts of closed partitions against those of the same weekday before.

Counts are those that each run published in ``ops.asset_partition_status``, so no table is read.
Belongs here: the reading, and the result of one asset. Does not: the rule (``row_count_rules``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, LiteralString

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.frames import query_frame
from cdp_assets.quality.row_count_rules import RowCountRule, Verdict, verdict_of
from cdp_assets.units import counted

if TYPE_CHECKING:
    import pandas as pd

CHECK = "row_counts_are_usual"
MEANING = (
    "Partitions of the closed day, or the last closed week, have between a third and three times "
    "the median rows of the same weekday and hour of the eight weeks before."
)
# Two weeks hold the last closed week. Each week back is one start; the limit makes it one look-up
# in the index (asset_key, window_start), where a join could read the history of years.
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
    """Judge every closed partition of the assets; one result per asset, a warning at most.

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
    verdicts = [
        verdict_of(count, history, rule)
        for count, history in zip(counts["row_count"], counts["history"], strict=True)
    ]
    counts["verdict"] = pd.Series(verdicts, dtype=object)
    for asset_key in sorted(asset_keys):
        query = as_typed(connection, READ, {**values, "assets": [asset_key]})
        yield result_of(asset_key, counts[counts["asset_key"] == asset_key], rule, query)


def result_of(
    asset_key: str, counts: pd.DataFrame, rule: RowCountRule, query: str
) -> dg.AssetCheckResult:
    """Return what people are told of one asset's closed partitions.

    Args:
        asset_key: ``schema/table``.
        counts: One row per closed partition with its ``partition_key``, ``row_count``, the
            ``history`` of the same weekday and hour before, oldest first, and the ``verdict``.
        rule: The limits that it was judged by.
        query: Statement that shows the rows.
    """
    verdicts: Sequence[Verdict] = list(counts["verdict"])
    unusual = counts[[verdict.is_unusual for verdict in verdicts]]
    judged = sum(verdict.judgement != "not judged" for verdict in verdicts)
    if len(unusual):
        first = unusual.iloc[0]
        words = (
            f"Unusual: {len(unusual)} of {counted(judged, 'partition')}, first "
            f"{first.partition_key}: "
            f"{counted(first.row_count, 'row is', 'rows are')} {first.verdict.judgement}, "
            f"the median is {_number(first.verdict)}. "
        )
    elif judged:
        words = f"Nothing unusual in {counted(judged, 'partition')}. "
    else:
        words = f"Too new or too small to be judged: {counted(len(counts), 'partition')}. "
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
                "median": _number(each.verdict),
                "history": ", ".join(map(str, each.history)),
                "judgement": each.verdict.judgement,
            }
            for _, each in unusual.iterrows()
        ],
        sql=query,
        figures={
            "partitions": len(counts),
            "partitions_judged": judged,
            "rows": int(counts["row_count"].sum()),
            "factor": rule.factor,
            "minimum_history": rule.minimum_history,
            "smallest_count": rule.smallest_count,
        },
    )


def _number(verdict: Verdict) -> str:
    """Return the median as a decimal without loss: whole or with a half."""
    if verdict.median is None:
        return "none"
    whole, half = divmod(verdict.median.numerator, verdict.median.denominator)
    return f"{whole:,}.5" if half else f"{whole:,}"

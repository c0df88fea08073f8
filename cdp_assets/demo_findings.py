"""What the demo's tables say about its world, in a few lines: outcomes, failures, gaps, lateness.

Belongs here: the questions and their words. Does not: the rest of the summary
(``cdp_assets.demo_summary``) or any rule; every figure is read from a table.
"""

from __future__ import annotations

import psycopg

# Shares of the dashboard (compliance §1.7): at least 0.70 of the most possible, at most 0.45.
_ALLOCATORS = """
with scores as (
    select allocator, sum(points) as points, sum(largest_points) as largest
    from filplus.allocator_score_explained
    where report_day = (select max(report_day) from filplus.allocator_score_explained)
    group by allocator
)

select
    count(*) filter (where 100 * points >= 70 * largest) as compliant,
    count(*) filter (where 100 * points > 45 * largest and 100 * points < 70 * largest) as between,
    count(*) filter (where 100 * points <= 45 * largest) as non_compliant,
    (array_agg(format('%s has %s of %s points', allocator, points, largest)
        order by points::numeric / largest desc, allocator))[1] as best,
    (array_agg(format('%s has %s', allocator, points)
        order by points::numeric / largest, allocator))[1] as least
from scores
"""
_PROVIDERS = """
select
    count(*) filter (where compliance_score = 'compliant'),
    count(*) filter (where compliance_score = 'partiallyCompliant'),
    count(*) filter (where compliance_score = 'nonCompliant')
from filplus.storage_provider_compliance_weekly
"""
_CHECKS = """
select count(*) filter (where not result), count(*),
    mode() within group (order by "check") filter (where not result)
from filplus.client_report_check_result
"""
_WITHOUT_SAMPLES = """
select count(*), min(provider)
from filplus.provider_url_finder_retrievability_daily
where success_rate is null
    and date = (select max(date) from filplus.provider_url_finder_retrievability_daily)
"""
_LATE = """
select count(*)
from ops.touched_hours t
join ops.asset_partition_status s
    on s.asset_key = 'filplus/unified_verified_deal_hourly' and s.window_start = t.hour
where t.asset_key = 'raw_dmob/unified_verified_deal'
    and (s.input_versions ->> t.asset_key)::bigint < t.version
"""


def findings(connection: psycopg.Connection) -> list[str]:
    """Return the lines, each of one kind of finding."""
    compliant, between, non_compliant, best, least = _row(connection, _ALLOCATORS)
    full, partial, none = _row(connection, _PROVIDERS)
    failed, checks, most = _row(connection, _CHECKS)
    unsampled, example = _row(connection, _WITHOUT_SAMPLES)
    (late,) = _row(connection, _LATE)
    return [
        f"allocators   {compliant} compliant, {between} between, {non_compliant} non-compliant: "
        f"{best}, {least}",
        f"providers    {full} compliant, {partial} partially, {none} non-compliant, by week",
        f"checks       {failed} of {checks} checks of client reports fail, most often {most}",
        f"no samples   {unsampled} providers were asked for and never measured, {example} is one: "
        "null, not 0",
        f"late         {late} hours have deals that arrived after the hour was made",
    ]


def _row(connection: psycopg.Connection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)

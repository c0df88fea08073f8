"""What the demo's tables show about its world, in a few lines: outcomes, failures, gaps, lateness.

Scope: the queries and their lines; not here: the rest of the summary (``cdp_assets.demo.summary``)
or any rule; every number is read from a table.
"""

from __future__ import annotations

from typing import Any

import psycopg

from cdp_assets.filplus.registry.standard_allocators import is_standard_allocator
from cdp_assets.units import counted

# Limits of the dashboard (compliance §1.7): at least 0.70 of the possible points, at most 0.45.
_ALLOCATORS = f"""
with scores as (
    select allocator, sum(points) as points, sum(largest_points) as largest
    from filplus.allocator_score_explained
    where report_day = (select max(report_day) from filplus.allocator_score_explained)
        and {is_standard_allocator("allocator")}
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
_FALLS = """
select count(*), min(format('%s from %s to %s %%', allocator, month_ago_total_score_percentage,
        total_score_percentage)),
    (select count(distinct rule_version) from filplus.allocator_score_explained)
from api_v1.latest_scores
where total_score_percentage < month_ago_total_score_percentage
"""
_LATE = """
select count(*)
from ops.partition_lag
where asset_key = 'filplus/unified_verified_deal_hourly'
    and input_key = 'raw_dmob/unified_verified_deal' and is_behind
"""
_COMMISSIONS = """
select
    (select count(*) from governance.introducers),
    (
        select concat_ws(' ', count(*), 'released over', sum(total_native))
        from validators.partner_commission_statements
        where status in ('RELEASED', 'PAID')
    ),
    count(*) filter (where line_kind = 'ADJUSTMENT'),
    coalesce(sum(final_amount_native) filter (where line_kind = 'ADJUSTMENT'), 0),
    count(*) filter (where override_id is not null),
    (
        select concat_ws(' of ', count(*) filter (where quality = 'COMPLETE'), count(*))
        from validators.validator_pnl
        where is_current and not is_void
    ),
    (
        select coalesce(min(format('%s of %s lacks %s', period_id, chain_id,
            array_to_string(missing_components, ', '))), 'none')
        from validators.validator_pnl
        where is_current and not is_void and quality = 'INCOMPLETE'
    ),
    count(*) filter (where final_amount_native is null)
from validators.partner_commission_lines
where is_current and not is_void
"""


def findings(connection: psycopg.Connection) -> list[str]:
    """Return a line per kind of finding."""
    compliant, between, non_compliant, best, least = _row(connection, _ALLOCATORS)
    full, partial, none = _row(connection, _PROVIDERS)
    failed, checks, most = _row(connection, _CHECKS)
    unsampled, example = _row(connection, _WITHOUT_SAMPLES)
    fell, whose, versions = _row(connection, _FALLS)
    (late,) = _row(connection, _LATE)
    partners, released, adjusted, amount, by_hand, *rest = _row(connection, _COMMISSIONS)
    complete, incomplete, unknown = rest
    return [
        f"allocators   {compliant} compliant, {between} between, {non_compliant} non-compliant: "
        f"{best}, {least}",
        f"scores       {fell} fell within a month, {whose}; versions of the rules: {versions} "
        "(docs/how-to/explain-a-score.md)",
        f"providers    {full} compliant, {partial} partially, {none} non-compliant, by week",
        f"checks       {failed} of {counted(checks, 'check')} of client reports failed, most often "
        f"{most}",
        f"no samples   {counted(unsampled, 'provider')} requested and never measured, such as "
        f"{example}: null, not 0",
        f"partners     {partners}, statements: {released} lamports; {counted(adjusted, 'line')} "
        f"corrected by {amount} in the next month; {counted(by_hand, 'line')} set by hand",
        f"P&L          of validators, complete rows: {complete}; incomplete: {incomplete}, so "
        f"{counted(unknown, 'commission line')} of it is null, not 0",
        f"late         {counted(late, 'hour')} with deals that arrived after the hour was built",
    ]


def _row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return tuple(row)

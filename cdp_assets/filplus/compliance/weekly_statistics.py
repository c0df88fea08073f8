"""Weeks of derived figures: averages, classes by average, histograms, newest scores (§5.4 to §6.8).

Each is one statement over what is stored of its week, replaced as a whole. Belongs here: these
statements. Does not: Dagster (``weekly_statistics_assets``), or choices that a reader makes
among the rows, such as a threshold or a group of its own (``api_v1``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from cdp_assets.filplus.registry.standard_allocators import is_standard_allocator
from cdp_assets.filplus.reports.report_tables import DERIVED_TABLES, ReportTable
from cdp_assets.filplus.scoring.rules import RuleSet

AVERAGES, SPS_COMPLIANCE, HISTOGRAMS, SCORES = DERIVED_TABLES
_WEEK = timedelta(days=7)

_REPLACE_AVERAGES = """
insert into filplus.retrievability_average_weekly
with registered as (
    select allocator_id, 'open_data_edition_6' as average_of
    from filplus.allocator_registry where not rejected
    union all
    select allocator_id, 'open_data_edition_5'
    from filplus.allocator_registry_archive where not rejected
),
open_data as (
    select d.provider, r.average_of
    from filplus.allocator_client_bookkeeping b
    join registered r using (allocator_id)
    join filplus.client_provider_distribution d on d.client = b.client_id
    where b.confirms_open_data
),
rates as (
    -- As text: a double counts as the number that is shown.
    select provider,
        coalesce(avg_retrievability_success_rate_url_finder, 0)::text::numeric as rate
    from filplus.providers_weekly_acc where week = %(week)s
),
members as (
    select provider, 'all' as average_of from rates
    union
    select provider, 'open_data' from open_data
    union
    select provider, average_of from open_data
)
select %(week)s, s.average_of, count(r.provider), avg(r.rate)
from unnest(array['all', 'open_data', 'open_data_edition_5', 'open_data_edition_6'])
    as s (average_of)
left join members m using (average_of)
left join rates r using (provider)
group by s.average_of
order by s.average_of
"""

_REPLACE_SPS_COMPLIANCE = """
insert into filplus.allocator_sps_compliance_weekly
with granted as (
    select allocator, sum(sum_of_allocations)::bigint as total_datacap
    from filplus.client_allocator_distribution_weekly_acc where week = %(week)s group by allocator
),
pairs as (
    select distinct a.allocator, d.provider
    from filplus.client_allocator_distribution_weekly_acc a
    join filplus.client_provider_distribution_weekly_acc d using (week, client)
    where week = %(week)s
),
tests as (
    select p.provider, a.average_of,
        coalesce(p.retrievability::text::numeric > nullif(a.average_retrievability, 0), false)
            as is_above,
        p.has_enough_clients, p.is_spread
    from filplus.storage_provider_compliance_weekly p
    join filplus.retrievability_average_weekly a using (week)
    where week = %(week)s
),
passed as (
    -- Providers that pass the same tests are one row, before the switches make eight of each.
    select g.allocator, g.total_datacap, a.average_of, t.is_above, t.has_enough_clients,
        t.is_spread, t.provider is not null as is_known, count(p.provider) as providers
    from granted g
    join filplus.retrievability_average_weekly a on a.week = %(week)s
    left join pairs p using (allocator)
    left join tests t on t.provider = p.provider and t.average_of = a.average_of
    group by 1, 2, 3, 4, 5, 6, 7
),
judged as (
    select d.*, s.*,
        (d.is_above or not s.by_rate)::integer + (d.has_enough_clients or not s.by_clients)::integer
            + (d.is_spread or not s.by_size)::integer as points
    from passed d
    cross join (
        select r.by_rate, c.by_clients, z.by_size
        from (values (true), (false)) r (by_rate), (values (true), (false)) c (by_clients),
            (values (true), (false)) z (by_size)
    ) s
)
select %(week)s, allocator, average_of, by_rate, by_clients, by_size, total_datacap,
    sum(providers),
    coalesce(sum(providers) filter (where is_known and points = 3), 0),
    coalesce(sum(providers) filter (where is_known and points between 1 and 2), 0),
    coalesce(sum(providers) filter (where is_known and points = 0), 0),
    %(rule_version)s
from judged
group by allocator, average_of, by_rate, by_clients, by_size, total_datacap
order by allocator, average_of, by_rate, by_clients, by_size
"""

# Bytes are divided as whole numbers: a share on an edge belongs to the bucket that it closes.
_REPLACE_HISTOGRAMS = f"""
insert into filplus.compliance_histogram_weekly
with found as (
    select 'providers' as subject, provider as entity, total_deal_size as bytes,
        biggest_client_total_deal_size as biggest, num_of_clients,
        coalesce(avg_retrievability_success_rate_url_finder, 0)::text::numeric as rate
    from filplus.providers_weekly_acc where week = %(week)s
    union all
    select 'allocators', allocator, total_sum_of_allocations, biggest_client_sum_of_allocations,
        num_of_clients, avg_weighted_retrievability_success_rate_url_finder::text::numeric
    from filplus.allocators_weekly_acc
    where week = %(week)s and {is_standard_allocator("allocator")}
),
registered as (
    select allocator_id, data_type, 'edition_6' as edition
    from filplus.allocator_registry where not rejected
    union all
    select allocator_id, null, 'edition_5' -- archive files have no data type (compliance §1.4)
    from filplus.allocator_registry_archive where not rejected
),
members as (
    select subject, entity, 'all' as population from found
    union
    select 'providers', d.provider, 'open_data'
    from filplus.allocator_client_bookkeeping b
    join filplus.client_provider_distribution d on d.client = b.client_id
    where b.confirms_open_data
    union
    select 'allocators', r.allocator_id, p.population
    from registered r
    cross join lateral (
        values ('registered'), (r.edition),
            (case when r.data_type = 'openData' then 'open_data' end),
            (case when r.data_type = 'openData' then 'open_data_edition_6' end)
    ) p (population)
    where p.population is not null
),
placed as (
    select subject, entity, bytes, 'num_of_clients' as measure, 1 as step, 0 as least_top,
        num_of_clients as edge
    from found
    union all
    select subject, entity, bytes, 'retrievability', 5, 100, (5 * ceil(20 * rate))::integer
    from found
    union all
    select subject, entity, bytes, 'biggest_client_share', 5, 100,
        (5 * div(20 * biggest::numeric + bytes - 1, bytes))::integer
    from found where bytes > 0
),
counted as (
    select subject, measure, population, step, least_top, edge, count(*) as num_of_values,
        sum(bytes) as bytes
    from placed
    join members using (subject, entity)
    group by subject, measure, population, step, least_top, edge
),
scales as (
    select subject, measure, population, step, greatest(max(edge), max(least_top)) as top,
        sum(num_of_values) as total
    from counted
    group by subject, measure, population, step
),
edges as (
    select subject, measure, population, edge from counted
    union
    select subject, measure, population, g
    from scales
    cross join lateral generate_series(step, top, step) g
)
select %(week)s, s.subject, s.measure, s.population, e.edge - s.step, e.edge,
    coalesce(c.num_of_values, 0), coalesce(c.bytes, 0), s.total, %(is_running)s
from edges e
join scales s using (subject, measure, population)
left join counted c using (subject, measure, population, edge)
order by s.subject, s.measure, s.population, e.edge
"""

_REPLACE_SCORES = f"""
insert into filplus.allocator_score_weekly
with newest as (
    select distinct on (r.allocator, date_trunc('month', r.create_date))
        r.allocator, r.id, r.create_date, r.data_type,
        date_trunc('month', r.create_date) as month
    from filplus.allocator_report r
    where r.report_day >= (%(week)s::timestamp - interval '1 day')::date
        and r.report_day <= (%(week)s::timestamp + interval '7 days')::date
        and r.create_date >= %(week)s and r.create_date < %(week)s::timestamp + interval '7 days'
        and exists (
            select from filplus.allocator_score_explained e where e.allocator_report_id = r.id
        )
        and {is_standard_allocator("r.allocator")}
    order by r.allocator, date_trunc('month', r.create_date), r.create_date desc,
        r.report_number desc
)
select %(week)s, n.month, n.allocator, e.component, n.id, n.create_date, n.data_type, e.points,
    e.largest_points, coalesce(100.0 * e.points / nullif(e.largest_points, 0), 100),
    case
        when e.largest_points = 0 or 100 * e.points >= %(high)s * e.largest_points then 'high'
        when 100 * e.points >= %(medium)s * e.largest_points then 'medium'
        else 'low'
    end,
    %(rule_version)s
from newest n
join filplus.allocator_score_explained e on e.allocator_report_id = n.id
where e.state <> 'excluded'
order by n.month, n.allocator, e.component
"""


def replace_averages(cursor: psycopg.Cursor, week: datetime, rules: RuleSet, now: datetime) -> int:
    """Replace the means of one week (Monday, UTC): four rows; return how many."""
    return _replace(cursor, AVERAGES, _REPLACE_AVERAGES, week, rules, now)


def replace_sps_compliance(
    cursor: psycopg.Cursor, week: datetime, rules: RuleSet, now: datetime
) -> int:
    """Replace the providers by class of each allocator of one week; return its rows."""
    return _replace(cursor, SPS_COMPLIANCE, _REPLACE_SPS_COMPLIANCE, week, rules, now)


def replace_histograms(
    cursor: psycopg.Cursor, week: datetime, rules: RuleSet, now: datetime
) -> int:
    """Replace the buckets ``(from, to]`` of one week; return its rows."""
    return _replace(cursor, HISTOGRAMS, _REPLACE_HISTOGRAMS, week, rules, now)


def replace_scores(cursor: psycopg.Cursor, week: datetime, rules: RuleSet, now: datetime) -> int:
    """Replace the newest scored reports of one week's months; return the rows, one a component."""
    return _replace(cursor, SCORES, _REPLACE_SCORES, week, rules, now)


def _replace(
    cursor: psycopg.Cursor,
    table: ReportTable,
    statement: str,
    week: datetime,
    rules: RuleSet,
    now: datetime,
) -> int:
    monday = week.replace(tzinfo=None)
    cursor.execute(f"delete from filplus.{table.name} where week = %s", [monday])
    cursor.execute(
        statement,
        {
            "week": monday,
            "is_running": week <= now < week + _WEEK,
            "rule_version": rules.version,
            "high": rules.derived.high_score_percentage,
            "medium": rules.derived.medium_score_percentage,
        },
    )
    return cursor.rowcount

-- compliance §3.9, over §3.5
with last_test_of_week as (
    select distinct on (provider, date_trunc('week', date))
        provider,
        date_trunc('week', date) as week,
        success_rate
    from reference.provider_url_finder_retrievability_daily
    order by provider, date_trunc('week', date), date desc
),

-- §3.19: sums over the days of the week, 0 for a provider without attempts, null in a week without any attempt
retrievals_of_week as (
    select
        date_trunc('week', date) as week,
        provider,
        (sum(successful)::numeric / nullif(sum(total), 0))::double precision as rate,
        (coalesce(sum(successful_http), 0)::numeric / nullif(sum(total), 0))::double precision as rate_http
    from reference.provider_retrievability_daily
    group by date_trunc('week', date), provider
),

measured_weeks as (
    select distinct week from retrievals_of_week
),

grouped as (
    select
        week,
        provider,
        count(*)::integer as num_of_clients,
        max(total_deal_size) as biggest_client_total_deal_size,
        sum(total_deal_size)::bigint as total_deal_size
    from reference.client_provider_distribution_weekly
    group by week, provider
)

select
    g.week,
    g.provider,
    g.num_of_clients,
    g.biggest_client_total_deal_size,
    g.total_deal_size,
    case when m.week is not null then coalesce(f.rate, 0) end as avg_retrievability_success_rate,
    case when m.week is not null then coalesce(f.rate_http, 0) end as avg_retrievability_success_rate_http,
    coalesce(t.success_rate, 0) as avg_retrievability_success_rate_url_finder,
    t.success_rate is not null as is_measured
from grouped g
left join last_test_of_week t on t.week = g.week and t.provider = g.provider
left join retrievals_of_week f on f.week = g.week and f.provider = g.provider
left join measured_weeks m on m.week = g.week

-- compliance §3.10, over §3.6
with last_test_of_week as (
    select distinct on (provider, date_trunc('week', date))
        provider,
        date_trunc('week', date) as week,
        success_rate
    from reference.provider_url_finder_retrievability_daily
    order by provider, date_trunc('week', date), date desc
),

grouped as (
    select
        week,
        provider,
        count(*)::integer as num_of_clients,
        max(total_deal_size) as biggest_client_total_deal_size,
        sum(total_deal_size)::bigint as total_deal_size
    from reference.client_provider_distribution_weekly_acc
    group by week, provider
)

select
    g.week,
    g.provider,
    g.num_of_clients,
    g.biggest_client_total_deal_size,
    g.total_deal_size,
    null::double precision as avg_retrievability_success_rate,
    null::double precision as avg_retrievability_success_rate_http,
    coalesce(t.success_rate, 0) as avg_retrievability_success_rate_url_finder
from grouped g
left join last_test_of_week t on t.week = g.week and t.provider = g.provider

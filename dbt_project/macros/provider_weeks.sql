{#- Figures of a provider per week over a (client, provider, week) table (compliance §3.9, §3.10).
    The rate is that of the last test day of the week: null on that day counts as 0, like no test. -#}
{% macro provider_weeks(distribution) %}
with distribution as (
    select * from {{ distribution }}
),

retrievability as (
    select * from {{ ref("provider_url_finder_retrievability_daily") }}
),

last_test_of_week as (
    select distinct on (provider, date_trunc('week', date)) -- the newest day of each provider and week
        provider,
        date_trunc('week', date) as week,
        success_rate
    from retrievability
    where {{ in_window("date") }}
    order by provider, date_trunc('week', date), date desc
),

grouped as (
    select
        week,
        provider,
        count(*) as num_of_clients,
        max(total_deal_size) as biggest_client_total_deal_size,
        sum(total_deal_size) as total_deal_size
    from distribution
    where {{ in_window("week") }}
    group by week, provider
),

final as (
    select
        g.week,
        g.provider,
        g.num_of_clients::integer as num_of_clients,
        g.biggest_client_total_deal_size::bigint as biggest_client_total_deal_size,
        g.total_deal_size::bigint as total_deal_size,
        null::double precision as avg_retrievability_success_rate,
        null::double precision as avg_retrievability_success_rate_http,
        coalesce(t.success_rate, 0)::double precision as avg_retrievability_success_rate_url_finder
    from grouped g
    left join last_test_of_week t on t.week = g.week and t.provider = g.provider
)

select * from final
{% endmacro %}

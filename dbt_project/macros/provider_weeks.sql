{#- Statistics of a provider per week over a (client, provider, week) table (compliance §3.9, §3.10).
    The URL finder's rate is that of the last test day of the week: null on that day counts as 0, like no
    test. FilSpark's rates are sums over the days of the week; a week without any of its days has none,
    in a week with some a provider that was not tried has 0 (§3.19). -#}
{% macro provider_weeks(distribution) %}
with distribution as (
    select * from {{ distribution }}
),

retrievability as (
    select * from {{ ref("provider_url_finder_retrievability_daily") }}
),

retrievals as (
    select * from {{ ref("stg_filspark__provider_retrievability") }}
),

retrievals_of_week as (
    select
        date_trunc('week', date) as week,
        provider,
        sum(total) as tried,
        sum(successful)::numeric as successful,
        sum(successful_http)::numeric as successful_http
    from retrievals
    where {{ in_window("date") }}
    group by date_trunc('week', date), provider
),

measured_weeks as (
    select distinct week from retrievals_of_week
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
        case
            when m.week is not null then coalesce(f.successful / nullif(f.tried, 0), 0)
        end::double precision as avg_retrievability_success_rate,
        case
            when m.week is not null then coalesce(f.successful_http / nullif(f.tried, 0), 0)
        end::double precision as avg_retrievability_success_rate_http,
        coalesce(t.success_rate, 0)::double precision as avg_retrievability_success_rate_url_finder,
        t.success_rate is not null as is_measured
    from grouped g
    left join last_test_of_week t on t.week = g.week and t.provider = g.provider
    left join retrievals_of_week f on f.week = g.week and f.provider = g.provider
    left join measured_weeks m on m.week = g.week
)

select * from final
{% endmacro %}

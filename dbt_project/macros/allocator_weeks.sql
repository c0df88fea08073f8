{#- Statistics of an allocator per week over its grants and the deals of its clients (compliance §3.11).
    Rates of providers are those of the week's own deals (R-11). Sums of numerics are exact, so the
    order of rows does not matter; the rate becomes a double last. -#}
{% macro allocator_weeks(grants, distribution) %}
with grants as (
    select * from {{ grants }} where {{ in_window("week") }}
),

distribution as (
    select * from {{ distribution }}
),

providers as (
    select * from {{ ref("providers_weekly") }}
),

rated as (
    select
        g.week,
        g.allocator,
        sum(d.total_deal_size * coalesce(p.avg_retrievability_success_rate_url_finder::numeric, 0))
        / nullif(sum(d.total_deal_size), 0) as rate,
        bool_or(coalesce(p.is_measured, false)) as is_measured
    from grants g
    inner join distribution d on d.week = g.week and d.client = g.client
    left join providers p on p.week = d.week and p.provider = d.provider and {{ in_window("p.week") }}
    where {{ in_window("d.week") }}
    group by g.week, g.allocator
),

grouped as (
    select
        week,
        allocator,
        count(*) as num_of_clients,
        max(sum_of_allocations) as biggest_client_sum_of_allocations,
        sum(sum_of_allocations) as total_sum_of_allocations
    from grants
    group by week, allocator
),

final as (
    select
        g.week,
        g.allocator,
        g.num_of_clients::integer as num_of_clients,
        g.biggest_client_sum_of_allocations::bigint as biggest_client_sum_of_allocations,
        g.total_sum_of_allocations::bigint as total_sum_of_allocations,
        null::double precision as avg_weighted_retrievability_success_rate,
        null::double precision as avg_weighted_retrievability_success_rate_http,
        coalesce(r.rate, 0)::double precision as avg_weighted_retrievability_success_rate_url_finder,
        coalesce(r.is_measured, false) as is_measured
    from grouped g
    left join rated r on r.week = g.week and r.allocator = g.allocator
)

select * from final
{% endmacro %}

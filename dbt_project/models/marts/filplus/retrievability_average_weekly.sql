with weeks as (
    {{ weeks_of_run() }}
),

providers as (
    select * from {{ ref("providers_weekly_acc") }}
),

registry as (
    select * from {{ ref("stg_registry__allocators") }}
),

archive as (
    select * from {{ ref("stg_registry__archived_allocators") }}
),

applications as (
    select * from {{ ref("stg_registry__client_applications") }}
),

pairs as (
    select * from {{ ref("stg_deals__client_provider_pairs") }}
),

sets as (
    select unnest(array['all', 'open_data', 'open_data_edition_5', 'open_data_edition_6']) as average_of
),

registered as (
    select allocator_id, 'open_data_edition_6' as average_of from registry
    union all
    select allocator_id, 'open_data_edition_5' from archive
),

open_data as (
    select p.provider, r.average_of
    from applications a
    inner join registered r on r.allocator_id = a.allocator_id
    inner join pairs p on p.client = a.client_id
    where a.confirms_open_data
),

rates as (
    -- As text: a double counts as the number that is shown.
    select week, provider, coalesce(avg_retrievability_success_rate_url_finder, 0)::text::numeric as rate
    from providers
    where {{ in_window("week") }}
),

members as (
    select provider, 'all' as average_of from rates
    union
    select provider, 'open_data' from open_data
    union
    select provider, average_of from open_data
),

rates_of_sets as (
    select r.week, m.average_of, count(*) as num_of_providers, avg(r.rate) as average_retrievability
    from members m
    inner join rates r on r.provider = m.provider
    group by r.week, m.average_of
),

final as (
    select
        w.week::timestamp(3) as week,
        s.average_of,
        coalesce(r.num_of_providers, 0)::integer as num_of_providers,
        r.average_retrievability
    from weeks w
    cross join sets s
    left join rates_of_sets r on r.week = w.week and r.average_of = s.average_of
)

select * from final

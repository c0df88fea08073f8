with providers as (
    select * from {{ ref("providers_weekly_acc") }}
),

allocators as (
    select * from {{ ref("allocators_weekly_acc") }}
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

found as (
    select
        week,
        'providers' as subject,
        provider as entity,
        total_deal_size as bytes,
        biggest_client_total_deal_size as biggest,
        num_of_clients,
        coalesce(avg_retrievability_success_rate_url_finder, 0)::text::numeric as rate
    from providers
    where {{ in_window("week") }}
    union all
    select
        week,
        'allocators',
        allocator,
        total_sum_of_allocations,
        biggest_client_sum_of_allocations,
        num_of_clients,
        avg_weighted_retrievability_success_rate_url_finder::text::numeric
    from allocators
    where {{ in_window("week") }} and {{ is_standard_allocator("allocator") }}
),

registered as (
    select allocator_id, data_type, 'edition_6' as edition from registry
    union all
    select allocator_id, null, 'edition_5' from archive -- its files have no data type (compliance §1.4)
),

members as (
    select subject, entity, 'all' as population from found
    union
    select 'providers', p.provider, 'open_data'
    from applications a
    inner join pairs p on p.client = a.client_id
    where a.confirms_open_data
    union
    select 'allocators', r.allocator_id, p.population
    from registered r
    cross join lateral (
        values
            ('registered'),
            (r.edition),
            (case when r.data_type = 'openData' then 'open_data' end),
            (case when r.data_type = 'openData' then 'open_data_edition_6' end)
    ) p (population)
    where p.population is not null
),

-- Bytes are divided as whole numbers: a share on an edge belongs to the bucket that it closes.
placed as (
    select
        week, subject, entity, bytes, 'num_of_clients' as measure, 1 as step, 0 as least_top,
        num_of_clients as edge
    from found
    union all
    select week, subject, entity, bytes, 'retrievability', 5, 100, (5 * ceil(20 * rate))::integer
    from found
    union all
    select
        week, subject, entity, bytes, 'biggest_client_share', 5, 100,
        (5 * div(20 * biggest::numeric + bytes - 1, bytes))::integer
    from found
    where bytes > 0
),

counted as (
    select
        p.week, p.subject, p.measure, m.population, p.step, p.least_top, p.edge,
        count(*) as num_of_values,
        sum(p.bytes) as bytes
    from placed p
    inner join members m on m.subject = p.subject and m.entity = p.entity
    group by p.week, p.subject, p.measure, m.population, p.step, p.least_top, p.edge
),

scales as (
    select week, subject, measure, population, step, greatest(max(edge), max(least_top)) as top
    from counted
    group by week, subject, measure, population, step
),

-- Each bucket of the scale once more, empty: sums need no join.
filled as (
    select week, subject, measure, population, step, edge, num_of_values, bytes from counted
    union all
    select s.week, s.subject, s.measure, s.population, s.step, g.edge, 0, 0
    from scales s
    cross join lateral generate_series(s.step, s.top, s.step) g (edge)
),

final as (
    select
        week::timestamp(3) as week,
        subject,
        measure,
        population,
        edge - step as value_from_exclusive,
        edge as value_to_inclusive,
        sum(num_of_values)::integer as num_of_values,
        sum(bytes) as total_bytes,
        (sum(sum(num_of_values)) over (partition by week, subject, measure, population))::integer as week_total,
        week <= {{ as_of() }} and {{ as_of() }} < week + interval '7 days' as is_running
    from filled
    group by week, subject, measure, population, step, edge
)

select * from final

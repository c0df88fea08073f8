with registry as (
    select * from {{ ref("stg_registry__allocators") }}
),

archive as (
    select * from {{ ref("stg_registry__archived_allocators") }}
),

allocators as (
    select * from {{ ref("allocator") }}
),

allocations as (
    select * from {{ ref("client_datacap_allocation") }}
),

claims as (
    select * from {{ ref("client_claims_hourly") }}
),

listed as (
    select allocator_id from registry
    union
    select allocator_id from archive
),

reported as (
    select l.allocator_id
    from listed l
    inner join allocators a on a.id = l.allocator_id
    where not a.is_metaallocator
),

allocations_of_clients as (
    select allocator_id, client_id, count(*) as num_of_allocations
    from allocations
    group by allocator_id, client_id
),

clients_of_allocators as (
    select
        allocator_id,
        count(*) as number_of_clients,
        count(*) filter (where num_of_allocations > 1) as returning_clients
    from allocations_of_clients
    group by allocator_id
),

moments as (
    select distinct allocator_id, client_id, timestamp -- grants of one moment count once
    from allocations
),

-- the first hour at or after the grant, through the index (client, hour)
waits as (
    select m.allocator_id, avg(extract(epoch from first.hour - m.timestamp)) as seconds
    from moments m
    cross join lateral (
        select c.hour
        from claims c
        where c.client = m.client_id and c.hour >= m.timestamp
        order by c.hour
        limit 1
    ) first
    group by m.allocator_id
),

present as (
    select
        r.allocator_id,
        {{ present_day() }}::timestamp(3) as date,
        coalesce(c.number_of_clients, 0)::integer as number_of_clients,
        trim_scale(coalesce(c.returning_clients::numeric / c.number_of_clients, 0)) as returning_clients_percentage,
        round(w.seconds)::integer as average_seconds_to_first_deal
    from reported r
    left join clients_of_allocators c on c.allocator_id = r.allocator_id
    left join waits w on w.allocator_id = r.allocator_id
    where {{ in_window(present_day()) }}
),

final as (
    select allocator_id, date, number_of_clients, returning_clients_percentage, average_seconds_to_first_deal
    from present
    {%- if is_incremental() %}
    union all
    {{ kept_days(["allocator_id", "date", "number_of_clients", "returning_clients_percentage", "average_seconds_to_first_deal"]) }}
    {%- endif %}
)

select * from final

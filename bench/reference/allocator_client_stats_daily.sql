-- compliance §3.19, the day of the clock, over §3.14, §3.15, §3.18 and §3.1
with listed as (
    select r.allocator_id
    from (
        select allocator_id from reference.allocator_registry where not rejected
        union
        select allocator_id from reference.allocator_registry_archive where not rejected
    ) r
    inner join reference.allocator a on a.id = r.allocator_id and not a.is_metaallocator
),

clients as (
    select allocator_id, client_id, count(*) as allocations
    from reference.client_datacap_allocation
    group by allocator_id, client_id
),

first_deals as (
    select d.allocator_id, d.client_id, d.timestamp, min(h.hour) as first
    from (select distinct allocator_id, client_id, timestamp from reference.client_datacap_allocation) d
    inner join reference.unified_verified_deal_hourly h
        on h.client = d.client_id and h.hour >= d.timestamp
    group by d.allocator_id, d.client_id, d.timestamp
)

select
    l.allocator_id,
    date_trunc('day', %(as_of)s at time zone 'UTC')::timestamp(3) as date,
    (select count(*) from clients c where c.allocator_id = l.allocator_id)::integer as number_of_clients,
    coalesce(
        (
            select count(*) filter (where c.allocations > 1)::numeric / nullif(count(*), 0)
            from clients c
            where c.allocator_id = l.allocator_id
        ),
        0
    ) as returning_clients_percentage,
    (
        select round(avg(extract(epoch from f.first - f.timestamp)))::integer
        from first_deals f
        where f.allocator_id = l.allocator_id
    ) as average_seconds_to_first_deal
from listed l

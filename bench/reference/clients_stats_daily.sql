-- compliance §3.19, the day of the clock, over §3.17
with active as (
    select distinct 'f0' || "clientId" as client
    from dc_allocation_claim
    where type <> 'allocation' and "clientId" is not null
)

select
    date_trunc('day', %(as_of)s at time zone 'UTC')::timestamp(3) as date,
    (select count(*) from active)::integer as clients_with_active_deals,
    (
        select count(*)
        from active a
        inner join reference.client c on c.id = a.client
        where c.datacap_remaining > 0
    )::integer as clients_who_have_dc_and_deals,
    (select coalesce(sum(datacap_remaining), 0) from reference.client)::bigint as total_remaining_clients_datacap

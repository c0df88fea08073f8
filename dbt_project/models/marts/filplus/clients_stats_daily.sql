-- Clients of the events are looked up one after the other through the index on active ones: the cost
-- follows the number of clients.
with recursive events as not materialized (
    select * from {{ ref("stg_dmob__claim_events") }}
),

clients as (
    select * from {{ ref("client") }}
),

active as (
    (select e.client_id from events e order by e.client_id limit 1)
    union all
    select next.client_id
    from active a
    cross join lateral (
        select e.client_id
        from events e
        where e.client_id > a.client_id
        order by e.client_id
        limit 1
    ) next
),

observed as (
    select
        {{ present_day() }} as date,
        count(distinct a.id) as clients_with_active_deals,
        count(distinct c.id) filter (where c.datacap_remaining > 0) as clients_who_have_dc_and_deals
    from (select {{ actor_id_of_text("client_id") }} as id from active where client_id is not null) a
    left join clients c on c.id = a.id
),

remaining as (
    select coalesce(sum(datacap_remaining), 0) as total_remaining_clients_datacap
    from clients
),

present as (
    select
        o.date::timestamp(3) as date,
        o.clients_with_active_deals::integer as clients_with_active_deals,
        o.clients_who_have_dc_and_deals::integer as clients_who_have_dc_and_deals,
        r.total_remaining_clients_datacap::bigint as total_remaining_clients_datacap
    from observed o
    cross join remaining r
    where {{ in_window("o.date") }}
),

final as (
    select date, clients_with_active_deals, clients_who_have_dc_and_deals, total_remaining_clients_datacap
    from present
    {%- if is_incremental() %}
    union all
    {{ kept_days(["date", "clients_with_active_deals", "clients_who_have_dc_and_deals", "total_remaining_clients_datacap"]) }}
    {%- endif %}
)

select * from final

with known as (
    select * from {{ source("raw_dmob", "unique_providers") }}
),

pairs as (
    select * from {{ source("intermediate", "client_provider_totals") }}
),

dealt as (
    select
        provider_id,
        sum(num_of_deals) as num_of_deals,
        sum(total_deal_size) as total_deal_size,
        count(*) filter (where client_id >= 0) as num_of_clients,
        max(last_deal_height) as last_deal_height,
        min(first_deal_height) as first_deal_height
    from pairs
    where num_of_deals > 0 and {{ in_run() }}
    group by provider_id
),

final as (
    select
        {{ actor_id("k.provider_id") }} as id,
        coalesce(d.num_of_deals, 0)::integer as num_of_deals,
        coalesce(d.total_deal_size, 0)::bigint as total_deal_size,
        coalesce(d.num_of_clients, 0)::integer as num_of_clients,
        coalesce(d.last_deal_height, 0)::integer as last_deal_height,
        coalesce(d.first_deal_height, 0)::integer as first_deal_height
    from known k
    left join dealt d on d.provider_id::text = k.provider_id
    where k.provider_id <> '' and {{ in_run() }} -- an empty text is the source's null
)

select * from final

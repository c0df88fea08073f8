with listed as (
    select * from {{ ref("stg_dmob__providers") }}
),

known as (
    select distinct provider as id -- listed with and without its prefix
    from listed
    where provider is not null
),

pairs as (
    select * from {{ ref("stg_deals__client_provider_totals") }}
),

dealt as (
    select
        provider_id,
        sum(num_of_deals) as num_of_deals,
        sum(total_deal_size) as total_deal_size,
        count(client_id) as num_of_clients,
        max(last_deal_height) as last_deal_height,
        min(first_deal_height) as first_deal_height
    from pairs
    where num_of_deals > 0 and {{ in_run() }}
    group by provider_id
),

final as (
    select
        k.id,
        coalesce(d.num_of_deals, 0)::integer as num_of_deals,
        coalesce(d.total_deal_size, 0)::bigint as total_deal_size,
        coalesce(d.num_of_clients, 0)::integer as num_of_clients,
        coalesce(d.last_deal_height, 0)::integer as last_deal_height,
        coalesce(d.first_deal_height, 0)::integer as first_deal_height
    from known k
    left join dealt d on {{ actor_id("d.provider_id") }} = k.id
    where {{ in_run() }}
)

select * from final

with allowances as (
    select * from {{ ref("stg_dmob__verified_clients") }}
),

claims as (
    select * from {{ ref("client_claims_hourly") }}
),

first_allowance as (
    select distinct on (client) -- the first by id of a client with several allocators (R-12)
        client,
        name,
        address,
        github_url,
        received_bytes,
        remaining_bytes
    from allowances
    where client is not null and {{ in_run() }}
    order by client, id
),

used as (
    select
        client,
        sum(total_deal_size) filter (where hour >= {{ as_of() }} - interval '14 days') as in_2_weeks,
        sum(total_deal_size) as in_90_days
    from claims
    where hour >= {{ as_of() }} - interval '90 days' and {{ in_run() }}
    group by client
),

final as (
    select
        a.client as id,
        a.name,
        a.address,
        a.github_url,
        a.received_bytes as datacap_received,
        a.remaining_bytes as datacap_remaining,
        coalesce(u.in_2_weeks, 0)::bigint as datacap_used_2_weeks,
        coalesce(u.in_90_days, 0)::bigint as datacap_used_90_days
    from first_allowance a
    left join used u on u.client = a.client
)

select * from final

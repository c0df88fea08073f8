with allowances as (
    select * from {{ source("raw_dmob", "verified_client") }}
),

claims as (
    select * from {{ ref("client_claims_hourly") }}
),

first_allowance as (
    select distinct on (address_id) -- the first by id of a client with several allocators (R-12)
        address_id,
        name,
        address,
        audit_trail,
        initial_allowance,
        allowance
    from allowances
    where address_id is not null and address_id <> '' and {{ in_run() }}
    order by address_id, id
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
        a.address_id as id,
        a.name,
        a.address,
        nullif(a.audit_trail, 'n/a') as github_url,
        floor(coalesce(a.initial_allowance, 0) + 0.5)::bigint as datacap_received,
        floor(coalesce(a.allowance, 0) + 0.5)::bigint as datacap_remaining,
        coalesce(u.in_2_weeks, 0)::bigint as datacap_used_2_weeks,
        coalesce(u.in_90_days, 0)::bigint as datacap_used_90_days
    from first_allowance a
    left join used u on u.client = a.address_id
)

select * from final

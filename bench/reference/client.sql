-- compliance §3.17, use over §3.2; the first allowance by id (R-12)
with used as (
    select
        client,
        sum(total_deal_size) filter (where hour >= %(as_of)s at time zone 'UTC' - interval '14 days') as in_2_weeks,
        sum(total_deal_size) as in_90_days
    from reference.client_claims_hourly
    where hour >= %(as_of)s at time zone 'UTC' - interval '90 days'
    group by client
)

select distinct on (v."addressId")
    v."addressId" as id,
    v.name,
    v.address,
    nullif(v."auditTrail", 'n/a') as github_url,
    floor(coalesce(v."initialAllowance", 0) + 0.5)::bigint as datacap_received,
    floor(coalesce(v.allowance, 0) + 0.5)::bigint as datacap_remaining,
    coalesce(u.in_2_weeks, 0)::bigint as datacap_used_2_weeks,
    coalesce(u.in_90_days, 0)::bigint as datacap_used_90_days
from verified_client v
left join used u on u.client = v."addressId"
where v."addressId" is not null and v."addressId" <> ''
order by v."addressId", v.id

-- Providers and their first hour are looked up one by one through the index (provider, hour, client):
-- the cost follows the number of providers, and a first hour that vanished is found out, too.
with recursive hourly as not materialized (
    select * from {{ ref("unified_verified_deal_hourly") }}
),

providers as (
    (select h.provider from hourly h where {{ in_run() }} order by h.provider limit 1)
    union all
    select next.provider
    from providers p
    cross join lateral (
        select h.provider from hourly h where h.provider > p.provider order by h.provider limit 1
    ) next
),

final as (
    select
        p.provider,
        f.client as first_client
    from providers p
    cross join lateral (
        select h.client from hourly h where h.provider = p.provider order by h.hour, h.client limit 1
    ) f
)

select * from final

select
    d.client as "clientId",
    c.name as "clientName",
    d.total_deal_size as "totalDealsSize",
    d.claims_count as "dealsCount",
    h.hour as "lastDealDate"
from api_v1.client_provider_distribution d
left join api_v1.client c on c.client = d.client
left join lateral (
    select max(u.hour) as hour
    from api_v1.unified_verified_deal_hourly u
    where u.client = d.client and u.provider = d.provider
) h on true
where
    d.provider = :providerId::text
    and (:filter::text is null or strpos(d.client, :filter::text) > 0)

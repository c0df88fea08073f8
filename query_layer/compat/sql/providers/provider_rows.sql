select
    p.provider,
    p.num_of_deals as "noOfVerifiedDeals",
    p.total_deal_size as "verifiedDealsTotalSize",
    p.num_of_clients as "noOfClients",
    p.last_deal_height as "lastDealHeight",
    u.newest as "urlFinderRetrievability",
    coalesce(u.average, 0) as "urlFinderRetrievability30DayAverage"
from api_v1.provider p
left join (
    select
        provider,
        (array_agg(success_rate order by date desc))[1] as newest,
        avg(coalesce(success_rate, 0)::numeric)::float8 as average
    from api_v1.provider_url_finder_retrievability_daily
    where date > (:now::timestamptz at time zone 'UTC')::date - 30
    group by provider
) u on u.provider = p.provider
where :provider::text is null or p.provider = :provider::text

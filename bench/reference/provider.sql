-- compliance §3.16; a start that does not fit 32 bits counts as missing
with m as (
    select
        "clientId",
        "providerId",
        count(*) as deals,
        sum("pieceSize") as size,
        max("termStart") filter (where "termStart" <= 2147483647) as last_height,
        min("termStart") filter (where "termStart" <= 2147483647) as first_height
    from unified_verified_deal
    where "sectorId" <> '0'
    group by "clientId", "providerId"
)

select
    'f0' || u."providerId" as id,
    coalesce(sum(m.deals), 0)::integer as num_of_deals,
    coalesce(sum(m.size), 0)::bigint as total_deal_size,
    count(m."clientId")::integer as num_of_clients,
    coalesce(max(m.last_height), 0)::integer as last_deal_height,
    coalesce(min(m.first_height), 0)::integer as first_deal_height
from unique_providers u
left join m on m."providerId" = u."providerId"
where u."providerId" is not null
group by u."providerId"

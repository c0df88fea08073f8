-- compliance §3.1, all hours
select
    date_trunc('hour', to_timestamp(30 * "termStart"::bigint + 1598306400))::timestamp(3) as hour,
    'f0' || "clientId" as client,
    'f0' || "providerId" as provider,
    count(*)::integer as num_of_claims,
    (count(*) filter (where "dealId" = 0))::integer as num_of_ddo_claims,
    sum("pieceSize")::bigint as total_deal_size,
    coalesce(sum("pieceSize") filter (where "dealId" = 0), 0)::bigint as total_ddo_deal_size
from unified_verified_deal
where
    "termStart" >= 3698160
    and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
    and "clientId" is not null
    and "providerId" is not null
group by 1, 2, 3

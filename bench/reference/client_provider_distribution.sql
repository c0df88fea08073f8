-- compliance §3.4
with by_piece as (
    select
        'f0' || "clientId" as client,
        'f0' || "providerId" as provider,
        "pieceCid",
        sum("pieceSize") as total_deal_size,
        min("pieceSize") as unique_data_size,
        count(*) as claims_count
    from unified_verified_deal
    where
        "termStart" >= 3698160
        and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
        and "clientId" is not null
        and "providerId" is not null
    group by 1, 2, 3
)

select
    client,
    provider,
    sum(total_deal_size)::bigint as total_deal_size,
    sum(unique_data_size)::bigint as unique_data_size,
    sum(claims_count)::bigint as claims_count
from by_piece
group by client, provider

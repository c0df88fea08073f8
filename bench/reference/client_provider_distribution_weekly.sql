-- compliance §3.5, all weeks: both groupings of §3.4 with the week
with by_piece as (
    select
        date_trunc('week', to_timestamp(30 * "termStart"::bigint + 1598306400))::timestamp(3) as week,
        'f0' || "clientId" as client,
        'f0' || "providerId" as provider,
        "pieceCid",
        sum("pieceSize") as total_deal_size,
        min("pieceSize") as unique_data_size
    from unified_verified_deal
    where
        "termStart" >= 3698160
        and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
        and "clientId" is not null
        and "providerId" is not null
    group by 1, 2, 3, 4
)

select
    week,
    client,
    provider,
    sum(total_deal_size)::bigint as total_deal_size,
    sum(unique_data_size)::bigint as unique_data_size
from by_piece
group by week, client, provider

-- compliance §3.12
with by_piece as (
    select
        'f0' || "clientId" as client,
        "pieceCid",
        count(distinct "providerId") as num_of_replicas,
        sum("pieceSize") as total_deal_size,
        max("pieceSize") as unique_data_size
    from unified_verified_deal
    where
        "termStart" >= 3698160
        and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
        and "clientId" is not null
        and "providerId" is not null
    group by 1, 2
)

select
    client,
    num_of_replicas::integer as num_of_replicas,
    sum(total_deal_size)::bigint as total_deal_size,
    sum(unique_data_size)::bigint as unique_data_size
from by_piece
group by client, num_of_replicas
